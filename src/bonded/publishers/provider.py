"""Everything the house needs to know about one CI service, as one value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bonded.publishers.rule import Checked, Claims, Field, Publisher

__all__ = ["NotFound", "Provider"]

RS256 = frozenset({"RS256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The look-up met no publisher; `reason` is PyPI's text."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One CI service.

    `issuer` signs its tokens; it is empty for services that everybody runs for themselves, whose publishers bring their
    own. `issuer_pattern` matches further issuers of the same service (one for each organisation). `on_pypi` says
    whether PyPI knows the service. `algorithms` and `jwks_hosts` (hosts beside the issuer's own that may hold its keys)
    are for whoever verifies.

    `required_claims` must be present and not null before anything is looked up. `look_up` finds the one publisher that
    claims speak for, as PyPI's database query does; `looked_up` are that query's conditions for one publisher, in the
    form of checks, so that a refusal can be explained.

    `sources_of` gives the texts under which an index may find publishers for claims. A publisher that claims speak for
    shares the first with `Publisher.sources`; near misses share any. `same_source` says whether claims come from the
    very place that a publisher names, by what cannot be taken over: to those who publish there a refusal may be
    explained in full, to others it may not. `immutable_claims` outlive a rename and are pinned (`Rules.pin_ids`).
    `issuer_field` names the field from which a publisher's own issuer comes, if the service has one.
    """

    kind: str
    title: str
    issuer: str
    form: tuple[Field, ...]
    required_claims: tuple[str, ...]
    build: Callable[[Mapping[str, str]], Publisher]
    look_up: Callable[[Sequence[Publisher], Claims], Publisher | NotFound]
    looked_up: Callable[[Publisher, Claims], tuple[Checked, ...]]
    sources_of: Callable[[Claims], tuple[str, ...]]
    same_source: Callable[[Publisher, Claims], bool]
    immutable_claims: tuple[str, ...] = ()
    issuer_pattern: re.Pattern[str] | None = None
    algorithms: frozenset[str] = RS256
    jwks_hosts: frozenset[str] = frozenset()
    on_pypi: bool = True
    issuer_field: str = ""

    def signs_as(self, issuer: object) -> bool:
        """Whether an issuer is one that this service alone has, letter for letter."""
        if not isinstance(issuer, str) or not issuer:
            return False
        if issuer == self.issuer:
            return True
        return self.issuer_pattern is not None and bool(self.issuer_pattern.fullmatch(issuer))

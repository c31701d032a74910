"""What the mint needs from whoever runs it, and the values that pass between them.

The mint decides; these protocols fetch and keep. An implementation that cannot answer raises, and nothing is granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bonded.dists.names import ProjectName
from bonded.oidc.claims import VerifiedClaims
from bonded.publishers import Publisher, Selection
from bonded.publishers.rule import Checked

if TYPE_CHECKING:
    from bonded.oidc.issuers import TrustedIssuer
    from bonded.oidc.keys import KeySet
    from bonded.oidc.verify import TokenRefused

__all__ = [
    "Candidates",
    "Grant",
    "Keys",
    "Ledger",
    "Pending",
    "Publishers",
    "Refusal",
    "Registered",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A publisher as an index has it: under an id, with the projects it may publish.

    `pins` are the ids that were written down with its first grant (`Rules.pin_ids`). `disabled` says why it may publish
    no more until its owner registers it again; empty if it may.
    """

    id: str
    publisher: Publisher
    projects: tuple[ProjectName, ...]
    pins: Mapping[str, str] = field(default_factory=dict)
    disabled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A publisher that waits for the first upload of a project that does not exist yet.

    `project_exists` says that somebody else made the project meanwhile.
    """

    id: str
    publisher: Publisher
    project: ProjectName
    project_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What an index found near to a token."""

    registered: tuple[Registered, ...] = ()
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right to upload, given for a short time; times in Unix seconds.

    Only the hash of the token is kept. It belongs to a publisher, to pending publishers, or to both, and ends with
    them; `projects` are those at the time of the grant, and rights are looked up again at every use. `pins` are ids
    that the publisher must keep from now on. `claims` is the subset that PyPI keeps beside a token (`ref`, `sha`), for
    links; `identity` is the whole of the verified claims, for reports.
    """

    token_hash: str
    publisher_id: str | None
    projects: tuple[ProjectName, ...]
    claims: Mapping[str, str]
    issued_at: float
    expires_at: float
    identity: VerifiedClaims = field(repr=False)
    pending_ids: tuple[str, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An exchange that gave nothing, with everything that its owner needs to mend it.

    `code` and `description` are the public answer. The rest is for the owners of the publisher, never for strangers:
    `fault` is why the token itself was refused; `claims` are there if the token was genuine; `selection` says how
    each publisher of its issuer was judged. `status` is the answer's. `disable` and `drop_pending` are ids of what the
    index must end together with writing this down: a publisher whose pinned ids changed, pending ones that are void.
    `closed` are publishers of the selection of which whoever sent the token may be told nothing, because they are
    disabled, or pinned to other ids. `pinned` are the ids that the first of the selection was pinned to, held against
    the claims. `kind` is the kind of publishers that the issuer is trusted for, empty for one that is not trusted.
    `trouble` is why an issuer's keys could not be had; it may name addresses inside a network.
    """

    at: float
    code: str
    description: str
    audience: str
    issuer: str = ""
    fault: "TokenRefused | None" = None
    claims: VerifiedClaims | None = None
    selection: Selection | None = None
    status: int = 422
    disable: str = ""
    drop_pending: tuple[str, ...] = ()
    trouble: str = ""
    closed: tuple[Publisher, ...] = ()
    pinned: tuple[Checked, ...] = ()
    kind: str = ""

    @property
    def is_genuine(self) -> bool:
        """Whether the issuer really signed the token; what is not genuine can be sent by anyone, in any number."""
        return self.claims is not None


class Keys(Protocol):
    """The issuers that are trusted, and their signing keys."""

    def issuer(self, url: str) -> "TrustedIssuer | None":
        """Return what is known of exactly this issuer, or None if it is not trusted."""
        ...

    def keys_for(self, issuer: "TrustedIssuer", key_id: str) -> "KeySet":
        """Return the issuer's keys; one that does not know `key_id` may be looked up anew.

        Raises RemoteError if there are no keys that can be relied on.
        """
        ...


class Publishers(Protocol):
    """The publishers that are registered, and those that wait."""

    def near(self, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:
        """Return the publishers of exactly this issuer that are filed under one of these sources, and no others.

        `sources` are those of `Provider.sources_of`. Pending ones that have expired at `now` are none. Where there are
        very many, the first hundred are enough: the mint asks for one source to decide, for several to explain.
        """
        ...


class Ledger(Protocol):
    """The book of grants: the only place that the mint writes to."""

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        """Write down that a token was used, the grant it gave and the event, in ONE transaction.

        An empty `jti` is not remembered. Return False, with nothing written, if (issuer, jti) was written before. The
        first must be unique in the database, not only in a check before: of two who come at once, one wins. The row
        must be kept until
        `jti_expires`; dropped earlier, the same token opens the door twice.
        """
        ...

    def refused(self, refusal: Refusal) -> None:
        """Write down a refusal for the owners, with what it ends, in one transaction.

        An open index may forget those that are not genuine.
        """
        ...

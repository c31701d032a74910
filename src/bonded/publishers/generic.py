"""Any issuer of OpenID Connect as a publisher: an issuer, and claims that its tokens must make.

For services that have no file of their own here. Nothing is known of them, so whoever registers one must know what its
claims mean; these rules keep the worst apart:

* The issuer is never one of a service that has a file of its own: there, more is known than a list of claims can say.
* Two claims at least, one of them immutable: an id that the service gives once and never again, whoever is renamed.
* Values are texts, equal letter for letter. A star may stand in branches, tags and refs only (`claim_lines`), never in
  `sub`, a repository, a project, a namespace or an owner.
* `jti` is required, so that each token is taken once.

What is not known here, `Rules` cannot demand: an index that wants a protected branch names its claim.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bonded.publishers.claim_lines import (
    claims_fault,
    immutable_fault,
    normalise_lines,
    normalise_names,
    read_lines,
)
from bonded.publishers.comparing import equal, present
from bonded.publishers.globs import STAR, matches_claim
from bonded.publishers.issuer_urls import host_of, issuer_field
from bonded.publishers.most_specific import most_specific, nothing_stricter
from bonded.publishers.provider import NotFound, Provider
from bonded.publishers.rule import (
    PYPI,
    CertificateFact,
    Check,
    Claims,
    Field,
    FieldFault,
    InvalidPublisher,
    Link,
    Publisher,
    Rules,
    shown,
)

__all__ = ["FORM", "PROVIDER", "REQUIRED_CLAIMS", "GenericPublisher"]

REQUIRED_CLAIMS = ("jti",)


class _ClaimsField(Field):
    """The field that holds the lines."""

    __slots__ = ()

    def fault(self, text: str) -> str:
        """Return why a text cannot be this field's value, or an empty text."""
        return Field.fault(self, text) or claims_fault(text)


FORM = (
    issuer_field(example="https://ci.example.com"),
    _ClaimsField(
        name="claims",
        form_name="claims",
        label="Claims",
        help="What tokens must say, a line of name=value for each claim; at least two",
        pattern=re.compile(r".+", re.DOTALL),
        rule="is lines of name=value",
        max_length=8192,
        normalise=normalise_lines,
    ),
    Field(
        name="immutable_claims",
        form_name="immutable_claims",
        label="Immutable claims",
        help="Which of these claims the service never gives to anybody else, such as an id; at least one",
        pattern=re.compile(r".+"),
        rule="is names of claims",
        max_length=2048,
        normalise=normalise_names,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericPublisher:
    """An issuer and what its tokens must say.

    Make it with `from_fields`, which checks and normalises.
    """

    issuer_url: str
    claims: str
    immutable_claims: str

    @property
    def kind(self) -> str:
        """Return `generic`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return the issuer."""
        return self.issuer_url

    @property
    def specificity(self) -> int:
        """Return how many claims are compared, those without stars counted twice."""
        return sum(1 if STAR in value else 2 for value in read_lines(self.claims).values())

    @property
    def title(self) -> str:
        """One line for people."""
        return f"{self.claims.replace(chr(10), ', ')} of {host_of(self.issuer_url)}"

    @property
    def pinned(self) -> Mapping[str, str]:
        """The immutable claims, with what each must say."""
        values = read_lines(self.claims)
        return {name: values[name] for name in self.immutable_claims.split()}

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names."""
        return asdict(self)

    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:  # noqa: ARG002 - no claim for any of them is known
        """Return what each claim must say, the immutable ones first; `rules` add nothing."""
        pinned = self.pinned
        others = {k: v for k, v in read_lines(self.claims).items() if k not in pinned}
        return (
            *(
                Check(name, value, "equal; it never changes", equal)
                for name, value in pinned.items()
            ),
            *(_check(name, value) for name, value in others.items()),
            Check("jti", "an id that was not used before", "each token is taken once", present),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the issuer, as an index files them: which claims matter, only the publisher knows."""
        return (f"issuer {self.issuer_url}",)

    def links(self) -> tuple[Link, ...]:
        """Return nothing: no page follows from claims of an unknown service."""
        return ()

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - the role's signature
        """Return nothing: no certificate is known to name these claims."""
        return ()


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher of the issuer that claims speak for."""
    return most_specific(publishers, claims, sources_of(claims)[0])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of an issuer."""
    return (f"issuer {shown(claims.get('iss')) or ''}",)


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's source: every immutable claim is equal."""
    assert isinstance(publisher, GenericPublisher)
    return claims.get("iss") == publisher.issuer and all(
        shown(claims.get(name)) == value for name, value in publisher.pinned.items()
    )


def _check(name: str, value: str) -> Check:
    if STAR in value:
        return Check(name, value, "equal, a star for anything but /", matches_claim)
    return Check(name, value, "equal", equal)


def _build(fields: Mapping[str, str]) -> GenericPublisher:
    fault = immutable_fault(fields["immutable_claims"], fields["claims"])
    if fault:
        raise InvalidPublisher((FieldFault(field="immutable_claims", message=fault),))
    return GenericPublisher(**fields)


PROVIDER = Provider(
    kind="generic",
    title="OpenID Connect",
    issuer="",
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=nothing_stricter,
    sources_of=sources_of,
    same_source=same_source,
    algorithms=frozenset({"RS256", "ES256"}),
    issuer_field="issuer_url",
    on_pypi=False,
)

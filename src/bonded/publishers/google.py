"""Google as a publisher: one account, mostly a service account of Google Cloud, by its e-mail address.

All of it is PyPI's behaviour: the address is compared letter for letter and must be one that Google has verified, and
`sub`, the number that stays when an address is given to somebody else, is compared if it was registered. Google's
tokens have no `jti`, so a token may be used again while it is valid.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bonded.publishers.comparing import equal
from bonded.publishers.provider import NotFound, Provider
from bonded.publishers.rule import (
    PYPI,
    CertificateFact,
    Check,
    Checked,
    Claims,
    Field,
    Link,
    Publisher,
    Rules,
    said,
    shown_json,
)

__all__ = ["FORM", "ISSUER", "PROVIDER", "REQUIRED_CLAIMS", "GooglePublisher"]

ISSUER = "https://accounts.google.com"

KEY_HOST = "www.googleapis.com"
"""Where Google's discovery document says that its keys are; not the issuer's own host."""

REQUIRED_CLAIMS = ("email", "email_verified")
"""Claims that must be present and not null."""

ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"

FORM = (
    Field(
        name="email",
        form_name="email",
        label="Email",
        help="The e-mail address of the account or service account that publishes",
        pattern=re.compile(rf"{ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+{LABEL}"),
        rule="is an e-mail address",
        max_length=254,
    ),
    Field(
        name="sub",
        form_name="sub",
        label="Subject",
        help="The number of that account, which stays when its address changes; empty takes any",
        pattern=re.compile(r"[\x21-\x7e]+"),
        rule="has no spaces",
        required=False,
        max_length=255,
    ),
)
"""The form of PyPI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GooglePublisher:
    """One Google account; an empty `sub` means whoever has the address.

    Make it with `from_fields`, which checks.
    """

    email: str
    sub: str = ""

    @property
    def kind(self) -> str:
        """Return `google`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return Google's issuer."""
        return ISSUER

    @property
    def specificity(self) -> int:
        """Return 1 with a subject, 0 without."""
        return 1 if self.sub else 0

    @property
    def title(self) -> str:
        """One line for people."""
        return f"{self.email}, subject {self.sub}" if self.sub else self.email

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty text means not set."""
        return {"email": self.email, "sub": self.sub}

    def form_values(self) -> dict[str, str]:
        """Return the fields as PyPI's form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:  # noqa: ARG002 - every kind has it
        """Return what each claim must say, in PyPI's order; Google has no claims for the rules beyond PyPI's."""
        verified = "the boolean, not a text or a number"
        subject = "equal" if self.sub else "not compared"
        return (
            Check("email", self.email, "equal", equal),
            Check("email_verified", "true", verified, equal, read=shown_json),
            Check("sub", self.sub, subject, _same_subject, required=False),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the address and, if it was registered, the subject, as an index files them."""
        return _sources(self.email, self.sub)

    def links(self) -> tuple[Link, ...]:
        """Return nothing: an account has no page."""
        return ()

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - every kind has it
        """Return what the certificate of an attestation must say: issuer and address, as PyPI's policy has it."""
        return (
            CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.1", accepted=(ISSUER,)),
            CertificateFact(name="email", oid="2.5.29.17", accepted=(self.email,)),
        )


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher that claims speak for, as PyPI's database query does."""
    by_subject: dict[str, GooglePublisher] = {}
    for publisher in publishers:
        if isinstance(publisher, GooglePublisher) and publisher.email == claims.get("email"):
            by_subject.setdefault(publisher.sub, publisher)
    for wanted in dict.fromkeys((said(claims, "sub"), "")):
        if wanted in by_subject:
            return by_subject[wanted]
    return NotFound(reason="Publisher with matching claims was not found")


def looked_up(_publisher: Publisher, _claims: Claims) -> tuple[Checked, ...]:
    """Return nothing: the look-up is as strict as the checks."""
    return ()


def _same_subject(expected: str, got: str | None, claims: Claims) -> bool:
    return not expected or equal(expected, got, claims)


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of an account, and near misses: its address changed."""
    return _sources(said(claims, "email"), said(claims, "sub"))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's account: its subject or, if none is set, its verified address."""
    assert isinstance(publisher, GooglePublisher)
    if publisher.sub:
        return publisher.sub == said(claims, "sub")
    return claims.get("email_verified") is True and publisher.email == said(claims, "email")


def _sources(email: str, sub: str) -> tuple[str, ...]:
    address = f"email {email.lower()}"
    return (address, f"sub {sub}") if sub else (address,)


def _build(fields: Mapping[str, str]) -> GooglePublisher:
    return GooglePublisher(**fields)


PROVIDER = Provider(
    kind="google",
    title="Google",
    issuer=ISSUER,
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=looked_up,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("sub",),
    jwks_hosts=frozenset({KEY_HOST}),
)

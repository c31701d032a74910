"""GitHub Actions with an issuer of one's own: an Enterprise Server, or an enterprise that asked for its own issuer.

The claims are GitHub's, so the checks and the look-up are too (`actions_workflow`). Documented by GitHub (OpenID
Connect reference) are three forms of issuer; any other is refused, github.com's own above all:

    https://HOST/_services/token                               an Enterprise Server
    https://token.actions.githubusercontent.com/ENTERPRISE     an enterprise on github.com
    https://token.actions.SUBDOMAIN.ghe.com[/ENTERPRISE]       an enterprise with data residency

Ids count from 1 on every server, and names are free on every server: what keeps two servers apart is the issuer, which
is compared to the letter before anything else is looked at. Stricter than PyPI is with github.com: the repository's id
must be in the token, so that it can be pinned, and runs that a stranger can start are refused whatever the rules say.

Assumed, not documented: no public Sigstore instance vouches for these servers, so no attestation can be matched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bonded.publishers.actions_workflow import FORM as GITHUB_FORM
from bonded.publishers.actions_workflow import (
    OWNER,
    WorkflowPublisher,
    look_up,
    looked_up,
    same_source,
    sources_of,
)
from bonded.publishers.actions_workflow import REQUIRED_CLAIMS as GITHUB_CLAIMS
from bonded.publishers.comparing import present
from bonded.publishers.issuer_urls import IssuerField, host_of, issuer_field
from bonded.publishers.provider import Provider
from bonded.publishers.rule import PYPI, CertificateFact, Check, Claims, Field, Rules

__all__ = ["FORM", "PROVIDER", "REQUIRED_CLAIMS", "GhesPublisher"]

SERVER_PATH = "/_services/token"

SLUG = r"[A-Za-z0-9][A-Za-z0-9-]*"

CLOUD = re.compile(rf"https://token\.actions\.githubusercontent\.com/{SLUG}")
"""An enterprise's own issuer on github.com; the same without the slug is everybody's."""

RESIDENT = re.compile(
    rf"https://token\.actions\.(?P<subdomain>[a-z0-9][a-z0-9-]*)\.ghe\.com(?:/{SLUG})?"
)


class _GitHubIssuerField(IssuerField):
    """An issuer in one of GitHub's three forms."""

    __slots__ = ()

    def fault(self, text: str) -> str:
        """Return why a text cannot be the issuer, or an empty text."""
        if CLOUD.fullmatch(text) and len(text) <= (self.max_length or 0):
            return ""
        return IssuerField.fault(self, text)


ISSUER = issuer_field(
    _GitHubIssuerField,
    example="https://HOST/_services/token",
    pattern=rf"https?://[^/]+{SERVER_PATH}|{RESIDENT.pattern}",
    rule="is https://HOST/_services/token, or the issuer of an enterprise on GitHub's own servers",
)

ACCOUNT = replace(
    OWNER, pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*"), rule="is letters, digits, '-' and '_'"
)
"""As on github.com, and with the underscore that names of managed users have."""


FORM: tuple[Field, ...] = (
    ISSUER,
    *(
        replace(ACCOUNT if field.name == OWNER.name else field, form_name=field.name)
        for field in GITHUB_FORM
    ),
)
"""GitHub's form with the issuer, each field under its stored name."""

REQUIRED_CLAIMS = (*GITHUB_CLAIMS, "repository_id")
"""Claims that must be present and not null; `ref` and `sha` may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GhesPublisher(WorkflowPublisher):
    """One workflow file in one repository of one server; an empty environment means any.

    Make it with `from_fields`, which checks and normalises.
    """

    issuer_url: str

    @property
    def kind(self) -> str:
        """Return `ghes`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return the server's issuer."""
        return self.issuer_url

    @property
    def server(self) -> str:
        """The address below which repositories have their pages, without a final slash."""
        if CLOUD.fullmatch(self.issuer_url):
            return "https://github.com"
        resident = RESIDENT.fullmatch(self.issuer_url)
        if resident is not None:
            return f"https://{resident['subdomain']}.ghe.com"
        return self.issuer_url.removesuffix(SERVER_PATH)

    @property
    def title(self) -> str:
        """One line for people."""
        where = f" in environment {self.environment}" if self.environment else ""
        return f"{self.workflow_filename} of {self.repository} on {host_of(self.issuer_url)}{where}"

    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return GitHub's checks, always the one against runs that a stranger can start, and the id that is pinned."""
        return (
            *WorkflowPublisher.checks(self, replace(rules, deny_risky_events=True)),
            REPOSITORY_ID,
        )

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - the role's signature
        """Return nothing: these identities cannot sign for the public."""
        return ()


REPOSITORY_ID = Check("repository_id", "an id", "a text that can be pinned", present)


def _build(fields: Mapping[str, str]) -> GhesPublisher:
    return GhesPublisher(**fields)


PROVIDER = Provider(
    kind="ghes",
    title="GitHub Enterprise",
    issuer="",
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=looked_up,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("repository_id", "repository_owner_id"),
    issuer_field="issuer_url",
    on_pypi=False,
)

"""GitHub Actions as a publisher: one workflow file in one repository on github.com, perhaps in one environment.

The form, the claims, the checks and the look-up are PyPI's (`actions_workflow`); here are GitHub's own issuer, and what
a signing certificate must say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bonded.publishers.actions_workflow import (
    BANNED_EVENTS,
    FORM,
    REQUIRED_CLAIMS,
    RISKY_EVENTS,
    WORKFLOWS,
    WorkflowPublisher,
    look_up,
    looked_up,
    same_source,
    sources_of,
)
from bonded.publishers.certificate import workflow_facts
from bonded.publishers.provider import Provider
from bonded.publishers.rule import CertificateFact, Claims, said

__all__ = [
    "BANNED_EVENTS",
    "FORM",
    "ISSUER",
    "PROVIDER",
    "REQUIRED_CLAIMS",
    "RISKY_EVENTS",
    "WORKFLOWS",
    "GitHubPublisher",
]

ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubPublisher(WorkflowPublisher):
    """One workflow file in one GitHub repository; an empty environment means any.

    Make it with `from_fields`, which checks and normalises.
    """

    @property
    def kind(self) -> str:
        """Return `github`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return GitHub's issuer."""
        return ISSUER

    @property
    def server(self) -> str:
        """Return GitHub's address."""
        return "https://github.com"

    def form_values(self) -> dict[str, str]:
        """Return the fields as PyPI's form names them, with `provider`."""
        fields = self.to_fields()
        typed = {field.form_name: fields[field.name] for field in FORM if field.form_name}
        return {"provider": self.kind, **typed}

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:
        """Return what the certificate of an attestation must say; `ref` and `sha` are read from the token's claims.

        The build config is the workflow that was *started*: what a reusable workflow signs names its caller, so it
        does not pass here, as on PyPI.
        """
        workflow = f"{self.url}/{WORKFLOWS}/{self.workflow_filename}"
        marks = (said(claims, "sha"), said(claims, "ref"))
        return workflow_facts(ISSUER, self.url, workflow, marks)


def _build(fields: Mapping[str, str]) -> GitHubPublisher:
    return GitHubPublisher(**fields)


PROVIDER = Provider(
    kind="github",
    title="GitHub",
    issuer=ISSUER,
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=looked_up,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("repository_id", "repository_owner_id"),
)

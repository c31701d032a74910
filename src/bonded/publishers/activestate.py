"""ActiveState as a publisher: one project of an organisation on its platform, published by one of its users.

All of it is PyPI's behaviour: every name is compared letter for letter, the user by id, and the builder must be the one
that publishes to PyPI. ActiveState's tokens have no `jti`, and its identities cannot sign attestations.
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
)

__all__ = ["BUILDER", "FORM", "ISSUER", "PROVIDER", "REQUIRED_CLAIMS", "ActiveStatePublisher"]

PLATFORM = "https://platform.activestate.com"

ISSUER = f"{PLATFORM}/api/v1/oauth/oidc"

BUILDER = "pypi-publisher"
"""The only one of the platform's builders that may publish."""

REQUIRED_CLAIMS = ("sub", "organization", "project", "actor_id", "builder")
"""Claims that must be present and not null."""

SUBJECT_PARTS = 4
"""`org`, the organisation, `project`, the project."""

NAME = re.compile(r"(?! )[^\x00-\x1f\x7f:/?#]+(?<! )")

FORM = (
    Field(
        name="organization",
        form_name="organization",
        label="Organization",
        help="The name of the ActiveState organisation that owns the project",
        pattern=NAME,
        rule="has no space at its ends, no control characters and none of : / ? #",
    ),
    Field(
        name="project",
        form_name="project",
        label="ActiveState project name",
        help="The name of the project on the ActiveState platform",
        pattern=re.compile(r"(?!-)(?!.*--)[A-Za-z0-9.-]{3,40}(?<!-)"),
        rule="is 3 to 40 letters, digits, '.' and '-', without '-' at an end or two of them together",
    ),
    Field(
        name="actor",
        form_name="actor",
        label="Actor username",
        help="The name of the ActiveState user who publishes",
        pattern=NAME,
        rule="has no space at its ends, no control characters and none of : / ? #",
    ),
    Field(
        name="actor_id",
        form_name="",
        label="Actor id",
        help="The id of that user, which stays when the name changes",
        pattern=re.compile(r"[\x21-\x7e]+"),
        rule="is an id without spaces",
        max_length=255,
    ),
)
"""The form of PyPI; the user's id is not typed there: PyPI asks ActiveState for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveStatePublisher:
    """One user who may publish one project of the platform.

    `actor` is what people know `actor_id` by; it is not compared. Make it with `from_fields`, which checks.
    """

    organization: str
    project: str
    actor: str
    actor_id: str

    @property
    def kind(self) -> str:
        """Return `activestate`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return ActiveState's issuer."""
        return ISSUER

    @property
    def specificity(self) -> int:
        """Return 0: there is nothing to narrow it by."""
        return 0

    @property
    def title(self) -> str:
        """One line for people."""
        return f"{self.organization}/{self.project} by {self.actor}"

    @property
    def url(self) -> str:
        """The project's page."""
        return f"{PLATFORM}/{self.organization}/{self.project}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names."""
        return {
            "organization": self.organization,
            "project": self.project,
            "actor": self.actor,
            "actor_id": self.actor_id,
        }

    def form_values(self) -> dict[str, str]:
        """Return the fields as PyPI's form names them, with `provider`."""
        fields = self.to_fields()
        typed = {field.form_name: fields[field.name] for field in FORM if field.form_name}
        return {"provider": self.kind, **typed}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:  # noqa: ARG002 - every kind has it
        """Return what each claim must say, in PyPI's order; ActiveState has no claims for the rules beyond PyPI's."""
        subject = f"org:{self.organization}:project:{self.project}"
        user = "equal; the id stays when the user is renamed"
        return (
            Check(
                "sub",
                subject,
                "its first four parts are equal",
                _begins_with_project,
                refusal=_subject_refusal,
            ),
            Check("organization", self.organization, "equal", equal),
            Check("project", self.project, "equal", equal),
            Check("actor_id", self.actor_id, user, equal),
            Check("builder", BUILDER, "equal", equal),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the project, the organisation and the user's id, as an index files them."""
        return _sources(self.organization, self.project, self.actor_id)

    def links(self) -> tuple[Link, ...]:
        """Return the project's page."""
        return (Link(label="project", url=self.url),)

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - every kind has it
        """Return nothing: ActiveState's identities cannot sign."""
        return ()


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher that claims speak for, as PyPI's database query does."""
    for publisher in publishers:
        if isinstance(publisher, ActiveStatePublisher) and _is_keyed(publisher, claims):
            return publisher
    return NotFound(reason="Publisher with matching claims was not found")


def looked_up(_publisher: Publisher, _claims: Claims) -> tuple[Checked, ...]:
    """Return nothing: the look-up is as strict as the checks."""
    return ()


def _is_keyed(publisher: ActiveStatePublisher, claims: Claims) -> bool:
    return (
        publisher.organization == claims.get("organization")
        and publisher.project == claims.get("project")
        and publisher.actor_id == claims.get("actor_id")
    )


def _begins_with_project(expected: str, got: str | None, _claims: Claims) -> bool:
    """Whether the first four of a subject's parts are the project; what follows is free."""
    return ":".join((got or "").split(":")[:SUBJECT_PARTS]) == expected


def _subject_refusal(_expected: str, got: str | None, _claims: Claims) -> str:
    if not got:
        return "Missing 'subject' claim"
    if got.count(":") + 1 < SUBJECT_PARTS:
        return "Invalid 'subject' claim. Wrong format"
    return "Invalid 'subject' claim"


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a project, and near misses: another project, another user."""
    return _sources(said(claims, "organization"), said(claims, "project"), said(claims, "actor_id"))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's user, at work for the publisher's organisation."""
    assert isinstance(publisher, ActiveStatePublisher)
    return publisher.organization == said(claims, "organization") and publisher.actor_id == said(
        claims, "actor_id"
    )


def _sources(organization: str, project: str, actor_id: str) -> tuple[str, ...]:
    whole = f"{organization}/{project}".lower()
    return (f"project {whole}", f"organization {organization.lower()}", f"actor {actor_id}")


def _build(fields: Mapping[str, str]) -> ActiveStatePublisher:
    return ActiveStatePublisher(**fields)


PROVIDER = Provider(
    kind="activestate",
    title="ActiveState",
    issuer=ISSUER,
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=looked_up,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("organization_id", "project_id"),
)

"""What must be registered at an index so that a workflow may publish there: the form field by field, and its link.

Nobody can register a publisher but its project's owner, signed in, on the index's own page. So the values are given as
the page asks for them, with the link that fills them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bonded.dists.endpoints import Endpoints
from bonded.dists.names import ProjectName, parse_project_name
from bonded.publishers import from_fields
from bonded.publishers.providers import provider_of_kind
from bonded.workflows.drafting.subject import Subject

__all__ = ["FormField", "Place", "Registration", "registrations"]

_UNTYPED = "0"
"""Stands for the owner's number, which PyPI asks GitHub for: the form has no field for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of the index's form: `name` as it is posted, `label` as it is shown."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """From where something is published to an index: the workflow's file (at GitLab, its path) and the environment."""

    index: Endpoints
    file: str
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One publisher that has to be registered at one index, for one project."""

    index: Endpoints
    project: ProjectName
    kind: str
    fields: tuple[FormField, ...]

    @property
    def url(self) -> str:
        """The form of a project that exists, filled in; nothing is saved before its owner presses the button."""
        values = {field.name: field.value for field in self.fields}
        return self.index.publishing_form_url(self.project, {"provider": self.kind, **values})

    @property
    def pending_url(self) -> str:
        """The page for a project that does not exist yet; it cannot be filled in by a link."""
        return f"{self.index.web_url}manage/account/publishing/"

    def as_entry(self, *, in_project: str) -> dict[str, str]:
        """Return the `[[tool.bonded.publishers]]` entry; the project is named where it is not `in_project`."""
        values = {field.name: field.value for field in self.fields}
        entry: dict[str, str] = {"index": self.index.name}
        if not in_project or parse_project_name(in_project) != self.project:
            entry["project"] = str(self.project)
        if self.kind == "gitlab":
            entry["kind"] = self.kind
            entry["repository"] = f"{values['namespace']}/{values['project']}"
            entry["workflow"] = values["workflow_filepath"]
        else:
            entry["repository"] = f"{values['owner']}/{values['repository']}"
            entry["workflow"] = values["workflow_filename"]
        if values["environment"]:
            entry["environment"] = values["environment"]
        return entry


def registrations(
    subject: Subject, kind: str, places: Mapping[str, tuple[Place, ...]]
) -> tuple[Registration, ...]:
    """Return what to register; `places` gives, for the name of each package, from where it is published.

    Raises InvalidPublisher where the repository's names cannot be registered. None where the repository is unknown.
    """
    if not subject.slug:
        return ()
    return tuple(
        Registration(
            index=place.index,
            project=parse_project_name(package.name),
            kind=kind,
            fields=_form(kind, subject, place),
        )
        for package in subject.packages
        for place in places[package.name]
    )


def _form(kind: str, subject: Subject, place: Place) -> tuple[FormField, ...]:
    """Return the fields that are typed, in the form's order; the publisher's own rules check them."""
    provider = provider_of_kind(kind)
    publisher = from_fields(kind, _stored(kind, subject, place))
    values = publisher.form_values()
    assert provider is not None
    return tuple(
        FormField(name=field.form_name, label=field.label, value=values[field.form_name])
        for field in provider.form
        if field.form_name
    )


def _stored(kind: str, subject: Subject, place: Place) -> dict[str, str]:
    """Return the publisher's fields under their stored names."""
    if kind == "gitlab":
        return {
            "namespace": subject.owner,
            "project": subject.repository,
            "workflow_filepath": place.file,
            "environment": place.environment,
        }
    return {
        "repository_owner": subject.owner,
        "repository_owner_id": _UNTYPED,
        "repository_name": subject.repository,
        "workflow_filename": place.file,
        "environment": place.environment,
    }

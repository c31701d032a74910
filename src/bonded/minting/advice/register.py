"""What to register where no publisher is near: the fields of the form, as the token would have them."""

from collections.abc import Mapping

from bonded.minting.advice.wording import Advice, service
from bonded.publishers import Claims, said
from bonded.publishers.ci_config_ref import config_filepath
from bonded.publishers.provider import Provider
from bonded.publishers.workflow_ref import workflow_filename

__all__ = ["form_of", "register"]


def form_of(provider: Provider, claims: Claims) -> Mapping[str, str]:
    """Return the fields that a publisher for these claims would have, by their labels; empty where the claims say none.

    Ids that the index looks up itself are left out, as they are in its form.
    """
    values = _values(provider.kind, claims)
    return {
        field.label.lower(): values.get(field.name) or said(claims, field.name)
        for field in provider.form
        if field.form_name
    }


def register(provider: Provider | None, claims: Claims) -> Advice:
    """Advise the owner of a source to register a publisher for the job that just ran."""
    if provider is None:
        issuer = said(claims, "iss")
        return Advice(
            sentence=f"No publisher is registered for the issuer {issuer!r}: add one whose issuer is {issuer!r}.",
            side="publisher",
            field="publisher",
            new_value=issuer,
        )
    form = form_of(provider, claims)
    listed = ", ".join(f"{label} {value!r}" for label, value in form.items() if value)
    filled = f"add one with {listed}" if listed else "add one"
    which = f"{provider.title} " if provider.title == service(provider) else ""
    return Advice(
        sentence=f"No {which}publisher is registered for this job: {filled}.",
        side="publisher",
        field="publisher",
        new_value=listed,
    )


def _values(kind: str, claims: Claims) -> Mapping[str, str]:
    """Return the stored fields that are made of claims with other names."""
    if kind in {"github", "ghes"}:
        owner, _, name = said(claims, "repository").partition("/")
        file = workflow_filename(said(claims, "job_workflow_ref"))
        return {"repository_owner": owner, "repository_name": name, "workflow_filename": file}
    if kind == "gitlab":
        namespace, _, name = said(claims, "project_path").rpartition("/")
        file = config_filepath(said(claims, "ci_config_ref_uri"))
        return {"namespace": namespace, "project": name, "workflow_filepath": file}
    return {}

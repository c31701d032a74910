"""Whether this token may upload to this project, now."""

from bonded.index.checks.case import Case, refuse
from bonded.index.model import Refusal, Scope, Standing

__all__ = [
    "name_is_free",
    "project_exists",
    "project_takes_uploads",
    "token_covers_project",
    "token_is_in_time",
    "token_is_known",
]

_FORBIDDEN = 403


def token_is_known(case: Case) -> Refusal | None:
    """No token, a wrong one and a revoked one look alike to strangers."""
    if case.standing is None or case.standing.revoked:
        return refuse(
            token_is_known,
            "Invalid or non-existent authentication information. Expected the user name '__token__'"
            " with a token of this index as its password.",
            status=_FORBIDDEN,
        )
    if case.standing.scope is not Scope.UPLOAD:
        name, scope = case.standing.name, case.standing.scope.value
        return refuse(
            token_is_known,
            f"Invalid or non-existent authentication information. The token {name!r} has the scope {scope!r},"
            " and only those of the scope 'upload' upload. Make one with"
            " `bonded token add NAME --scope upload --project PROJECT`, or publish as a trusted publisher.",
            status=_FORBIDDEN,
        )
    return None


def project_exists(case: Case) -> Refusal | None:
    """A token of a trusted publisher creates no project but one that its publisher waits for."""
    waiting = case.standing.waiting if case.standing is not None else frozenset()
    if case.shelf.project is not None or case.project in waiting:
        return None
    if case.bearer.publisher is None and case.bearer.name:
        return _owners_begin(case, case.bearer)
    got = repr(case.metadata.name)
    cause = (
        "a pending publisher that waits for" if waiting else "a publisher that is registered for"
    )
    other = (
        "remove that pending publisher and register one"
        if waiting
        else "register a pending publisher"
    )
    return refuse(
        project_exists,
        f"Non-user identities cannot create new projects. This was probably caused by {cause} another name:"
        f" expected {_projects(case)}, got {got}."
        f" Correct the name in the project's metadata, or {other} for {got}.",
    )


def _owners_begin(case: Case, token: Standing) -> Refusal:
    """An API token creates no project; who gives it out does, so that a misspelt name begins nothing."""
    return refuse(
        project_exists,
        f"The project {case.metadata.name!r} does not exist, and an API token creates none: this API token,"
        f" {token.name!r}, is for {_projects(case)}. Correct the name in the project's metadata, or make a token with"
        f" its project: `bonded token add NAME --scope upload --project {case.project} --create`.",
    )


def name_is_free(case: Case) -> Refusal | None:
    """A new project must not look like another, nor like a module of the standard library, when it begins."""
    if case.shelf.project is not None or not case.shelf.name_fault:
        return None
    return refuse(name_is_free, case.shelf.name_fault)


def token_is_in_time(case: Case) -> Refusal | None:
    """A minted token lives for a quarter of an hour."""
    standing = case.standing
    if standing is not None and standing.not_before <= case.now < standing.expires:
        return None
    return refuse(token_is_in_time, "Invalid API Token: token is expired", status=_FORBIDDEN)


def token_covers_project(case: Case) -> Refusal | None:
    """A token is for the projects of its publisher, at the mint and now."""
    standing = case.standing
    if standing is not None and case.project in standing.projects:
        return None
    if standing is not None and case.project in standing.waiting:
        return _unless_made_meanwhile(case)
    return refuse(
        token_covers_project,
        f"Invalid API Token: project-scoped token is not valid for project: {case.project!r}"
        f" (expected {_projects(case)})",
        status=_FORBIDDEN,
    )


def _unless_made_meanwhile(case: Case) -> Refusal | None:
    """A pending publisher reserves nothing."""
    if case.shelf.project is None:
        return None
    return refuse(
        token_covers_project,
        f"The project {case.project!r} was made by others since this publisher began to wait for it, and a pending"
        " publisher reserves no name. Ask an owner of the project to register the publisher with it,"
        " or choose another name.",
        status=_FORBIDDEN,
    )


def project_takes_uploads(case: Case) -> Refusal | None:
    """Archived and quarantined projects take nothing (PEP 792)."""
    project = case.shelf.project
    if project is None or project.status in {"active", "deprecated"}:
        return None
    return refuse(
        project_takes_uploads,
        f"The given token isn't allowed to upload to project {project.name!r}: it is {project.status}.",
        status=_FORBIDDEN,
    )


def _projects(case: Case) -> str:
    standing = case.standing
    names = sorted(standing.projects | standing.waiting) if standing is not None else []
    return " or ".join(repr(str(name)) for name in names) or "a project of the token's publisher"

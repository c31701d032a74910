"""What owners ask, with an admin token. docs/reference/admin-api.md tells each with an example."""

from collections.abc import Sequence

from bonded.index.openapi.operations import (
    TEXT,
    Answer,
    Operation,
    Query,
    Schema,
    array,
    obj,
)

__all__ = ["OPERATIONS"]

_JSON = "application/json"
_ANY: Schema = {"type": "object"}
_FLAG: Schema = {"type": "boolean"}
_SIZE: Schema = {"type": ["integer", "null"], "minimum": 0}
_NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
_NO = (401, 403, 404, 409, 422, 503)

_PROJECT = Query(name="project", meaning="of one project", schema=TEXT)
_LIMIT = Query(name="limit", meaning="at most so many", schema=_NUMBER)
_BEFORE = Query(name="before", meaning="those before this id", schema=_NUMBER)
_DRY = Query(name="dry_run", meaning="only say what would go", schema={"enum": ["true", "false"]})

_PUBLISHER = obj({"id": TEXT, "kind": TEXT, "title": TEXT, "fields": _ANY})
_NEW = obj({"project": TEXT, "kind": TEXT, "fields": _ANY}, dry_run=_FLAG)
_CHANGED = obj({"project": TEXT, "files": array(TEXT), "dry_run": _FLAG})
_TOKEN = obj({"name": TEXT, "scope": {"enum": ["admin", "upload", "read"]}})


def _ask(
    method: str,
    path: str,
    name: str,
    says: str,
    schema: Schema,
    *,
    status: int = 200,
    query: Sequence[Query] = (),
    body: Schema | None = None,
) -> Operation:
    dry = (200,) if status != 200 else ()  # noqa: PLR2004 - with `dry_run` nothing was made
    return Operation(
        method=method,
        path=f"/-/api{path}",
        name=name,
        says=says,
        family="admin",
        answers=tuple(Answer(status=one, media=(_JSON,), schema=schema) for one in (*dry, status)),
        no=_NO,
        query=query,
        body=(_JSON, body) if body is not None else None,
        auth="admin",
    )


_PUBLISHERS = (
    _ask(
        "get",
        "/publishers",
        "publishers",
        "Publishers.",
        obj({"publishers": array(_PUBLISHER)}),
        query=(_PROJECT,),
    ),
    _ask(
        "post",
        "/publishers",
        "add_publisher",
        "Let a publisher publish a project.",
        _ANY,
        status=201,
        body=_NEW,
    ),
    _ask(
        "post",
        "/publishers/test",
        "test_publisher",
        "What would happen to a token or claims.",
        obj({"accepted": _FLAG}),
        body=obj(token=TEXT, claims=_ANY),
    ),
    _ask(
        "delete",
        "/publishers/{id}",
        "remove_publisher",
        "Take projects from a publisher.",
        obj({"removed": array(TEXT)}),
        query=(_PROJECT,),
    ),
    _ask(
        "post",
        "/publishers/{id}/enable",
        "enable_publisher",
        "Let a disabled publisher publish again.",
        _PUBLISHER,
    ),
    _ask(
        "get",
        "/pending-publishers",
        "pending_publishers",
        "Publishers that wait for a project.",
        obj({"pending": array(_ANY)}),
    ),
    _ask(
        "post",
        "/pending-publishers",
        "add_pending_publisher",
        "Let a publisher begin a project.",
        _ANY,
        status=201,
        body=_NEW,
    ),
    _ask(
        "delete",
        "/pending-publishers/{id}",
        "remove_pending_publisher",
        "Forget one that waits.",
        obj({"removed": TEXT}),
    ),
    _ask(
        "get",
        "/exchanges",
        "exchanges",
        "What the mint answered.",
        obj({"exchanges": array(_ANY)}),
        query=(_PROJECT, _LIMIT, _BEFORE),
    ),
)

_PROJECTS = (
    _ask(
        "get",
        "/projects",
        "projects",
        "Projects.",
        obj({"projects": array(obj({"name": TEXT}))}),
        query=(_LIMIT, Query(name="after", meaning="those after this name", schema=TEXT)),
    ),
    _ask(
        "get",
        "/projects/{name}",
        "project",
        "One project with its versions and files.",
        obj({"name": TEXT, "versions": array(_ANY)}),
    ),
    _ask(
        "delete", "/projects/{name}", "delete_project", "Delete a project.", _CHANGED, query=(_DRY,)
    ),
    _ask(
        "delete",
        "/projects/{name}/versions/{version}",
        "delete_version",
        "Delete a version.",
        _CHANGED,
        query=(_DRY,),
    ),
    _ask(
        "delete",
        "/projects/{name}/files/{filename}",
        "delete_file",
        "Delete a file, for good.",
        _CHANGED,
        query=(_DRY,),
    ),
    _ask(
        "post",
        "/projects/{name}/yank",
        "yank",
        "Yank a version or a file.",
        _CHANGED,
        body=obj(version=TEXT, filename=TEXT, reason=TEXT, dry_run=_FLAG),
    ),
    _ask(
        "post",
        "/projects/{name}/unyank",
        "unyank",
        "Take a yank back.",
        _CHANGED,
        body=obj(version=TEXT, filename=TEXT, dry_run=_FLAG),
    ),
    _ask(
        "post",
        "/projects/{name}/status",
        "set_status",
        "Say what becomes of a project (PEP 792).",
        _ANY,
        body=obj(status=TEXT, reason=TEXT, dry_run=_FLAG),
    ),
    _ask(
        "post",
        "/projects/{name}/limits",
        "set_limits",
        "Give a project limits of its own.",
        _ANY,
        body=obj(file_size=_SIZE, project_size=_SIZE, dry_run=_FLAG),
    ),
    _ask(
        "get",
        "/events",
        "events",
        "What was done.",
        obj({"events": array(_ANY)}),
        query=(
            Query(name="subject", meaning="to one project, publisher or token", schema=TEXT),
            _LIMIT,
            _BEFORE,
        ),
    ),
)

_TOKENS = (
    _ask(
        "get",
        "/tokens",
        "tokens",
        "API tokens, without their secrets.",
        obj({"tokens": array(_TOKEN)}),
    ),
    _ask(
        "post",
        "/tokens",
        "add_token",
        "Make an API token.",
        _TOKEN,
        status=201,
        body=obj(
            {"name": TEXT, "scope": {"enum": ["admin", "upload", "read"]}},
            projects=array(TEXT),
            days=_NUMBER,
            create=_FLAG,
        ),
    ),
    _ask("delete", "/tokens/{name}", "revoke_token", "End an API token.", obj({"revoked": TEXT})),
)

OPERATIONS = (*_PUBLISHERS, *_PROJECTS, *_TOKENS)

"""One address with one method, as OpenAPI 3.1 describes it, from a value that says no more than there is to say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Answer", "Operation", "Query", "Schema", "array", "described", "obj"]

Schema = Mapping[str, object]

_PARAMETER = re.compile(r"\{(\w+)\}")

TEXT: Schema = {"type": "string"}
PROBLEM = "application/problem+json"

_NO: Schema = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "message": TEXT,
        "hint": TEXT,
        "code": TEXT,
        "errors": {"type": "array"},
    },
}

_SAID: Mapping[int, str] = {
    200: "Done",
    201: "Made",
    202: "Accepted",
    206: "A part of it",
    301: "At its normal address",
    302: "Elsewhere",
    304: "What you have is current",
    308: "The same, with a slash",
    400: "The request cannot be understood, or is refused",
    401: "A token is missing, or is none of this index",
    403: "This token, or this index, does not allow it",
    404: "There is nothing of this name",
    405: "Not by this method",
    406: "There is no such form of it",
    409: "It cannot be, because of what is there",
    410: "Gone for good",
    413: "Too large",
    416: "There is no such part",
    422: "What was sent is wrong",
    502: "The index behind this one failed",
    503: "Not now; try again",
}


def obj(required: Mapping[str, Schema] | None = None, **more: Schema) -> Schema:
    """Return the schema of an object that has these members, and may have `more`."""
    needed = dict(required or {})
    return {"type": "object", "required": list(needed), "properties": {**needed, **more}}


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter behind the question mark."""

    name: str
    meaning: str
    schema: Schema
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of one status in one or several media types; without any it has no body that matters."""

    status: int
    media: Sequence[str] = ()
    schema: Schema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address. `no` are the statuses of refusals, which all have one form.

    `auth` is `admin`, `upload` or `read`: which token it takes; None for everybody. `body` is the media type and the
    schema of what is sent.
    """

    method: str
    path: str
    name: str
    says: str
    family: str
    answers: Sequence[Answer]
    no: Sequence[int] = ()
    query: Sequence[Query] = ()
    body: tuple[str, Schema] | None = None
    auth: str | None = None


_SECURITY: Mapping[str, object] = {
    "admin": [{"bearer": []}],
    "upload": [{"basic": []}, {"bearer": []}],
    "read": [{}, {"basic": []}, {"bearer": []}],
    "metrics": [{}, {"bearer": []}],
}


def described(operation: Operation) -> dict[str, object]:
    """Return the operation as the value of its method in OpenAPI."""
    told: dict[str, object] = {
        "operationId": operation.name,
        "summary": operation.says,
        "tags": [operation.family],
        "responses": _responses(operation),
    }
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]
    parameters += [
        {
            "name": one.name,
            "in": "query",
            "description": one.meaning,
            "required": one.needed,
            "schema": one.schema,
        }
        for one in operation.query
    ]
    if parameters:
        told["parameters"] = parameters
    if operation.body is not None:
        media, schema = operation.body
        told["requestBody"] = {"required": True, "content": {media: {"schema": schema}}}
    if operation.auth is not None:
        told["security"] = _SECURITY[operation.auth]
    return told


def _responses(operation: Operation) -> dict[str, object]:
    responses: dict[str, object] = {
        str(answer.status): _response(answer.status, answer.media, answer.schema)
        for answer in operation.answers
    }
    for status in sorted({*operation.no, *((401,) if operation.auth == "read" else ())}):
        responses[str(status)] = {
            "description": _SAID[status],
            "content": {
                PROBLEM: {"schema": _NO},
                "application/json": {"schema": _NO},
                "text/plain": {"schema": TEXT},
                "text/html": {"schema": TEXT},
            },
        }
    return responses


def _response(status: int, media: Sequence[str], schema: Schema | None) -> dict[str, object]:
    response: dict[str, object] = {"description": _SAID[status]}
    if media:
        response["content"] = {one: {"schema": schema} if schema else {} for one in media}
    return response

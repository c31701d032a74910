"""What the services share: requests read within limits, answers in JSON, refusals as values of one type."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bonded.errors import BondedError
from bonded.oidc import strict_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Refused", "decoded", "json_answer", "read_body", "read_object", "text_at"]

MAX_BODY = 4 * 1024 * 1024
"""Bytes in a request; an attestation with a large predicate has some hundred thousand."""


class Refused(BondedError):
    """A request that is not granted, with the status of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: "Request") -> bytes:
    """Return the body of a request; raises `Refused` where it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, f"a request has at most {MAX_BODY} bytes")
    return bytes(body)


def read_object(body: bytes) -> dict[str, object]:
    """Return a JSON object; raises `Refused`."""
    try:
        return strict_json.read_object(body)
    except ValueError as error:
        raise Refused(400, f"the request is {error}") from None


def text_at(data: object, *path: str | int) -> str:
    """Return the text that lies at a path in a JSON value; raises `Refused` where there is none, or an empty one."""
    found: Any = data
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            found = None
    if not isinstance(found, str) or not found:
        raise Refused(400, f"the request has no {'.'.join(map(str, path))}")
    return found


def decoded(text: str) -> bytes:
    """Return what base64 says; raises `Refused`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "the request has a value that is not base64") from None


def json_answer(
    data: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> "Response":
    """Return an answer in JSON."""
    from starlette.responses import Response

    return Response(
        json.dumps(data), status, headers=dict(headers or {}), media_type="application/json"
    )

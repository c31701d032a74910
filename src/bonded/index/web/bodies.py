"""Small JSON bodies: requests read up to a bound, answers written so that no text in them can break them."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bonded.oidc import strict_json

__all__ = ["MAX_BODY", "json_answer", "read_body", "read_object"]

MAX_BODY = 1 << 20


async def read_body(request: Request) -> bytes:
    """Return the body, or as much of it as is needed to see that it is too large; nothing if the client went away."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                break
    except ClientDisconnect:
        return b""
    return bytes(body)


def read_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body, or None where there is none that every program reads in the same way."""
    if len(body) > MAX_BODY:
        return None
    try:
        return strict_json.read_object(body)
    except ValueError:
        return None


def json_answer(
    body: object,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Return a value as JSON in ASCII, so that even half a character that somebody sent can be repeated."""
    return Response(json.dumps(body), status, headers=dict(headers or {}), media_type=media_type)

"""The bodies of small JSON requests, read up to a bound."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

__all__ = ["read_body", "read_object"]

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
    """Return the JSON object in a body, or None where there is none."""
    if len(body) > MAX_BODY:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None

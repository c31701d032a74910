"""The gate of a private index: it stands around everything that answers, and lets in whoever has a living API token.

The rule is an allow-list of paths as they are routed, compared whole. What is not on it is closed, so an address that
is new, misspelt, or written in some clever way is closed too, and nobody outside learns whether it exists. On the list
are the addresses that have a rule of their own: uploads, the mint and the owners' API. What watches an index is
answered before a request comes here.

Tokens are looked up at every request, one keyed read, so a token that was revoked or has ended lets nobody in again.
Minted upload tokens do not: they are for uploading, for a quarter of an hour, and no more.
"""

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonded.index.web.credentials import token_of_headers
from bonded.index.web.errors import answer, unavailable
from bonded.minting.upload_token import hash_token

__all__ = ["OPEN", "OWNERS", "gated"]

OPEN = frozenset(
    {
        "/legacy",
        "/legacy/",
        "/_/oidc/audience",
        "/_/oidc/mint-token",
        "/_/oidc/github/mint-token",
        "/_/oidc/burn-token",
        "/.well-known/pytp",
    }
)
"""Paths whose answers have a rule of their own."""

OWNERS = "/-/api/"
"""What every address of owners begins with; each asks for an admin token itself."""

_PRIVATE = (
    "This index is private: it is read with an API token, as the password of the user '__token__'."
)

_EVASIVE = frozenset({"", ".", ".."})
"""Parts of a path that some server on the way may take out, so that it means another."""

_SHARED = (b"public", b"s-maxage", b"private")
"""Directives for caches that many use; `private` is put in their place."""
_FOR_CDNS = frozenset({b"surrogate-control", b"cdn-cache-control", b"surrogate-key"})


def gated(
    app: ASGIApp,
    lives: Callable[[str], Awaitable[bool]],
    *,
    realm: str,
    troubles: tuple[type[Exception], ...] = (),
) -> ASGIApp:
    """Return an app around another one, for readers with a token only.

    `lives` tells whether the API token of a hash may read now. `troubles` are what it raises while the book cannot be
    read; clients are told to come again. `realm` is what people are told that they need a token for.
    """
    challenge = f'Basic realm="{_quotable(realm)}", charset="UTF-8"'

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _is_open(scope["path"])):
            await app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        token = token_of_headers(scope["headers"])
        try:
            may_read = bool(token) and await lives(hash_token(token))
        except troubles as error:
            response = unavailable(Request(scope), error)
            await response(scope, receive, send)
            return
        if may_read:
            await app(scope, receive, _privately(send))
            return
        response = answer(
            Request(scope), 401, "This index is private: it is read with an API token."
        )
        response.headers["www-authenticate"] = challenge
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    return gate


def _is_open(path: str) -> bool:
    """Tell whether a path, as it is routed, has a rule of its own."""
    if path in OPEN:
        return True
    return path.startswith(OWNERS) and _EVASIVE.isdisjoint(path[1:].split("/"))


def _privately(send: Send) -> Send:
    """Return a `send` whose answers no cache keeps that serves others, and none gives to whoever has no token."""

    async def private(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _private_headers(message.get("headers", ()))}
        await send(message)

    return private


def _private_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept: list[tuple[bytes, bytes]] = []
    caching: list[bytes] = []
    varies: list[bytes] = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"cache-control":
            caching += _parts(value)
        elif lower == b"vary":
            varies += _parts(value)
        elif lower not in _FOR_CDNS:
            kept.append((name, value))
    own = [part for part in caching if part.partition(b"=")[0].strip().lower() not in _SHARED]
    if b"*" not in varies and b"authorization" not in [one.lower() for one in varies]:
        varies.append(b"Authorization")
    return [
        *kept,
        (b"cache-control", b", ".join([b"private", *own])),
        (b"vary", b", ".join(varies)),
    ]


def _parts(value: bytes) -> list[bytes]:
    return [part for one in value.split(b",") if (part := one.strip())]


def _quotable(text: str) -> str:
    """Return a text as it may stand between quotation marks in a header."""
    plain = "".join(char for char in text if char.isascii() and char.isprintable())
    return plain.replace("\\", "").replace('"', "")

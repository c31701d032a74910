"""`/_/oidc/`: where a CI's identity becomes the right to upload. The paths are at the root, where clients look."""

import json
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.minting.upload_token import hash_token, is_token

__all__ = ["Mint"]

_MAX_BODY = 1 << 20


class Mint:
    """The mint's three addresses.

    `exchange` answers a body with a status and a JSON object; `revoke` ends the token of a hash.
    """

    def __init__(
        self,
        *,
        audience: str,
        exchange: Callable[[bytes], tuple[int, dict[str, object]]],
        revoke: Callable[[str], None],
    ) -> None:
        self._audience = audience
        self._exchange = exchange
        self._revoke = revoke

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/_/oidc/audience", self.audience, methods=["GET"]),
            Route("/_/oidc/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/github/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/burn-token", self.burn, methods=["POST"]),
        )

    async def audience(self, _request: Request) -> Response:
        """Tell which audience an ID token for this index must name."""
        return JSONResponse({"audience": self._audience})

    async def mint(self, request: Request) -> Response:
        """Exchange an ID token for an upload token."""
        status, body = await run_in_threadpool(self._exchange, await _body(request))
        return JSONResponse(body, status)

    async def burn(self, request: Request) -> Response:
        """End an upload token early. The answer is always the same, so nobody can ask which tokens live."""
        token = _token(await _body(request))
        if token:
            await run_in_threadpool(self._revoke, hash_token(token))
        return JSONResponse({"message": "Accepted", "errors": []}, 202)


async def _body(request: Request) -> bytes:
    """Return the body, or as much of it as the mint needs to see that it is too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BODY:
                break
    except ClientDisconnect:
        return b""
    return bytes(body)


def _token(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    token = document.get("token") if isinstance(document, dict) else None
    return token if isinstance(token, str) and is_token(token) else ""

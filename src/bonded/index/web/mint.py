"""`/_/oidc/`: where a CI's identity becomes the right to upload. The paths are at the root, where clients look.

Refusals have PyPI's shape. To whoever asks for it by `Accept`, they have the members of RFC 9457 too (PEP 807).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bonded.index.web.accept import PROBLEM, wants_problem
from bonded.index.web.bodies import json_answer, read_body, read_object
from bonded.index.web.discovery import FEATURES
from bonded.index.web.problem import problem
from bonded.minting.upload_token import hash_token, is_token

__all__ = ["Mint"]

_THREADS = 40
"""Exchanges that are answered at once. They have threads of their own: a token of a stranger can make an exchange wait
for a slow issuer, and whoever only wants to install must not wait with it."""

_UNAVAILABLE = 503
_REFUSED = 400
_AGAIN = "60"
"""Seconds until an issuer that did not answer is asked again; see `oidc.discovery`."""

_OFF = "Trusted publishing functionality not enabled"
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
"""What carries a token is kept by nobody (RFC 6749, section 5.1)."""


class Mint:
    """The mint's addresses.

    `audience` is empty where trusted publishing is off. `exchange` answers a body, with a problem where that is
    wanted, by a status and a JSON object; `revoke` ends the token of a hash.
    """

    def __init__(
        self,
        *,
        audience: str,
        exchange: Callable[[bytes, bool], tuple[int, Mapping[str, object]]],
        revoke: Callable[[str], None],
    ) -> None:
        self._audience = audience
        self._exchange = exchange
        self._revoke = revoke
        self._threads = ThreadPoolExecutor(_THREADS, "mint")

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/_/oidc/audience", self.audience, methods=["GET"]),
            Route("/_/oidc/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/github/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/burn-token", self.burn, methods=["POST"]),
        )

    async def audience(self, request: Request) -> Response:
        """Tell which audience an ID token for this index must name."""
        if self._audience:
            return json_answer({"audience": self._audience})
        if wants_problem(request.headers.get("accept", "")):
            return problem(403, _OFF, more={"message": _OFF})
        return json_answer({"message": _OFF}, 403)

    async def mint(self, request: Request) -> Response:
        """Exchange an ID token for an upload token."""
        body = await read_body(request)
        wanted = (read_object(body) or {}).get("features", [])
        if not _are_known(wanted):
            return _unknown_features()
        as_problem = wants_problem(request.headers.get("accept", ""))
        loop = asyncio.get_running_loop()
        # A thread has no context of its own, and what is logged there belongs to this request.
        exchange = partial(copy_context().run, self._exchange, body, as_problem)
        status, answer = await loop.run_in_executor(self._threads, exchange)
        headers = _NO_STORE | ({"retry-after": _AGAIN} if status == _UNAVAILABLE else {})
        kind = PROBLEM if as_problem and status >= _REFUSED else "application/json"
        return json_answer(answer, status, headers=headers, media_type=kind)

    async def burn(self, request: Request) -> Response:
        """End an upload token early. The answer is always the same, so nobody can ask which tokens live."""
        token = (read_object(await read_body(request)) or {}).get("token")
        if isinstance(token, str) and is_token(token):
            await run_in_threadpool(self._revoke, hash_token(token))
        return json_answer({"message": "Accepted", "errors": []}, 202)


def _are_known(wanted: object) -> bool:
    """Whether all features that a client demands are ours; PyPI's clients demand none."""
    return isinstance(wanted, list) and all(one in FEATURES for one in wanted)


def _unknown_features() -> Response:
    detail = f"'features' must be a list of what this index has: {', '.join(FEATURES)}"
    error = {"code": "invalid-payload", "description": detail}
    return problem(400, detail, more={"message": "Token request failed", "errors": [error]})

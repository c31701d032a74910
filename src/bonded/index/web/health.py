"""`/health`, `/ready` and `/metrics`: what watches an index asks; and `/-/openapi.json`, what can be asked at all.

`/health` says that the process answers, `/ready` that it can do its work. Both are open, and tell no more than that.
`/ready` is asked on a thread of its own: an index whose threads are all at work is still ready, and says so in time.
`/metrics` tells how much is published and refused, so it is for an admin token or a token of its own, unless the
settings open it.
"""

import hmac
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bonded.index.errands import Errands
from bonded.index.running.readiness import Readiness
from bonded.index.web.arriving import arrived
from bonded.index.web.bodies import json_answer
from bonded.index.web.problem import problem
from bonded.minting.upload_token import hash_token

__all__ = ["Health"]

_NO_STORE = {"cache-control": "no-store"}
_WHO = (
    "This address takes an admin token, or the token of 'metrics-token-file' in [health]: "
    "Authorization: Bearer TOKEN."
)
_METRICS = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"


class Health:
    """The addresses of watchers.

    `metrics` makes the text for Prometheus. `is_admin` tells whether a token is an administrator's; `token_hash` is of
    the one token that may read metrics and do nothing else, empty where there is none.
    """

    def __init__(
        self,
        readiness: Readiness,
        metrics: Callable[[], bytes],
        *,
        is_admin: Callable[[str], bool],
        token_hash: str = "",
        is_open: bool = False,
    ) -> None:
        self._readiness = readiness
        self._asking = Errands(at_once=1, waiting=1)
        self._metrics = metrics
        self._is_admin = is_admin
        self._token_hash = token_hash
        self._is_open = is_open

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/health", self.health, methods=["GET"]),
            Route("/ready", self.ready, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
            Route("/-/openapi.json", self.openapi, methods=["GET"]),
        )

    async def health(self, _request: Request) -> Response:
        """Say that the process answers."""
        return json_answer({"status": "alive"}, headers=_NO_STORE)

    async def ready(self, _request: Request) -> Response:
        """Say whether the index can do its work, and the names of the checks that fail."""
        failed = await arrived(self._asking.once("ready", self._readiness.failed))
        if failed:
            return json_answer({"status": "not ready", "failed": failed}, 503, headers=_NO_STORE)
        return json_answer({"status": "ready", "failed": []}, headers=_NO_STORE)

    async def metrics(self, request: Request) -> Response:
        """Tell the counters to whoever may read them."""
        if not self._is_open and not await run_in_threadpool(self._may_read, request):
            return problem(401, _WHO, headers={"www-authenticate": "Bearer", **_NO_STORE})
        body = await run_in_threadpool(self._metrics)
        return Response(body, headers={"content-type": _METRICS, **_NO_STORE})

    async def openapi(self, _request: Request) -> Response:
        """Describe every address; the same on every index of this version."""
        from bonded.index.openapi import document

        return json_answer(document(), headers={"cache-control": "max-age=3600, public"})

    def _may_read(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return False
        if self._token_hash and hmac.compare_digest(hash_token(token), self._token_hash):
            return True
        return self._is_admin(token)

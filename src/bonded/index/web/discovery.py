"""`/.well-known/pytp`: where a client that knows only the address for uploads finds the mint (PEP 807)."""

from collections.abc import Collection, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bonded.index.web.accept import PYTP, accepts
from bonded.index.web.bodies import json_answer
from bonded.index.web.origin import origin
from bonded.index.web.problem import problem

__all__ = ["FEATURES", "Discovery"]

FEATURES = ("multi-use-token",)
"""What our upload tokens are: good for any number of uploads until they end."""

UPLOAD_PATHS = frozenset({"/legacy/"})

_HEADERS = {"cache-control": "no-store", "vary": "Accept, Host"}


class Discovery:
    """The well-known address. `enabled` tells whether trusted publishing is on."""

    def __init__(self, *, enabled: bool, trusted_proxies: Collection[str]) -> None:
        self._enabled = enabled
        self._trusted_proxies = trusted_proxies

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (Route("/.well-known/pytp", self.discover, methods=["GET"]),)

    async def discover(self, request: Request) -> Response:
        """Tell the endpoints for one address for uploads; every refusal is a problem."""
        if not accepts(request.headers.get("accept", ""), PYTP):
            return problem(406, f"There is only {PYTP} here.", headers=_HEADERS)
        paths = request.query_params.getlist("discover")
        if len(paths) != 1 or paths[0] not in UPLOAD_PATHS or not self._enabled:
            known = ", ".join(sorted(UPLOAD_PATHS))
            detail = f"No trusted publishing at this path; uploads go to {known} here."
            return problem(404, detail, headers=_HEADERS)
        try:
            here = origin(request, self._trusted_proxies)
        except HTTPException as error:
            return problem(error.status_code, error.detail, headers=_HEADERS)
        endpoints = {
            "audience-endpoint": f"{here}/_/oidc/audience",
            "token-mint-endpoint": f"{here}/_/oidc/mint-token",
            "features": FEATURES,
            "default-features": FEATURES,
        }
        return json_answer(endpoints, headers=_HEADERS, media_type=PYTP)

"""The part of GitHub that a release speaks with: the issuer of ID tokens.

A job that may have an ID token is admitted with its claims and gets a request address and a request token of its own;
whoever presents that token gets a signed identity for the audience that he names. Everything else of GitHub's API is
not on the stage, and says so.
"""

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bonded.oidc.issue import SigningKey, issue
from bonded.publishers.github import ISSUER
from bonded.workflows.claims import stamp

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from bonded.oidc.keys import KeySet

PIPELINES = "pipelines.actions.githubusercontent.com"
API = "api.github.com"
HOSTS = (urlsplit(ISSUER).netloc, PIPELINES, API)
_NOTHING = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class IdentityAccess:
    """The way to an ID token, for a job that may have one."""

    request_url: str
    request_token: str


class GitHub:
    """The issuer of one evening, with a key of its own, which may still be in the making."""

    def __init__(self, key: Future[SigningKey]) -> None:
        self._made = key
        self._admitted: dict[str, Mapping[str, str]] = {}
        self._plan = uuid.uuid4()

    @property
    def _key(self) -> SigningKey:
        return self._made.result()

    def keys_for(self, issuer: str) -> "KeySet | None":
        """Return the evening's keys for GitHub's issuer, None for any other (the index's port `Keys`)."""
        return self._key.key_set() if issuer == ISSUER else None

    def admit(self, claims: Mapping[str, str]) -> IdentityAccess:
        """Let a job ask for ID tokens with these claims."""
        token = secrets.token_urlsafe(48)
        self._admitted[token] = claims
        url = (
            f"https://{PIPELINES}/{secrets.token_urlsafe(24)}/{_NOTHING}/_apis/distributedtask/hubs/Actions"
            f"/plans/{self._plan}/jobs/{uuid.uuid4()}/idtoken?api-version=2.0"
        )
        return IdentityAccess(url, token)

    def dismiss(self, access: IdentityAccess) -> None:
        """Let a job that ended ask for no more tokens."""
        self._admitted.pop(access.request_token, None)

    def app(self) -> "Starlette":
        """Return the application for every host in `HOSTS`."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/.well-known/jwks", self._jwks),
                Route("/{rest:path}/idtoken", self._id_token),
                Route(
                    "/{rest:path}",
                    self._elsewhere,
                    methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                ),
            ]
        )

    async def _discovery(self, _request: "Request") -> "Response":
        return _json(
            {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/.well-known/jwks",
                "subject_types_supported": ["public", "pairwise"],
                "response_types_supported": ["id_token"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "sha"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
            }
        )

    async def _jwks(self, _request: "Request") -> "Response":
        return _json(self._key.jwks())

    async def _id_token(self, request: "Request") -> "Response":
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = self._admitted.get(token) if scheme.lower() == "bearer" else None
        if claims is None:
            return _json({"message": "The request token is not one of this run"}, 401)
        owner = claims["repository_owner"]
        audience = request.query_params.get("audience") or f"https://github.com/{owner}"
        stamped = stamp(
            claims, issuer=ISSUER, audience=audience, now=int(time.time()), jti=str(uuid.uuid4())
        )
        return _json({"value": issue(stamped, self._key)})

    async def _elsewhere(self, _request: "Request") -> "Response":
        message = "This part of GitHub is not on the stage of a rehearsal"
        return _json({"message": message, "status": "404"}, 404)


def _json(data: Mapping[str, Any], status: int = 200) -> "Response":
    from starlette.responses import Response

    return Response(json.dumps(data), status, media_type="application/json; charset=utf-8")

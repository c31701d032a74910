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
from urllib.parse import parse_qs, urlsplit

from bonded.oidc.issue import SigningKey, issue
from bonded.publishers.github import ISSUER
from bonded.workflows.claims import stamp

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from bonded.oidc.issuers import TrustedIssuer
    from bonded.oidc.keys import KeySet

PIPELINES = "pipelines.actions.githubusercontent.com"
API = "api.github.com"
HOSTS = (urlsplit(ISSUER).netloc, PIPELINES, API)
_ELSEWHERE = "This part of GitHub is not on the stage of a rehearsal"
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
        self.address = f"https://{PIPELINES}"
        """Where jobs ask for ID tokens. The stage gives an address of this machine, because the detector that twine and
        others use (`id`) knows no proxy; the name of GitHub's own host is served as well."""

    @property
    def _key(self) -> SigningKey:
        return self._made.result()

    def issuer(self, url: str) -> "TrustedIssuer | None":
        """Return what is known of GitHub's issuer, None for any other (with the next, the mint's port `Keys`)."""
        from bonded.oidc.issuers import TrustedIssuer

        return TrustedIssuer(url=ISSUER, kind="github") if url == ISSUER else None

    def keys_for(self, _issuer: "TrustedIssuer", _key_id: str) -> "KeySet":
        """Return the evening's keys."""
        return self._key.key_set()

    def admit(self, claims: Mapping[str, str]) -> IdentityAccess:
        """Let a job ask for ID tokens with these claims."""
        token = secrets.token_urlsafe(48)
        self._admitted[token] = claims
        url = (
            f"{self.address}/{secrets.token_urlsafe(24)}/{_NOTHING}/_apis/distributedtask/hubs/Actions"
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
        status, answer = self._identify(
            request.headers.get("authorization", ""), request.query_params.get("audience") or ""
        )
        return _json(answer, status)

    def desk(self, method: str, target: str, authorization: str) -> tuple[int, bytes]:
        """Answer a request that came to this machine's own address: status and JSON body."""
        parts = urlsplit(target)
        if method != "GET" or not parts.path.endswith("/idtoken"):
            return 404, json.dumps({"message": _ELSEWHERE, "status": "404"}).encode()
        audience = parse_qs(parts.query).get("audience", [""])[0]
        status, answer = self._identify(authorization, audience)
        return status, json.dumps(answer).encode()

    def _identify(self, authorization: str, audience: str) -> tuple[int, dict[str, str]]:
        """Return status and answer for whoever presents a request token and names an audience."""
        scheme, _, token = authorization.partition(" ")
        claims = self._admitted.get(token) if scheme.lower() == "bearer" else None
        if claims is None:
            return 401, {"message": "The request token is not one of this run"}
        stamped = stamp(
            claims,
            issuer=ISSUER,
            audience=audience or f"https://github.com/{claims['repository_owner']}",
            now=int(time.time()),
            jti=str(uuid.uuid4()),
        )
        return 200, {"value": issue(stamped, self._key)}

    async def _elsewhere(self, _request: "Request") -> "Response":
        return _json({"message": _ELSEWHERE, "status": "404"}, 404)


def _json(data: Mapping[str, Any], status: int = 200) -> "Response":
    from starlette.responses import Response

    return Response(json.dumps(data), status, media_type="application/json; charset=utf-8")

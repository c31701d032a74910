"""An ID token in, an upload token or a refusal out. The order is the security property.

    body ─▶ token ─▶ issuer ─▶ keys ─▶ verify ─▶ publishers of that issuer ─▶ judge ─▶ replay + grant in one ─▶ upload
    token

Nothing about publishers is decided, or said, before the token is known to be genuine. A token is marked as used only
together with the grant that it gave: one that was refused may come again once its owner has mended the cause, and one
that was marked has always given its grant. The answers are PyPI's, letter for letter, so that every client works.

No input raises. What does raise is a port that cannot do its work; then nothing is granted.
"""

import json
from dataclasses import dataclass, field
from functools import partial

from bonded.minting.ports import Grant, Keys, Ledger, Publishers, Refusal, Registered
from bonded.minting.upload_token import hash_token, make_token
from bonded.oidc.claims import MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.oidc.verify import TokenRefused, replay_until, verify
from bonded.publishers import Judgement, Selection, select, shown

__all__ = ["TOKEN_LIFETIME", "Granted", "Refused", "exchange"]

TOKEN_LIFETIME = 900
"""Seconds that an upload token is valid; clients fetch a new one when few minutes are left, and rely on 900."""

MAX_BODY = 64 * 1024
"""Bytes in a request: an ID token has about 2,000, and clients send nothing else."""

KEPT_CLAIMS = ("ref", "sha")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A token was given. `token` exists here and in the answer only; `grant` is what was written down."""

    token: str = field(repr=False)
    expires: int
    grant: Grant
    registered: Registered
    selection: Selection
    status: int = 200

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        return {"success": True, "token": self.token, "expires": self.expires}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No token was given. Only `body` is for whoever asked; the rest is for the owners."""

    refusal: Refusal
    status: int = 422

    @property
    def code(self) -> str:
        """PyPI's code for the refusal."""
        return self.refusal.code

    @property
    def description(self) -> str:
        """PyPI's sentence for the refusal."""
        return self.refusal.description

    @property
    def claims(self) -> VerifiedClaims | None:
        """The claims, if the token was genuine."""
        return self.refusal.claims

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """How each publisher of the issuer was judged, the nearest first; empty if it did not come to that."""
        selection = self.refusal.selection
        return selection.judgements if selection else ()

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        error = {"code": self.code, "description": self.description}
        return {"message": "Token request failed", "errors": [error]}


def exchange(
    body: bytes,
    *,
    audience: str,
    keys: Keys,
    publishers: Publishers,
    ledger: Ledger,
    now: float,
    secret: bytes,
) -> Granted | Refused:
    """Answer one request to mint a token.

    `body` is the request's body as it came, `audience` the name that tokens must be made for, `now` Unix seconds,
    `secret` at least 32 fresh random bytes. Every refusal is told to the ledger before it is returned.
    """
    claims = _genuine(body, audience=audience, keys=keys, now=now)
    outcome = (
        claims
        if isinstance(claims, Refusal)
        else _granted(claims, publishers=publishers, ledger=ledger, now=now, secret=secret)
    )
    if isinstance(outcome, Granted):
        return outcome
    ledger.refused(outcome)
    return Refused(refusal=outcome)


def _genuine(body: bytes, *, audience: str, keys: Keys, now: float) -> VerifiedClaims | Refusal:
    """Return the claims of the token in a request's body, if its issuer vouches for them."""
    refuse = partial(Refusal, at=now, audience=audience)
    text = _token_text(body)
    if text is None:
        expected = 'the body must be a JSON object like {"token": "<ID token>"}'
        return refuse(code="invalid-payload", description=expected)
    try:
        token = UnverifiedToken.parse(text)
    except MalformedToken:
        return refuse(code="invalid-payload", description="malformed JWT")
    refuse = partial(Refusal, at=now, audience=audience, issuer=token.issuer)
    known = keys.keys_for(token.issuer)
    if known is None:
        return refuse(code="invalid-payload", description="unknown trusted publishing issuer")
    try:
        return verify(token, known, issuer=token.issuer, audience=audience, now=now)
    except TokenRefused as fault:
        description = "malformed or invalid token"
        return refuse(
            code="invalid-token", description=description, fault=fault, claims=fault.claims
        )


def _granted(
    claims: VerifiedClaims, *, publishers: Publishers, ledger: Ledger, now: float, secret: bytes
) -> Granted | Refusal:
    """Match genuine claims with a publisher, and write the grant down."""
    # A publisher that may publish nothing is none: its token would be of no use, and would burn the ID token.
    registered = [one for one in publishers.of_issuer(claims.issuer) if one.projects]
    selection = select([one.publisher for one in registered], claims)
    refuse = partial(
        Refusal,
        at=now,
        audience=claims.audience,
        issuer=claims.issuer,
        claims=claims,
        selection=selection,
    )
    chosen = next((one for one in registered if one.publisher is selection.publisher), None)
    if chosen is None:
        reason = f"valid token, but no corresponding publisher ({selection.reason})"
        return refuse(code="invalid-publisher", description=reason)
    token = make_token(secret)
    grant = Grant(
        token_hash=hash_token(token),
        publisher_id=chosen.id,
        projects=chosen.projects,
        claims={name: shown(claims.get(name)) or "" for name in KEPT_CLAIMS},
        issued_at=now,
        expires_at=int(now) + TOKEN_LIFETIME,
        identity=claims,
    )
    fresh = ledger.grant(
        grant, issuer=claims.issuer, jti=claims.token_id, jti_expires=replay_until(claims)
    )
    if not fresh:
        return refuse(code="invalid-reuse-token", description="invalid token: already used")
    return Granted(
        token=token,
        expires=int(now) + TOKEN_LIFETIME,
        grant=grant,
        registered=chosen,
        selection=selection,
    )


def _token_text(body: bytes) -> str | None:
    """Return the member `token` of the body, or None if there is no such text; other members are ignored."""
    if len(body) > MAX_BODY:
        return None
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    token = document.get("token") if isinstance(document, dict) else None
    return token if isinstance(token, str) else None

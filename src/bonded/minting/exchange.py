"""An ID token in, an upload token or a refusal out. The order is the security property.

    body ─▶ token ─▶ issuer ─▶ keys ─▶ verify ─▶ match ─▶ replay + grant in one ─▶ upload token

Nothing about publishers is decided, or said, before the token is known to be genuine. A token is marked as used only
together with the grant that it gave: one that was refused may come again once its owner has mended the cause, and one
that was marked has always given its grant. The answers are PyPI's, letter for letter, so that every client works.

No input raises. What does raise is a port that cannot do its work; then nothing is granted.
"""

import json
import math
from dataclasses import dataclass, field
from functools import partial

from bonded.errors import RemoteError
from bonded.minting.matching import Match, match
from bonded.minting.policy import Policy
from bonded.minting.ports import Grant, Keys, Ledger, Publishers, Refusal, Registered
from bonded.minting.upload_token import hash_token, make_token
from bonded.oidc.claims import MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.verify import TokenRefused, replay_id, replay_until, verify
from bonded.publishers import Judgement, Selection, shown
from bonded.publishers.provider import Provider
from bonded.publishers.providers import provider_of_kind

__all__ = ["TOKEN_LIFETIME", "Acceptable", "Granted", "Refused", "consider", "exchange"]

TOKEN_LIFETIME = 900
"""Seconds that an upload token is valid; clients fetch a new one when few minutes are left, and rely on 900."""

MAX_BODY = 64 * 1024
"""Bytes in a request: an ID token has about 2,000, and clients send nothing else."""

MAX_ISSUER = 1024
"""Characters of an issuer that nobody trusts that are kept; those that are trusted are no longer (`oidc.urls`)."""

KEPT_CLAIMS = ("ref", "ref_path", "sha")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptable:
    """A genuine token that speaks for something; nothing was granted yet. `replay_id` is empty if it may come again."""

    claims: VerifiedClaims
    replay_id: str
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A token was given. `token` exists here and in the answer only; `grant` is what was written down.

    `registered` is None for a token that only pending publishers stand behind.
    """

    token: str = field(repr=False)
    expires: int
    grant: Grant
    registered: Registered | None
    selection: Selection
    status: int = 200

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        return {"success": True, "token": self.token, "expires": self.expires}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No token was given. Only `body` is for whoever asked; the rest is for the owners."""

    refusal: Refusal

    @property
    def status(self) -> int:
        """The status of the answer: 422, as on PyPI, or 503 while an issuer's keys cannot be had."""
        return self.refusal.status

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
    policy: Policy,
    keys: Keys,
    publishers: Publishers,
    ledger: Ledger,
    now: float,
    secret: bytes,
) -> Granted | Refused:
    """Answer one request to mint a token.

    `body` is the request's body as it came, `now` Unix seconds, `secret` at least 32 fresh random bytes. Every refusal
    is told to the ledger before it is returned.
    """
    found = consider(body, policy=policy, keys=keys, publishers=publishers, now=now)
    outcome = (
        found
        if isinstance(found, Refusal)
        else _granted(found, policy=policy, ledger=ledger, now=now, secret=secret)
    )
    if isinstance(outcome, Granted):
        return outcome
    ledger.refused(outcome)
    return Refused(refusal=outcome)


def consider(
    body: bytes, *, policy: Policy, keys: Keys, publishers: Publishers, now: float
) -> Acceptable | Refusal:
    """Decide on a request without granting anything: what would be accepted, or why it would be refused.

    Nothing is written, so a token may be considered any number of times before it is exchanged. Whether it was
    exchanged before only the ledger knows.
    """
    refuse = partial(Refusal, at=now, audience=policy.audience)
    token = _presented(body)
    if isinstance(token, str):
        return refuse(code="invalid-payload", description=token)
    refuse = partial(refuse, issuer=token.issuer[:MAX_ISSUER])
    trusted = keys.issuer(token.issuer)
    provider = provider_of_kind(trusted.kind) if trusted else None
    if trusted is None or provider is None:
        return refuse(code="invalid-payload", description="unknown trusted publishing issuer")
    refuse = partial(refuse, kind=provider.kind)
    if not policy.takes(provider.kind):
        off = f"{provider.kind} trusted publishing functionality not enabled"
        return refuse(code="not-enabled", description=off)
    claims = _genuine(token, trusted, policy=policy, keys=keys, now=now)
    if isinstance(claims, Refusal):
        return claims
    # PyPI takes tokens without a `jti` many times; where there is no such example, a token is taken once.
    once = policy.once_without_jti or not provider.on_pypi
    own_id = replay_id(token, claims) if once else claims.token_id
    return _matched(claims, own_id, provider, policy=policy, publishers=publishers, now=now)


def _presented(body: bytes) -> UnverifiedToken | str:
    """Return the token in a request's body, or PyPI's sentence for there being none."""
    if len(body) > MAX_BODY:
        return f"the body has more than {MAX_BODY} bytes, and no ID token is that long"
    text = _token_text(body)
    if text is None:
        return 'the body must be a JSON object like {"token": "<ID token>"}'
    try:
        return UnverifiedToken.parse(text)
    except MalformedToken:
        return "malformed JWT"


def _genuine(
    token: UnverifiedToken, trusted: TrustedIssuer, *, policy: Policy, keys: Keys, now: float
) -> VerifiedClaims | Refusal:
    """Return the claims of a token, if its issuer vouches for them."""
    refuse = partial(
        Refusal,
        at=now,
        audience=policy.audience,
        issuer=trusted.url,
        kind=trusted.kind,
        code="invalid-token",
    )
    try:
        return verify(
            token,
            keys.keys_for(trusted, token.key_id),
            issuer=trusted.url,
            audience=policy.audience,
            now=now,
            algorithms=trusted.algorithms,
            rules=policy.tokens,
        )
    except TokenRefused as fault:
        return refuse(description="malformed or invalid token", fault=fault, claims=fault.claims)
    except RemoteError as error:
        unknown = "the issuer's keys cannot be had at the moment"
        return refuse(description=unknown, status=503, trouble=error.message)


def _matched(
    claims: VerifiedClaims,
    own_id: str,
    provider: Provider,
    *,
    policy: Policy,
    publishers: Publishers,
    now: float,
) -> Acceptable | Refusal:
    """Match genuine claims with what is registered."""
    found = match(claims, provider, publishers=publishers, rules=policy.rules, now=now)
    if isinstance(found, Match):
        return Acceptable(claims=claims, replay_id=own_id, match=found)
    return Refusal(
        at=now,
        audience=policy.audience,
        issuer=claims.issuer,
        kind=provider.kind,
        claims=claims,
        code=found.code,
        description=found.description,
        selection=found.selection,
        disable=found.disable,
        drop_pending=found.drop_pending,
        closed=found.closed,
        pinned=found.pinned,
    )


def _granted(
    found: Acceptable, *, policy: Policy, ledger: Ledger, now: float, secret: bytes
) -> Granted | Refusal:
    """Write down that the token was used and what it gave."""
    token = make_token(secret)
    # Whole seconds, and never less than the lifetime: PEP 807 asks for 900 at least.
    expires = math.ceil(now) + TOKEN_LIFETIME
    claims, matched = found.claims, found.match
    grant = Grant(
        token_hash=hash_token(token),
        publisher_id=matched.registered.id if matched.registered else None,
        pending_ids=tuple(one.id for one in matched.pending),
        projects=matched.projects,
        claims={name: shown(claims[name]) or "" for name in KEPT_CLAIMS if name in claims},
        issued_at=now,
        expires_at=expires,
        identity=claims,
        pins=matched.pins,
    )
    fresh = ledger.grant(
        grant, issuer=claims.issuer, jti=found.replay_id, jti_expires=replay_until(claims)
    )
    if not fresh:
        return Refusal(
            at=now,
            audience=policy.audience,
            issuer=claims.issuer,
            kind=matched.kind,
            claims=claims,
            code="invalid-reuse-token",
            description="invalid token: already used",
            selection=matched.selection,
        )
    return Granted(
        token=token,
        expires=expires,
        grant=grant,
        registered=matched.registered,
        selection=matched.selection,
    )


def _token_text(body: bytes) -> str | None:
    """Return the member `token` of the body, or None if there is no such text; other members are ignored."""
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    token = document.get("token") if isinstance(document, dict) else None
    return token if isinstance(token, str) else None

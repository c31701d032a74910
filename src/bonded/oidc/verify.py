"""From a token that nobody has vouched for to claims that its issuer vouches for.

The rules are PyPI's, and stricter where PyPI leaves room. The algorithms are those that the issuer is known to use,
never those that the token wishes; one key, chosen by its id from the keys of the expected issuer and used with its own
algorithm, never one that the token brings along (`jwk`, `jku`, `x5u` are not looked at); issuer and audience equal,
letter for letter; times are finite numbers, compared with the `now` that is given. Signature first: what is said about
the claims afterwards is said about genuine ones.

    parse ─▶ header ─▶ key ─▶ signature ─▶ issuer ─▶ audience ─▶ times ─▶ VerifiedClaims
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from bonded.errors import BondedError
from bonded.oidc.claims import UnverifiedToken, VerifiedClaims, asserted_claims
from bonded.oidc.keys import KeySet

__all__ = [
    "LEEWAY",
    "PYPI_TOKENS",
    "REPLAY_MARGIN",
    "STRICT_TOKENS",
    "TokenFault",
    "TokenRefused",
    "TokenRules",
    "replay_id",
    "replay_until",
    "verify",
]

LEEWAY = 30
"""Seconds by which clocks may differ: a token is taken this long after its end, and this long before its beginning.

How long a used token must be remembered follows from this number (`replay_until`), and only from it. If the two part,
so that a token is forgotten before it is refused as expired, whoever saw it (a log, a proxy) can exchange it a second
time in the gap: PyPI had that gap of 25 seconds until 2026.
"""

REPLAY_MARGIN = 5
"""Seconds that a used token is remembered beyond its last possible use, for the time that an exchange takes."""

MAX_TIME = 253_402_300_799
"""The last second of the year 9999; later ones overflow calendars and databases."""

MAX_SHOWN = 200
"""Characters of a header that are repeated."""

_RS256 = frozenset({"RS256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What is asked of a token beyond what PyPI asks.

    `max_lifetime` is how many seconds may lie between `iat` and `exp`; with it, a token must also end after it begins.
    """

    max_lifetime: float | None = None


PYPI_TOKENS = TokenRules()
"""PyPI's rules: any lifetime that the issuer gives."""

STRICT_TOKENS = TokenRules(max_lifetime=3600)
"""A token that lives longer than an hour is no proof that a job runs now; known providers give 5 to 60 minutes."""


class TokenFault(StrEnum):
    """Why a token is refused."""

    ALGORITHM = "algorithm"
    CRITICAL_HEADER = "critical-header"
    NO_KEY_ID = "no-key-id"
    UNKNOWN_KEY = "unknown-key"
    SIGNATURE = "signature"
    MISSING_CLAIM = "missing-claim"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    TIME = "time"
    EXPIRED = "expired"
    NOT_YET = "not-yet-valid"
    LIFETIME = "lifetime"


class TokenRefused(BondedError):
    """A token that is not taken.

    `claim`, `expected` and `got` say what was compared, where something was. `claims` are there if the signature is
    the issuer's, so that a refusal can be explained; nothing may be granted on them.
    """

    def __init__(
        self,
        reason: TokenFault,
        detail: str,
        *,
        claim: str = "",
        expected: str = "",
        got: str = "",
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.claim = claim
        self.expected = expected
        self.got = got
        self.claims: VerifiedClaims | None = None


def verify(
    token: UnverifiedToken,
    keys: KeySet,
    *,
    issuer: str,
    audience: str,
    now: float,
    algorithms: frozenset[str] = _RS256,
    rules: TokenRules = PYPI_TOKENS,
) -> VerifiedClaims:
    """Return the claims of a genuine token made by `issuer` for `audience`, valid at `now` (Unix seconds).

    `keys` and `algorithms` must be those of `issuer`. Raises TokenRefused.
    """
    _check_header(token, algorithms)
    _check_signature(token, keys)
    claims = VerifiedClaims(asserted_claims(token))
    try:
        _check_issuer(claims, issuer)
        _check_audience(claims, audience)
        _check_times(claims, now)
        _check_lifetime(claims, rules)
    except TokenRefused as refused:
        refused.claims = claims
        raise
    return claims


def replay_until(claims: VerifiedClaims) -> float:
    """Return until when (Unix seconds) a used token must be remembered; see `LEEWAY`."""
    return claims.expires_at + LEEWAY + REPLAY_MARGIN


def replay_id(token: UnverifiedToken, claims: VerifiedClaims) -> str:
    """Return what a token is remembered by, so that it is taken once: its `jti`, or else the hash of its claims.

    The hash is of the claims' text as it was signed, which nobody but the issuer can write in another way. It is
    `sha256:` and 64 hexadecimal digits. Google's and ActiveState's tokens have no `jti` (PyPI takes them many times).
    """
    if claims.token_id:
        return claims.token_id
    return f"sha256:{hashlib.sha256(token.payload.encode()).hexdigest()}"


def _check_header(token: UnverifiedToken, algorithms: frozenset[str]) -> None:
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenRefused(
            TokenFault.ALGORITHM,
            f"the token must be signed with {' or '.join(sorted(algorithms))},"
            f" its header says {_begun(algorithm)}",
        )
    for name in ("crit", "b64"):
        # Both demand that the token be read in another way than we do (RFC 7515, 4.1.11; RFC 7797).
        if name in token.header:
            raise TokenRefused(TokenFault.CRITICAL_HEADER, f"the header {name!r} is not supported")
    if not token.key_id:
        raise TokenRefused(TokenFault.NO_KEY_ID, "the header names no key ('kid')")


def _begun(value: object) -> str:
    """Show what nobody vouches for: anybody may send it, in any length and number, and it is kept for the owners."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _check_signature(token: UnverifiedToken, keys: KeySet) -> None:
    key = keys.verifying(token.key_id)
    if key is None:
        raise TokenRefused(
            TokenFault.UNKNOWN_KEY, f"the issuer has no key with the id {_begun(token.key_id)}"
        )
    if key.algorithm != token.header["alg"]:
        raise TokenRefused(
            TokenFault.ALGORITHM,
            f"the issuer's key {token.key_id!r} signs with {key.algorithm},"
            f" the token's header says {token.header['alg']!r}",
        )
    if not key.verifies(token.signature, token.signed.encode()):
        raise TokenRefused(TokenFault.SIGNATURE, "the signature is not one of the issuer's key")


def _check_issuer(claims: VerifiedClaims, issuer: str) -> None:
    if claims.issuer != issuer:
        raise TokenRefused(
            TokenFault.ISSUER,
            f"the issuer must be {issuer!r}, the token says {claims.issuer!r}",
            claim="iss",
            expected=issuer,
            got=claims.issuer,
        )


def _check_audience(claims: VerifiedClaims, audience: str) -> None:
    """Take one text only: a list may name other indexes too, and each could play the token to the next."""
    if "aud" not in claims:
        raise _missing("aud")
    got = claims["aud"]
    if not isinstance(got, str) or got != audience:
        raise TokenRefused(
            TokenFault.AUDIENCE,
            f"the audience must be the text {audience!r} alone, the token says {got!r}",
            claim="aud",
            expected=audience,
            got=got if isinstance(got, str) else repr(got),
        )


def _check_times(claims: VerifiedClaims, now: float) -> None:
    expires = _time(claims, "exp")
    if now - LEEWAY >= expires:
        raise TokenRefused(
            TokenFault.EXPIRED,
            f"the token ended {now - expires:.0f} seconds ago",
            claim="exp",
            expected=f"later than {now - LEEWAY:.0f}",
            got=f"{expires:.0f}",
        )
    for name in ("iat", "nbf") if "nbf" in claims else ("iat",):
        begins = _time(claims, name)
        if begins > now + LEEWAY:
            raise TokenRefused(
                TokenFault.NOT_YET,
                f"the token begins in {begins - now:.0f} seconds ({name!r})",
                claim=name,
                expected=f"at most {now + LEEWAY:.0f}",
                got=f"{begins:.0f}",
            )


def _check_lifetime(claims: VerifiedClaims, rules: TokenRules) -> None:
    lifetime = claims.expires_at - claims.issued_at
    if rules.max_lifetime is None or 0 < lifetime <= rules.max_lifetime:
        return
    raise TokenRefused(
        TokenFault.LIFETIME,
        f"the token is made for {lifetime:.0f} seconds, from 'iat' to 'exp'",
        claim="exp",
        expected=f"more than 0 and at most {rules.max_lifetime:.0f} seconds after 'iat'",
        got=f"{lifetime:.0f} seconds",
    )


def _time(claims: VerifiedClaims, name: str) -> float:
    if name not in claims:
        raise _missing(name)
    value = claims[name]
    # Python counts True as a number. The range says no to NaN and infinity, too.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_TIME:
        return value
    raise TokenRefused(
        TokenFault.TIME,
        f"the claim {name!r} is not a time: {value!r}",
        claim=name,
        expected="seconds since 1970",
        got=repr(value),
    )


def _missing(name: str) -> TokenRefused:
    return TokenRefused(TokenFault.MISSING_CLAIM, f"the token has no claim {name!r}", claim=name)

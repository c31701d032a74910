"""What is wrong with a token's own claims, where no signature can be checked: audience, times, lifetime.

The same questions as those of `oidc.verify`, for plain claims; a time that is not there is not judged, for it may not
be known. Nothing is granted on the answers.
"""

from bonded.minting.policy import Policy
from bonded.oidc.verify import LEEWAY, TokenFault, TokenRefused
from bonded.publishers import Claims

__all__ = ["token_faults"]

MAX_TIME = 253_402_300_799
"""The last second of the year 9999."""


def token_faults(
    claims: Claims, *, policy: Policy, now: float | None, partial: bool
) -> tuple[TokenRefused, ...]:
    """Return every fault of the token itself.

    Without `now`, whether it is in time is not judged; with `partial`, no claim must be there.
    """
    absent = partial and "aud" not in claims
    found = (None if absent else _audience(claims, policy.audience), _lifetime(claims, policy))
    timely = () if now is None else (_expired(claims, now), _early(claims, now))
    return tuple(fault for fault in (*found, *timely) if fault is not None)


def _audience(claims: Claims, audience: str) -> TokenRefused | None:
    if "aud" not in claims:
        return TokenRefused(
            TokenFault.MISSING_CLAIM, "the token has no claim 'aud'", claim="aud", expected=audience
        )
    got = claims["aud"]
    if got == audience:
        return None
    return TokenRefused(
        TokenFault.AUDIENCE,
        f"the audience must be the text {audience!r} alone, the token says {got!r}",
        claim="aud",
        expected=audience,
        got=got if isinstance(got, str) else repr(got),
    )


def _lifetime(claims: Claims, policy: Policy) -> TokenRefused | None:
    begins, ends, most = _time(claims, "iat"), _time(claims, "exp"), policy.tokens.max_lifetime
    if begins is None or ends is None or most is None or 0 < ends - begins <= most:
        return None
    return TokenRefused(
        TokenFault.LIFETIME,
        f"the token is made for {ends - begins:.0f} seconds, from 'iat' to 'exp'",
        claim="exp",
        expected=f"more than 0 and at most {most:.0f} seconds after 'iat'",
        got=f"{ends - begins:.0f} seconds",
    )


def _expired(claims: Claims, now: float) -> TokenRefused | None:
    ends = _time(claims, "exp")
    if ends is None or now - LEEWAY < ends:
        return None
    return TokenRefused(
        TokenFault.EXPIRED,
        f"the token ended {now - ends:.0f} seconds ago",
        claim="exp",
        expected=f"later than {now - LEEWAY:.0f}",
        got=f"{ends:.0f}",
    )


def _early(claims: Claims, now: float) -> TokenRefused | None:
    begins = max((_time(claims, name) or 0 for name in ("iat", "nbf")), default=0)
    if begins <= now + LEEWAY:
        return None
    return TokenRefused(
        TokenFault.NOT_YET,
        f"the token begins in {begins - now:.0f} seconds",
        claim="iat",
        expected=f"at most {now + LEEWAY:.0f}",
        got=f"{begins:.0f}",
    )


def _time(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_TIME:
        return float(value)
    return None

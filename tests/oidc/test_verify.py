import hashlib
import hmac
import json
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.oidc.claims import MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.oidc.issue import issue
from bonded.oidc.keys import KeySet
from bonded.oidc.verify import (
    LEEWAY,
    REPLAY_MARGIN,
    TokenFault,
    TokenRefused,
    replay_until,
    verify,
)
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, claims, key, other_key, segment, signed

KEYS = KeySet.from_jwks(key().jwks())


def verified(text: str, now: float = NOW) -> VerifiedClaims:
    """Verify a text as the mint does."""
    token = UnverifiedToken.parse(text)
    return verify(token, KEYS, issuer=ISSUER, audience=AUDIENCE, now=now)


def refused(text: str, now: float = NOW) -> TokenRefused:
    """Return why a text is refused."""
    with pytest.raises(TokenRefused) as caught:
        verified(text, now)
    return caught.value


def test_a_genuine_token_gives_its_claims() -> None:
    """A complete valid token is taken, with all its claims."""
    assert verified(signed(claims())).to_dict() == claims()


def none_alg() -> str:
    """Return a token that claims to need no signature."""
    return f"{segment({'alg': 'none', 'kid': key().key_id})}.{segment(claims())}.AA"


def hmac_with_public_key() -> str:
    """Return a token signed with the public key as if it were a shared secret."""
    public = KEYS.find(key().key_id)
    assert public is not None
    secret = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = f"{segment({'alg': 'HS256', 'kid': key().key_id})}.{segment(claims())}"
    return f"{body}.{segment(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def stranger_with_our_key_id() -> str:
    """Return a token of another key that names the issuer's."""
    return other_key().sign(json.dumps(claims()).encode(), {"kid": key().key_id})


def brings_its_own_key() -> str:
    """Return a token of another key that brings that key along in every way there is."""
    header = {
        "jwk": other_key().jwk(),
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/x",
    }
    return other_key().sign(json.dumps(claims()).encode(), {"kid": key().key_id, **header})


def swapped_payload() -> str:
    """Return a genuine token with other claims under its signature."""
    header, _, signature = signed(claims()).split(".")
    return f"{header}.{segment(claims(repository='evil/widget'))}.{signature}"


def swapped_header() -> str:
    """Return a genuine token with another header."""
    _, payload, signature = signed(claims()).split(".")
    return f"{segment({'alg': 'RS256', 'kid': key().key_id, 'x': 1})}.{payload}.{signature}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (none_alg(), TokenFault.ALGORITHM),
        (hmac_with_public_key(), TokenFault.ALGORITHM),
        (f"{segment({'kid': key().key_id})}.{segment(claims())}.AA", TokenFault.ALGORITHM),
        (f"{segment({'alg': ['RS256'], 'kid': 'k'})}.{segment(claims())}.AA", TokenFault.ALGORITHM),
        (
            f"{segment({'alg': 'RS512', 'kid': key().key_id})}.{segment(claims())}.AA",
            TokenFault.ALGORITHM,
        ),
        (signed(claims(), crit=["exp"], exp=1), TokenFault.CRITICAL_HEADER),
        (signed(claims(), crit=[]), TokenFault.CRITICAL_HEADER),
        (
            f"{segment({'alg': 'RS256', 'kid': 'k', 'b64': False})}.{segment(claims())}.AA",
            TokenFault.CRITICAL_HEADER,
        ),
        (signed(claims(), kid=""), TokenFault.NO_KEY_ID),
        (issue(claims(), other_key()), TokenFault.UNKNOWN_KEY),
        (signed(claims(), kid=key().key_id + "x"), TokenFault.UNKNOWN_KEY),
        (stranger_with_our_key_id(), TokenFault.SIGNATURE),
        (brings_its_own_key(), TokenFault.SIGNATURE),
        (swapped_payload(), TokenFault.SIGNATURE),
        (swapped_header(), TokenFault.SIGNATURE),
        (signed(claims()).rpartition(".")[0] + ".AA", TokenFault.SIGNATURE),
    ],
)
def test_a_forged_token_is_refused(text: str, fault: TokenFault) -> None:
    """Nobody but the issuer makes a token, and of a forged one no claim is believed."""
    refusal = refused(text)

    assert refusal.reason is fault
    assert refusal.claims is None


def test_a_genuine_token_that_mentions_other_keys_is_taken() -> None:
    """Keys and addresses of keys in a header are never looked at."""
    text = signed(
        claims(), jwk=other_key().jwk(), jku="https://evil.example/", x5u="https://evil.example/"
    )

    assert verified(text).issuer == ISSUER


@pytest.mark.parametrize(
    ("bent", "fault", "claim"),
    [
        ({"iss": ISSUER + "/"}, TokenFault.ISSUER, "iss"),
        ({"iss": ISSUER.upper()}, TokenFault.ISSUER, "iss"),
        ({"aud": ...}, TokenFault.MISSING_CLAIM, "aud"),
        ({"aud": "testpypi"}, TokenFault.AUDIENCE, "aud"),
        ({"aud": ["pypi"]}, TokenFault.AUDIENCE, "aud"),
        ({"aud": ["pypi", "testpypi"]}, TokenFault.AUDIENCE, "aud"),
        ({"aud": None}, TokenFault.AUDIENCE, "aud"),
        ({"aud": "PyPI"}, TokenFault.AUDIENCE, "aud"),
        ({"exp": ...}, TokenFault.MISSING_CLAIM, "exp"),
        ({"iat": ...}, TokenFault.MISSING_CLAIM, "iat"),
        ({"exp": None}, TokenFault.TIME, "exp"),
        ({"exp": True}, TokenFault.TIME, "exp"),
        ({"exp": str(NOW + 290)}, TokenFault.TIME, "exp"),
        ({"exp": [NOW]}, TokenFault.TIME, "exp"),
        ({"exp": 10**400}, TokenFault.TIME, "exp"),
        ({"exp": 10**15}, TokenFault.TIME, "exp"),
        ({"exp": -1}, TokenFault.TIME, "exp"),
        ({"exp": NOW - LEEWAY}, TokenFault.EXPIRED, "exp"),
        ({"exp": 0}, TokenFault.EXPIRED, "exp"),
        ({"iat": -5.5}, TokenFault.TIME, "iat"),
        ({"iat": "x"}, TokenFault.TIME, "iat"),
        ({"iat": NOW + LEEWAY + 1}, TokenFault.NOT_YET, "iat"),
        ({"nbf": NOW + LEEWAY + 0.5}, TokenFault.NOT_YET, "nbf"),
        ({"nbf": {}}, TokenFault.TIME, "nbf"),
    ],
)
def test_a_genuine_token_that_is_not_for_us_now_is_refused(
    bent: dict[str, object], fault: TokenFault, claim: str
) -> None:
    """Issuer, audience and times must fit; the refusal says which claim, and keeps the genuine claims to explain it."""
    refusal = refused(signed(claims(**bent)))

    assert (refusal.reason, refusal.claim) == (fault, claim)
    assert refusal.claims is not None
    assert refusal.detail in str(refusal)


def test_infinite_times_from_large_numbers_are_refused() -> None:
    """A number that overflows to infinity here and not elsewhere makes the whole token malformed."""
    whole = json.dumps(claims()).replace(str(NOW + 290), "1e999").encode()

    with pytest.raises(MalformedToken, match="too large a number"):
        UnverifiedToken.parse(signed(whole))


@pytest.mark.parametrize(
    "bent",
    [
        {"exp": NOW - LEEWAY + 1},
        {"exp": float(NOW)},
        {"iat": NOW + LEEWAY},
        {"nbf": NOW + LEEWAY},
        {"nbf": ...},
        {"sub": ...},
    ],
)
def test_clocks_may_differ_by_the_leeway(bent: dict[str, object]) -> None:
    """A token is taken up to the leeway on either side, and without the optional claims."""
    assert verified(signed(claims(**bent))).issuer == ISSUER


@given(st.floats(min_value=-2 * LEEWAY, max_value=2 * LEEWAY) | st.floats(-(10**6), 10**6))
@settings(max_examples=50, deadline=None)
def test_a_used_token_is_remembered_for_as_long_as_it_is_taken(after_its_end: float) -> None:
    """At every moment at which a token is taken, its use is still remembered, and a margin longer."""
    now = NOW + 290 + after_its_end
    text = signed(claims(iat=1, nbf=1))

    if now < NOW + 290 + LEEWAY:  # on the rounded sum, as the verifier sees it
        assert now + REPLAY_MARGIN < replay_until(verified(text, now))
    else:
        assert refused(text, now).reason is TokenFault.EXPIRED


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
@settings(max_examples=60, deadline=None)
def test_no_bit_of_a_token_can_be_changed(place: int, bit: int) -> None:
    """A token with any changed part is never taken with other claims."""
    raw = bytearray(signed(claims()).encode())
    raw[place % len(raw)] ^= 1 << bit
    with suppress(MalformedToken, TokenRefused):
        assert verified(raw.decode("latin-1")).to_dict() == claims()


@given(
    st.dictionaries(
        st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8), max_size=4
    )
)
@settings(max_examples=40, deadline=None)
def test_unknown_claims_do_not_matter(extra: dict[str, object]) -> None:
    """Claims that the verifier does not know never make it refuse or accept."""
    known = {"iss", "aud", "exp", "iat", "nbf"}
    more = {name: value for name, value in extra.items() if name not in known}

    assert verified(signed(claims(**more))).issuer == ISSUER

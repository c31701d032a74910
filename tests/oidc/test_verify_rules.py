import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt import InvalidTokenError, PyJWS

from bonded.oidc import base64url
from bonded.oidc.claims import MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.oidc.issue import SigningKey, issue
from bonded.oidc.keys import KeySet
from bonded.oidc.verify import (
    LEEWAY,
    PYPI_TOKENS,
    STRICT_TOKENS,
    TokenFault,
    TokenRefused,
    TokenRules,
    replay_id,
    verify,
)
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, claims, key, other_key, segment

CURVED = SigningKey.generate_ec()
KEYS = KeySet.from_jwks({"keys": [key().jwk(), CURVED.jwk()]})
RS256, ES256, BOTH = frozenset({"RS256"}), frozenset({"ES256"}), frozenset({"RS256", "ES256"})


def verified(
    text: str, algorithms: frozenset[str] = BOTH, rules: TokenRules = PYPI_TOKENS
) -> VerifiedClaims:
    """Verify a text as a mint does that trusts both keys."""
    token = UnverifiedToken.parse(text)
    return verify(
        token,
        KEYS,
        issuer=ISSUER,
        audience=AUDIENCE,
        now=NOW,
        algorithms=algorithms,
        rules=rules,
    )


def fault(
    text: str, algorithms: frozenset[str] = BOTH, rules: TokenRules = PYPI_TOKENS
) -> TokenFault:
    """Return why a text is refused."""
    with pytest.raises(TokenRefused) as caught:
        verified(text, algorithms, rules)
    return caught.value.reason


@pytest.mark.parametrize("signing", [key(), CURVED], ids=["RS256", "ES256"])
def test_an_issuer_signs_with_what_it_is_known_for(signing: SigningKey) -> None:
    """A genuine signature of an algorithm that the issuer does not use is refused, whatever keys it has."""
    text = issue(claims(), signing)
    own = frozenset({signing.algorithm})

    assert verified(text, own).to_dict() == claims()
    assert verified(text, BOTH).to_dict() == claims()
    assert fault(text, BOTH - own) is TokenFault.ALGORITHM
    assert fault(text, frozenset()) is TokenFault.ALGORITHM


@pytest.mark.parametrize(
    ("signing", "named"), [(key(), CURVED), (CURVED, key())], ids=["rsa-as-ec", "ec-as-rsa"]
)
def test_a_key_is_not_used_for_another_algorithm(signing: SigningKey, named: SigningKey) -> None:
    """Where an issuer uses both algorithms, a key of one kind is never used for the other."""
    text = signing.sign(json.dumps(claims()).encode(), {"kid": named.key_id})

    assert fault(text) is TokenFault.ALGORITHM


def test_without_a_word_only_rs256_is_taken() -> None:
    """The default is PyPI's: RS256 and nothing else."""
    token = UnverifiedToken.parse(issue(claims(), CURVED))

    with pytest.raises(TokenRefused) as caught:
        verify(token, KEYS, issuer=ISSUER, audience=AUDIENCE, now=NOW)

    assert caught.value.detail == "the token must be signed with RS256, its header says 'ES256'"


def with_signature(signature: bytes) -> str:
    """Return a token of the curved key with another signature."""
    return f"{issue(claims(), CURVED).rpartition('.')[0]}.{segment(signature)}"


def der(text: str) -> bytes:
    """Return a token's signature in the form that certificates use, which tokens do not."""
    raw = UnverifiedToken.parse(text).signature
    numbers = [raw[:32].lstrip(b"\0"), raw[32:].lstrip(b"\0")]
    parts = [b"\0" + one if one[0] & 0x80 else one for one in numbers]
    body = b"".join(bytes([2, len(one)]) + one for one in parts)
    whole = bytes([0x30, len(body)]) + body
    assert decode_dss_signature(whole)
    return whole


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        b"\xff" * 64,
        bytes(32) + b"\1" * 32,
        b"\1",
        UnverifiedToken.parse(issue(claims(), CURVED)).signature[:-1],
        UnverifiedToken.parse(issue(claims(), CURVED)).signature + b"\0",
        der(issue(claims(), CURVED)),
    ],
    ids=["zeros", "ones", "no first number", "one byte", "cut", "longer", "DER"],
)
def test_a_signature_on_the_curve_has_one_form(signature: bytes) -> None:
    """Zeros (which broken libraries take for genuine), other lengths and other forms are no signature."""
    assert fault(with_signature(signature)) is TokenFault.SIGNATURE


@pytest.mark.parametrize(
    ("bent", "taken"),
    [
        ({}, True),
        ({"iat": NOW - 10, "exp": NOW + 3590}, True),
        ({"iat": NOW - 10, "exp": NOW + 3590.5}, False),
        ({"iat": NOW - 10, "exp": NOW + 10**6}, False),
        ({"iat": NOW, "exp": NOW}, False),
        ({"iat": NOW + 20, "exp": NOW + 10}, False),
        ({"iat": 0}, False),
    ],
)
def test_strict_rules_bound_a_tokens_life(bent: dict[str, object], taken: bool) -> None:  # noqa: FBT001
    """By strict rules a token lives more than nothing and at most an hour; by PyPI's, as its issuer likes."""
    text = issue(claims(**bent), key())

    assert verified(text).to_dict() == claims(**bent)
    if taken:
        assert verified(text, rules=STRICT_TOKENS).to_dict() == claims(**bent)
    else:
        assert fault(text, rules=STRICT_TOKENS) is TokenFault.LIFETIME


def test_a_long_life_is_explained() -> None:
    """The refusal says how long the token lives and what is taken."""
    with pytest.raises(TokenRefused, match="made for 7200 seconds") as caught:
        verified(issue(claims(iat=NOW, exp=NOW + 7200), key()), rules=STRICT_TOKENS)

    assert (caught.value.claim, caught.value.got) == ("exp", "7200 seconds")
    assert "at most 3600 seconds" in caught.value.expected
    assert caught.value.claims is not None


@given(st.floats(-LEEWAY, 10**5), st.floats(1, 10**5))
@settings(max_examples=40, deadline=None)
def test_no_rule_makes_more_tokens_pass(lifetime: float, bound: float) -> None:
    """What any bound takes, PyPI's rules take; and it lives no longer than the bound."""
    text = issue(claims(iat=NOW, exp=NOW + lifetime), key())
    try:
        seen = verified(text, rules=TokenRules(max_lifetime=bound))
    except TokenRefused:
        return
    assert verified(text).to_dict() == seen.to_dict()
    assert 0 < seen.expires_at - seen.issued_at <= bound


def test_a_token_is_remembered_by_its_id() -> None:
    """A token with an id is remembered by it, one without by the hash of what was signed."""
    for bent in ({"jti": ...}, {"jti": ""}, {"jti": 7}, {"jti": None}):
        text = issue(claims(**bent), key())
        payload = text.split(".")[1]
        expected = f"sha256:{hashlib.sha256(payload.encode()).hexdigest()}"

        assert replay_id(UnverifiedToken.parse(text), verified(text)) == expected
    text = issue(claims(jti="a"), key())
    assert replay_id(UnverifiedToken.parse(text), verified(text)) == "a"


def test_a_second_signature_does_not_make_a_second_token() -> None:
    """ES256 signs the same claims in many ways; they are remembered as one."""
    texts = [issue(claims(jti=...), CURVED) for _ in range(2)]

    assert texts[0] != texts[1]
    assert len({replay_id(UnverifiedToken.parse(text), verified(text)) for text in texts}) == 1


SIGNERS = st.sampled_from([key(), other_key(), CURVED])
HEADERS = st.fixed_dictionaries(
    {"kid": st.sampled_from([key().key_id, CURVED.key_id])},
    optional={"typ": st.just("JWT"), "cty": st.just("JWT"), "x": st.integers()},
)


@given(SIGNERS, HEADERS, st.sampled_from([None, 0, 1, 2]), st.integers(0, 400), st.integers(1, 63))
@settings(max_examples=150, deadline=None)
def test_signatures_are_judged_as_pyjwt_judges_them(
    signing: SigningKey, header: dict[str, object], part: int | None, place: int, by: int
) -> None:
    """PyPI's library and this one take and refuse the same signatures, and read the same claims under them."""
    segments = signing.sign(json.dumps(claims()).encode(), header).split(".")
    if part is not None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        text, at = segments[part], place % len(segments[part])
        other = alphabet[(alphabet.index(text[at]) + by) % 64]
        segments[part] = text[:at] + other + text[at + 1 :]
    text = ".".join(segments)
    try:
        token = UnverifiedToken.parse(text)
    except MalformedToken:
        return  # stricter, and before any signature
    verifying = KEYS.verifying(token.key_id)
    expected: object = None
    if verifying is not None:
        try:
            raw = PyJWS().decode(text, verifying.public, algorithms=[verifying.algorithm])
            expected = json.loads(raw)
        except InvalidTokenError:
            expected = None
    try:
        got: object = verified(text).to_dict()
    except TokenRefused as refused:
        got = None if refused.claims is None else refused.claims.to_dict()

    assert got == expected
    assert base64url.decode(segments[2]) == token.signature

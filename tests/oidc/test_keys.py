from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.oidc.issue import SigningKey
from bonded.oidc.keys import InvalidKeySet, KeySet
from claims_builder import key, other_key, segment

GOOD: Mapping[str, object] = key().jwk()
EC: Mapping[str, object] = SigningKey.generate_ec().jwk()


def test_a_key_is_found_by_its_id_only() -> None:
    """A key set gives the key that is named, letter for letter, and no other."""
    keys = KeySet.from_jwks({"keys": [key().jwk(), other_key().jwk()]})

    assert keys.ids == (key().key_id, other_key().key_id)
    assert keys.find(key().key_id) == key().key_set().find(key().key_id)
    assert keys.find(key().key_id.swapcase()) is None
    assert keys.find("") is None


@pytest.mark.parametrize(
    "stranger",
    [
        {"kty": "EC", "kid": "ec", "crv": "P-384", "x": "AA", "y": "AA"},
        {**EC, "crv": None},
        {**EC, "alg": "RS256"},
        {**EC, "use": "enc"},
        {**GOOD, "alg": "ES256"},
        {"kty": ["RSA"], "kid": "list"},
        {"kty": "oct", "kid": "hmac", "k": "c2VjcmV0"},
        {**GOOD, "kid": "enc", "use": "enc"},
        {**GOOD, "kid": "ps", "alg": "PS256"},
        {**GOOD, "kid": 7},
        {**GOOD, "kid": ""},
        {name: value for name, value in GOOD.items() if name != "kid"},
        "text",
        None,
    ],
)
def test_keys_that_are_not_ours_to_use_are_passed_over(stranger: object) -> None:
    """Keys of other types, uses or algorithms do not disturb, and do not count."""
    assert KeySet.from_jwks({"keys": [stranger, GOOD]}).ids == (key().key_id,)
    with pytest.raises(InvalidKeySet, match="no key to verify"):
        KeySet.from_jwks({"keys": [stranger]})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "'keys' is not a list"),
        ({"keys": {}}, "'keys' is not a list"),
        ({"keys": [GOOD] * 101}, "'keys' is not a list of at most 100"),
        ({"keys": []}, "no key to verify"),
        ({"keys": [GOOD, GOOD]}, "used twice"),
        ({"keys": [{**GOOD, "n": ""}]}, "no number 'n'"),
        ({"keys": [{**GOOD, "n": "a b"}]}, "no number 'n'"),
        ({"keys": [{**GOOD, "n": 5}]}, "no number 'n'"),
        ({"keys": [{**GOOD, "e": None}]}, "no number 'e'"),
        ({"keys": [{**GOOD, "e": "AA"}]}, "is no RSA key"),
        (
            {"keys": [{**GOOD, "n": segment(b"\x80" + b"\x00" * 127 + b"\x01")}]},
            "1032 bits|is no RSA key",
        ),
        ({"keys": [{**GOOD, "n": segment(b"\xff" * 1025)}]}, "8200 bits"),
        ({"keys": [{**GOOD, "n": "A"}]}, "no number 'n'"),
        ({"keys": [GOOD, {**EC, "kid": GOOD["kid"]}]}, "used twice"),
        ({"keys": [GOOD, {**EC, "x": ""}]}, "no number 'x'"),
        ({"keys": [GOOD, {**EC, "y": None}]}, "no number 'y'"),
        ({"keys": [{**EC, "x": EC["y"], "y": EC["x"]}]}, "is no key on P-256"),
        ({"keys": [{**EC, "x": f"AA{EC['x']}"}]}, "is no key on P-256|no number 'x'"),
        ({"keys": [{**EC, "y": "AA"}]}, "a coordinate has 32 bytes"),
        (
            {"keys": [{**EC, "x": segment(bytes(32)), "y": segment(bytes(32))}]},
            "is no key on P-256",
        ),
    ],
)
def test_a_broken_document_gives_no_keys(document: dict[str, object], reason: str) -> None:
    """An empty, ambiguous or weak key set is refused as a whole."""
    with pytest.raises(InvalidKeySet, match=reason):
        KeySet.from_jwks(document)


def test_a_short_key_is_refused() -> None:
    """A key that can be factored verifies nothing."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()

    with pytest.raises(InvalidKeySet, match="1024 bits"):
        KeySet({"weak": weak})


def test_a_key_on_another_curve_is_refused() -> None:
    """ES256 is one curve; a longer key is another algorithm."""
    other = ec.generate_private_key(ec.SECP384R1()).public_key()

    with pytest.raises(InvalidKeySet, match="on the curve secp384r1, not P-256"):
        KeySet({"other": other})


def test_a_key_has_the_algorithm_of_its_type() -> None:
    """What a key may verify follows from its type, with or without `alg` in the document."""
    bare = [{name: value for name, value in jwk.items() if name != "alg"} for jwk in (GOOD, EC)]
    keys = KeySet.from_jwks({"keys": bare})
    found = [keys.verifying(key_id) for key_id in keys.ids]

    assert [one.algorithm for one in found if one is not None] == ["RS256", "ES256"]
    assert keys.verifying("other") is None


def test_a_private_key_in_a_document_is_used_as_public() -> None:
    """Only modulus and exponent are read, whatever else a document says."""
    keys = KeySet.from_jwks(
        {"keys": [{**GOOD, "d": "AQAB", "x5c": ["x"], "x5u": "https://evil.example/"}]}
    )

    assert keys.find(key().key_id) == key().key_set().find(key().key_id)


@given(
    st.dictionaries(
        st.sampled_from(["kty", "kid", "n", "e", "use", "alg"]),
        st.one_of(st.none(), st.integers(), st.text(max_size=8), st.just("RSA")),
    )
)
@settings(deadline=None)
def test_any_key_is_taken_or_refused(jwk: dict[str, object]) -> None:
    """No document makes the reader fail in another way."""
    try:
        keys = KeySet.from_jwks({"keys": [{**GOOD, **jwk}]})
    except InvalidKeySet:
        return
    assert keys.ids == (jwk.get("kid", GOOD["kid"]),)

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.oidc.claims import MAX_TOKEN, MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.publishers.github import ISSUER
from claims_builder import claims, segment, signed

HEADER = {"alg": "RS256", "kid": "k"}


def token(header: object = HEADER, payload: object = None, signature: str = "c2ln") -> str:
    """Return a token that nobody signed."""
    return ".".join((segment(header), segment(payload or {"iss": "i"}), signature))


def test_an_unverified_token_shows_issuer_and_key_only() -> None:
    """Nothing else of a token can be read before it is verified, or printed by mistake."""
    seen = UnverifiedToken.parse(signed(claims()))

    assert seen.issuer == ISSUER
    assert not hasattr(seen, "claims")
    assert "octo" not in repr(seen)
    assert seen.text not in repr(seen)


def test_a_token_without_key_id_can_be_read() -> None:
    """Whether a key must be named is decided when the token is verified."""
    assert UnverifiedToken.parse(token({"alg": "RS256"})).key_id == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three parts"),
        ("a.b", "three parts"),
        ("a.b.c.d.e", "three parts"),
        (token(signature=""), "signature is not base64url"),
        (token(signature="c2ln="), "signature is not base64url"),
        (token(signature="c2 n"), "signature is not base64url"),
        (token(signature="c2ln\n"), "signature is not base64url"),
        (token(signature="c2lnc"), "signature is not base64url"),
        (token(["RS256"]), "header is not a JSON object"),
        (token(HEADER | {"kid": 7}), "key id in the header is not a text"),
        (token(payload=b"x"), "payload is not strict JSON"),
        (token(payload=b"\xff"), "payload is not strict JSON"),
        (token(payload=b'{"iss": "i", "iss": "j"}'), "a name is given twice"),
        (token(b'{"alg": "none", "alg": "RS256"}'), "a name is given twice"),
        (token(payload=b'{"iss": "i", "a": {"b": 1, "b": 2}}'), "a name is given twice"),
        (token(payload=b'{"iss": "i", "exp": NaN}'), "NaN is no JSON number"),
        (token(payload=b'{"iss": "i", "exp": -Infinity}'), "-Infinity is no JSON number"),
        (token(payload=b'{"iss": "i", "exp": ' + b"9" * 5000 + b"}"), "not strict JSON"),
        (token(payload=b'{"iss": "i", "ref": "\\ud800"}'), "a text is not Unicode"),
        (token(payload=b"[" * 8000), "nested too deeply"),
        (token(payload={"sub": "s"}), "no issuer"),
        (token(payload={"iss": ["i"]}), "no issuer"),
        ("x" * (MAX_TOKEN + 1), f"at most {MAX_TOKEN} characters"),
    ],
)
def test_what_is_no_token_is_malformed(text: str, reason: str) -> None:
    """A token that two programs could read in two ways is no token."""
    with pytest.raises(MalformedToken, match=reason):
        UnverifiedToken.parse(text)


def test_escapes_that_mean_characters_are_taken() -> None:
    """A pair of surrogates is one character and is read as such."""
    seen = UnverifiedToken.parse(token(payload=b'{"iss": "\\ud83d\\ude00"}'))

    assert seen.issuer == "\N{GRINNING FACE}"


@given(st.one_of(st.text(max_size=60), st.lists(st.binary(max_size=40), max_size=4)))
@settings(deadline=None)
def test_any_text_is_a_token_or_malformed(raw: str | list[bytes]) -> None:
    """No text makes the parser fail in another way."""
    text = raw if isinstance(raw, str) else ".".join(map(segment, raw))
    try:
        UnverifiedToken.parse(text)
    except MalformedToken:
        return
    pytest.fail("random bytes made a token")


def test_verified_claims_cannot_be_changed() -> None:
    """Neither through the mapping, nor through what was put in, nor through nested values."""
    source: dict[str, object] = {"iss": "i", "list": [1, {"a": [2]}]}
    seen = VerifiedClaims(source)
    nested = source["list"]
    assert isinstance(nested, list)
    nested.append(3)
    source["iss"] = "j"

    assert seen.to_dict() == {"iss": "i", "list": [1, {"a": [2]}]}
    assert seen["list"] == (1, {"a": (2,)})
    with pytest.raises(TypeError):
        seen["iss"] = "j"  # type: ignore[index]  # that it cannot be set is the fact


def test_verified_claims_have_the_standard_ones_by_name() -> None:
    """The standard claims have their own names; absent or odd ones read as empty."""
    seen = VerifiedClaims(claims(sub=..., jti=5))

    assert (seen.issuer, seen.audience) == (ISSUER, "pypi")
    assert (seen.subject, seen.token_id) == ("", "")
    assert seen.expires_at - seen.issued_at == 300.0
    assert len(seen) == len(list(seen)) == len(claims()) - 1
    assert "octo/widget" in repr(seen)


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
@settings(deadline=None)
def test_verified_claims_give_back_what_was_put_in(source: dict[str, object]) -> None:
    """As plain JSON values, claims are what the token said."""
    before = copy.deepcopy(source)

    assert VerifiedClaims(source).to_dict() == before
    assert json.loads(json.dumps(VerifiedClaims(source).to_dict())) == before

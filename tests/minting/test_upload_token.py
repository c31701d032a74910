import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.minting.upload_token import MIN_SECRET, PREFIX, hash_token, is_token, make_token


@given(st.binary(min_size=MIN_SECRET, max_size=64))
@settings(deadline=None)
def test_a_token_has_a_shape_that_scanners_can_look_for(secret: bytes) -> None:
    """Every token starts with the prefix, is safe in URLs and headers, and is recognised."""
    token = make_token(secret)

    assert token.startswith(PREFIX)
    assert is_token(token)
    assert token.replace("-", "").replace("_", "").isalnum()


@given(st.binary(min_size=32, max_size=40), st.binary(min_size=32, max_size=40))
@settings(deadline=None)
def test_two_secrets_make_two_tokens(one: bytes, other: bytes) -> None:
    """No two secrets share a token, or the hash by which it is known."""
    same = one == other

    assert (make_token(one) == make_token(other)) is same
    assert (hash_token(make_token(one)) == hash_token(make_token(other))) is same


def test_a_short_secret_makes_no_token() -> None:
    """A secret that could be guessed is refused."""
    with pytest.raises(ValueError, match="needs 32 bytes of secret, got 31"):
        make_token(b"x" * 31)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bonded-",
        "bonded-short",
        "bonded-" + "x" * 42,
        "x" + make_token(bytes(32)),
        make_token(bytes(32)) + "\n",
    ],
)
def test_other_texts_are_no_tokens(text: str) -> None:
    """What is cut off or wrapped is not recognised."""
    assert not is_token(text)


def test_only_the_hash_is_kept() -> None:
    """A token is known by its SHA-256, from which it cannot be read."""
    token = make_token(bytes(32))

    assert hash_token(token) == hashlib.sha256(token.encode()).hexdigest()

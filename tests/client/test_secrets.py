"""Texts without tokens."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from bonded.client.secrets import Secrets

LETTERS = st.text("abcdefghijklmnop.-_", min_size=8, max_size=40)


@given(st.lists(LETTERS, min_size=1, max_size=5), st.text(max_size=20))
def test_no_secret_is_left(secrets: list[str], between: str) -> None:
    """Whatever stands around it, and however it was sent, it is gone."""
    hidden = Secrets()
    for secret in secrets:
        assert hidden.add(secret) == secret
    sent = [b64encode(f"__token__:{secret}".encode()).decode() for secret in secrets]
    text = hidden.hide(between.join([*secrets, *sent]))

    assert not any(secret in text for secret in (*secrets, *sent))


def test_each_secret_is_masked_once() -> None:
    """The CI service is told when a secret is new, and never of the empty text."""
    told: list[str] = []
    hidden = Secrets(told.append)
    for secret in ("secret-one", "", "secret-two", "secret-one"):
        hidden.add(secret)

    assert told == ["secret-one", "secret-two"]


def test_the_signature_of_a_token_is_a_secret() -> None:
    """An ID token that is shown without its beginning is still one."""
    hidden = Secrets()
    hidden.add("header.payload.signature")

    assert hidden.hide("payload.signature short") == "payload.*** short"
    hidden.add("short")
    assert hidden.hide("short") == "short"

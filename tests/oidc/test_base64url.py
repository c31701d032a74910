import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.oidc import base64url


@given(st.binary(min_size=1, max_size=40))
@settings(deadline=None)
def test_bytes_come_back(raw: bytes) -> None:
    """Text and bytes are each other's mirror."""
    assert base64url.decode(base64url.encode(raw)) == raw


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "AAAAA",
        "AA==",
        "A+",
        "A/",
        "A A",
        "AA\n",
        "Ä",
        "\uff21A",
        "AB",
        "AAB",
        "AAAAAB",
        "AA?",
        "\udc41A",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """Neither padding nor white space nor another alphabet is read."""
    with pytest.raises(ValueError, match=r"base64"):
        base64url.decode(text)

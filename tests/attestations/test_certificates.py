"""Extensions of a certificate are read as Fulcio writes them, and in no other way."""

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation_world import Making, World, new_key, utf8_string
from bonded.attestations.certificates import ARC, _utf8_string, read_signer
from bonded.attestations.refusal import Malformed


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=400))
def test_a_der_text_is_read_as_it_was_written(text: str) -> None:
    """Of every length, with every letter."""
    assert _utf8_string(utf8_string(text)) == text


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=40))
def test_other_bytes_are_no_der_text_or_the_only_spelling_of_one(raw: bytes) -> None:
    """There is one spelling of each text, so that two readers cannot differ."""
    try:
        text = _utf8_string(raw)
    except ValueError:
        return
    assert utf8_string(text) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x0c",
        b"\x0c\x02a",
        b"\x0c\x01ab",
        b"\x0c\x80a\0\0",
        b"\x0c\x81\x01a",
        b"\x0c\x82\x00\x01a",
        b"\x13\x01a",
        b"\x0c\x01\xff",
    ],
)
def test_other_lengths_and_tags_are_refused(raw: bytes) -> None:
    """Indefinite, too long, too short, not the shortest, another type of text, no UTF-8."""
    with pytest.raises(ValueError, match=r"extension|decode"):
        _utf8_string(raw)


def test_numbers_that_are_no_text_are_left_aside() -> None:
    """Number 7 is a name of another kind; what Fulcio adds later may be anything."""
    making = Making(
        extensions={"7": "x", "24": "repo:octo/greeter"}, raw_extensions={"7": b"\x30\x00"}
    )
    signer = read_signer(World().certificate(making, new_key().public_key()))

    assert f"{ARC}7" not in signer.extensions
    assert signer.extensions[f"{ARC}24"] == "repo:octo/greeter"
    assert signer.names == (
        "https://github.com/octo/greeter/.github/workflows/release.yml@refs/tags/v1.0",
    )


def test_a_plain_text_that_is_no_utf8_is_refused() -> None:
    """The old extensions are text as well."""
    making = Making(raw_extensions={"2": b"\xff"})
    certificate = World().certificate(making, new_key().public_key())

    assert isinstance(certificate, x509.Certificate)
    with pytest.raises(Malformed, match="cannot be read"):
        read_signer(certificate)

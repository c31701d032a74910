import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.sigstore import der

encoder: Any = importlib.import_module("pyasn1.codec.der.encoder")
univ: Any = importlib.import_module("pyasn1.type.univ")
char: Any = importlib.import_module("pyasn1.type.char")


def same(ours: bytes, theirs: Any) -> bool:
    """Whether pyasn1 writes a value as we do."""
    return ours == bytes(encoder.encode(theirs))


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_bytes(data: bytes) -> None:
    """Bytes of any length are written as pyasn1 writes them, and read back."""
    written = der.octet_string(data)

    assert same(written, univ.OctetString(data))
    assert der.values(written) == [(0x04, data, written)]


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_texts(text: str) -> None:
    """Texts are written as pyasn1 writes them."""
    assert same(der.utf8_string(text), char.UTF8String(text))


@given(st.integers(0, 2**200))
@settings(max_examples=60, deadline=None)
def test_numbers(value: int) -> None:
    """Numbers have one form: as short as can be, with the sign's place kept."""
    assert same(der.integer(value), univ.Integer(value))


@given(st.sampled_from([1, 2]), st.lists(st.integers(0, 2**40), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_identifiers(first: int, rest: list[int]) -> None:
    """Object identifiers with numbers of any size are written as pyasn1 writes them."""
    dotted = ".".join(map(str, (first, rest[0] % 40, *rest[1:])))

    assert same(der.object_identifier(dotted), univ.ObjectIdentifier(dotted))


@given(st.lists(st.binary(max_size=90), max_size=6))
@settings(max_examples=60, deadline=None)
def test_collections(parts: list[bytes]) -> None:
    """A sequence keeps its order and a set has DER's; what stands in both is read one after another."""
    values = list(map(der.octet_string, parts))
    ((tag, body, _),) = der.values(der.sequence(*values))

    assert tag == der.SEQUENCE
    assert [content for _, content, _ in der.values(body)] == parts
    assert der.set_of(*values) == der.set_of(*reversed(values))


def test_wrappings() -> None:
    """A tagged value has its tag around it, and a time is written as it is."""
    assert der.explicit(0, der.integer(1)).hex() == "a003020101"
    assert der.generalized_time("20261121133000Z") == b"\x18\x0f20261121133000Z"


@pytest.mark.parametrize(
    "data", [b"\x30", b"\x30\x05abc", b"\x30\x82\xff\xffabc", b"\x04\x01a\x04\x09b"]
)
def test_what_is_cut_off(data: bytes) -> None:
    """A value that says more than there is cannot be read."""
    with pytest.raises(ValueError, match="cut off"):
        der.values(data)

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.oidc.strict_json import read_object


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not strict JSON"),
        (b"\xff", "not strict JSON"),
        (b"\xef\xbb\xbf{}", "not strict JSON"),
        (b"{} {}", "not strict JSON"),
        (b"<!doctype html>", "not strict JSON"),
        (b'{"a": 1, "a": 1}', "a name is given twice"),
        (b'{"a": [{"b": 1, "\\u0062": 2}]}', "a name is given twice"),
        (b'{"a": Infinity}', "Infinity is no JSON number"),
        (b'{"a": "\\udead"}', "a text is not Unicode"),
        (b'{"\\udead": 1}', "a text is not Unicode"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}", "nested too deeply"),
        (b'{"a": ' * 33 + b"1" + b"}" * 33, "nested too deeply"),
        (b'{"a": 1e999}', "1e999 is too large a number"),
        (b'{"a": [-1e999]}', "-1e999 is too large a number"),
        (b"[]", "not a JSON object"),
        (b'"{}"', "not a JSON object"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(raw: bytes, reason: str) -> None:
    """A document is one object, in UTF-8, that means the same to every program."""
    with pytest.raises(ValueError, match=reason):
        read_object(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": ' + b"[" * 31 + b"]" * 31 + b"}",
        b'{"a": ' * 32 + b"1" + b"}" * 32,
        b'{"a": [' + b"[]," * 1000 + b"{}]}",
        b'{"a": "' + b"[" * 1000 + b'"}',
        b'{"a": [1e308, 1e-999]}',
    ],
)
def test_wide_documents_and_large_numbers_are_read(raw: bytes) -> None:
    """The bound is for what lies inside each other, and numbers are refused only beyond what a double holds."""
    assert read_object(raw) == json.loads(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.booleans())
@settings(deadline=None)
def test_every_object_comes_back(value: dict[str, object], escaped: bool) -> None:  # noqa: FBT001
    """What has one meaning is read, with escapes or without."""
    assert read_object(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=30))
@settings(deadline=None)
def test_any_bytes_are_an_object_or_not(raw: bytes) -> None:
    """No bytes make the reader fail in another way."""
    try:
        assert isinstance(read_object(raw), dict)
    except ValueError:
        return

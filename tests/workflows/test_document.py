import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import InvalidInput, Location
from bonded.workflows import core_schema
from bonded.workflows.document import (
    MAX_CHARACTERS,
    Mapping,
    Node,
    Scalar,
    Sequence,
    compose,
    read_document,
    read_file_bytes,
)


def value_of(text: str) -> object:
    """Return the value of `a` in a document that says `a: text`."""
    root = read_document(f"a: {text}\n", "f")
    assert isinstance(root, Mapping)
    node = root.get("a")
    assert isinstance(node, Scalar)
    return node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("", None),
        ("~", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("true", True),
        ("FALSE", False),
        ("12", 12),
        ("-0", 0),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("3.10", 3.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("12:30", "12:30"),
        ("2026-11-20", "2026-11-20"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!float 3", 3),
        ("!!bool true", True),
        ("!!null ''", None),
        ("v1.0", "v1.0"),
        ("1" * 5000, float("inf")),
    ],
)
def test_core_schema(text: str, value: object) -> None:
    """Plain scalars mean what YAML 1.2 says, quoted ones are text."""
    found = value_of(text)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3.10, "3.1"),
        (3.0, "3"),
        (12, "12"),
        ("a", "a"),
    ],
)
def test_values_as_text(value: core_schema.Value, text: str) -> None:
    """Where GitHub wants text, 3.10 becomes 3.1."""
    assert text == core_schema.to_text(value)


def test_places() -> None:
    """Every node knows its line and column, counted from 1; an alias keeps those of its anchor."""
    root = read_document("a: &x\n  - b\n  - 'c'\nd: *x\n", "f.yml")

    assert isinstance(root, Mapping)
    first, second = (value for _, value in root)
    assert isinstance(first, Sequence)
    assert second is first
    assert Location("f.yml", 1, 4) == first.location
    assert [Location("f.yml", 2, 5), Location("f.yml", 3, 5)] == [x.location for x in first.items]


def test_missing_key() -> None:
    """Keys are looked up with their letter case."""
    root = read_document("On: push", "f")

    assert isinstance(root, Mapping)
    assert root.get("on") is None


def test_empty_document() -> None:
    """Nothing is null, at the beginning of the file."""
    assert Scalar(None, "", Location("f", 1, 1)) == read_document("# nothing\n", "f")


def test_byte_order_mark() -> None:
    """A byte order mark is no character of the first line."""
    root = read_document(read_file_bytes(b"\xef\xbb\xbfa: b", "f"), "f")

    assert Location("f", 1, 1) == root.location
    assert root == read_document("\ufeffa: b", "f")


def test_not_utf8() -> None:
    """A byte that is not UTF-8 is a fault at its place."""
    with pytest.raises(InvalidInput) as caught:
        read_file_bytes("é: b\nc: ".encode() + b"\xe9\n", "f")
    (fault,) = caught.value.faults

    assert (Location("f", 2, 4), "the byte 0xe9 is not UTF-8") == (fault.location, fault.message)


def test_faults_are_collected() -> None:
    """All keys at fault are named at once, and the tree is there without them."""
    node, faults = compose("a: 1\nA: 2\n<<: {}\nb: *nothing\nc: 3\n", "f")

    assert sorted(fault.location.line for fault in faults) == [2, 3, 4]
    assert isinstance(node, Mapping)
    assert [key for key, _ in node] == ["a", "b", "c"]


ALIAS_BOMB = "\n".join(
    [f"a0: &a0 [{'x, ' * 50}]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 50}]" for n in range(1, 9))]
)
ALIAS_TOWER = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 20_000, "nested deeper than 100 levels"),
        ("{a: " * 20_000, "nested deeper than 100 levels"),
        ("- " * 20_000, "nested deeper than 100 levels"),
        (ALIAS_BOMB, "the aliases expand to more than 100,000 values"),
        (ALIAS_TOWER, "nested deeper than 100 levels"),
        ("a" * (MAX_CHARACTERS + 1), "more than 1,000,000"),
        (r'"\UFFFFFFFF"', "this cannot be read as YAML"),
        ("a: !<x y\n", "this is not YAML: expected '>'"),
        ("a: !foo [b]\n", "unknown YAML tag `!foo`"),
        ("a: !!bool 1\n", "`1` is not what its tag `!!bool` says"),
        ("a: !!int true\n", "`true` is not what its tag `!!int` says"),
    ],
    ids=lambda text: text[:20],
)
def test_hostile_documents(text: str, says: str) -> None:
    """A document that would exhaust the reader is refused with one sentence."""
    with pytest.raises(InvalidInput) as caught:
        read_document(text, "f")

    assert says in str(caught.value)


def tree(node: Node) -> object:
    """Return a node as plain values."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [tree(item) for item in node.items]
        case Mapping():
            return {key: tree(value) for key, value in node}


PLAIN = st.recursive(
    st.one_of(st.text("abc:#'\"\\ -?{}é", max_size=8), st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(PLAIN)
@settings(max_examples=100, deadline=None)
def test_json_is_yaml(value: object) -> None:
    """What JSON says, YAML says."""
    assert value == tree(read_document(json.dumps(value), "f"))


@given(
    st.text(
        alphabet=st.sampled_from("ab:-[]{}&*!|>'\"%@`#,? \n\t\r\\~<x0.é\x85\u2028\x00"), max_size=60
    )
)
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    """Any text is a document or faults, whose places lie within the text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _, faults = compose(text, "f")

    for fault in faults:
        assert 1 <= fault.location.line <= len(lines)
        assert 1 <= fault.location.column <= len(lines[fault.location.line - 1]) + 1

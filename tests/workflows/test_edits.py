import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.workflows.document import Mapping, Node, Scalar, Sequence, read_document
from bonded.workflows.edits import (
    Data,
    Edit,
    apply,
    insert_item,
    insert_key,
    remove_item,
    remove_key,
    replace_scalar,
    replace_value,
)

SOURCE = """\
# how we release
name: release  # a name

on:
  release:
    types: [created, edited]  # when

jobs:
  build:
    # the runner
    runs-on: ubuntu-latest
    steps:
      # first
      - name: 'Check out'
        uses: actions/checkout@v4  # v4
        with:
          # no token is left behind
          persist-credentials: false
          fetch-depth: 0

      # second
      - run: |
          make
          make dist

  # the last job
  publish:
    needs: build
    steps: [{uses: a/b@v1, with: {x: 1}}]
"""


def data(node: Node | None) -> Any:
    """Return the plain data of a node."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [data(item) for item in node.items]
        case Mapping():
            return {key.text: data(value) for key, value in node.entries}
    return None


def at(source: str, *path: str | int) -> Any:
    """Return the node at a path of keys and indexes."""
    node: Any = read_document(source, "f.yml")
    for key in path:
        node = node.items[key] if isinstance(key, int) else node.get(key)
    return node


def comments(source: str) -> list[str]:
    """Return every comment, in order."""
    return re.findall(r"(?:^|\s)(#.*)$", source, re.MULTILINE)


def changed(source: str, edit: Edit) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came."""
    old, new = source.splitlines(), apply(source, [edit]).splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


STEP = ("jobs", "build", "steps", 0)


@pytest.mark.parametrize(
    ("edit", "went", "came"),
    [
        (
            replace_scalar(SOURCE, at(SOURCE, "on", "release", "types", 0), "published"),
            ["    types: [created, edited]  # when"],
            ["    types: [published, edited]  # when"],
        ),
        (
            replace_scalar(SOURCE, at(SOURCE, *STEP, "name"), "it's"),
            ["      - name: 'Check out'"],
            ["      - name: 'it''s'"],
        ),
        (
            replace_scalar(SOURCE, at(SOURCE, "jobs", "build", "steps", 1, "run"), "a\nb\n"),
            ["          make", "          make dist"],
            ["          a", "          b"],
        ),
        (
            replace_value(SOURCE, at(SOURCE, "on", "release"), "types", {"a": ["b", "on"]}),
            ["    types: [created, edited]  # when"],
            ["    types: {a: [b, 'on']}  # when"],
        ),
        (
            insert_key(SOURCE, at(SOURCE), "permissions", {}, before="jobs"),
            [],
            ["permissions: {}"],
        ),
        (
            insert_key(SOURCE, at(SOURCE), "permissions", {}, before="name"),
            [],
            ["permissions: {}"],
        ),
        (
            insert_key(SOURCE, at(SOURCE, *STEP), "id", "x", before="name"),
            ["      - name: 'Check out'"],
            ["      - id: x", "        name: 'Check out'"],
        ),
        (
            insert_key(SOURCE, at(SOURCE, *STEP), "shell", "bash"),
            [],
            ["        shell: bash"],
        ),
        (
            insert_key(SOURCE, at(SOURCE, "jobs", "publish", "steps", 0, "with"), "z", True),
            ["    steps: [{uses: a/b@v1, with: {x: 1}}]"],
            ["    steps: [{uses: a/b@v1, with: {x: 1, z: true}}]"],
        ),
        (
            remove_key(SOURCE, at(SOURCE, *STEP, "with"), "persist-credentials"),
            ["          persist-credentials: false"],
            [],
        ),
        (
            remove_key(SOURCE, at(SOURCE, *STEP, "with"), "fetch-depth"),
            ["          fetch-depth: 0"],
            [],
        ),
        (
            remove_key(SOURCE, at(SOURCE, *STEP), "name"),
            ["      - name: 'Check out'", "        uses: actions/checkout@v4  # v4"],
            ["      - uses: actions/checkout@v4  # v4"],
        ),
        (
            remove_item(SOURCE, at(SOURCE, "on", "release", "types"), 1),
            ["    types: [created, edited]  # when"],
            ["    types: [created]  # when"],
        ),
        (
            remove_item(SOURCE, at(SOURCE, "jobs", "build", "steps"), 1),
            ["      # second", "      - run: |", "          make", "          make dist"],
            [],
        ),
        (
            insert_item(SOURCE, at(SOURCE, "jobs", "build", "steps"), 2, {"run": "a"}),
            [],
            ["      - run: a"],
        ),
        (
            insert_item(SOURCE, at(SOURCE, "jobs", "build", "steps"), 0, {"run": "a", "id": "b"}),
            [],
            ["      - run: a", "        id: b"],
        ),
        (
            insert_item(SOURCE, at(SOURCE, "on", "release", "types"), 0, "x"),
            ["    types: [created, edited]  # when"],
            ["    types: [x, created, edited]  # when"],
        ),
    ],
)
def test_only_what_was_asked_for_changes(edit: Edit, went: list[str], came: list[str]) -> None:
    """Every other line stays byte for byte."""
    old, new = changed(SOURCE, edit)

    assert (old, new) == (went, came)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_file_keeps_its_form(ending: str, mark: str) -> None:
    """The kind of line break and a byte order mark stay."""
    source = mark + "a: 1\nb: 2\n".replace("\n", ending)

    added = apply(source, [insert_key(source, at(source), "c", {"d": 1}, before="a")])

    assert added == mark + "c:\n  d: 1\na: 1\nb: 2\n".replace("\n", ending)


def test_a_missing_last_line_break_stays_missing() -> None:
    """What is added to the end of a file without a line break makes its own line."""
    source = "a: 1"

    assert apply(source, [insert_key(source, at(source), "b", 2)]) == "a: 1\nb: 2"


def test_a_value_that_is_not_there_is_written_behind_its_key() -> None:
    """Nothing becomes something at the place of the key."""
    source = "on:\n  push:  # why\n  release:\n"

    edit = replace_value(source, at(source, "on"), "push", {"tags": ["v*"]})

    assert apply(source, [edit]) == "on:\n  push:\n    tags:\n      - v*  # why\n  release:\n"


def test_an_anchor_stays_with_its_value() -> None:
    """Aliases go on meaning what they meant."""
    source = "a: &x old\nb: *x\n"

    assert apply(source, [replace_scalar(source, at(source, "a"), "new")]) == "a: &x new\nb: *x\n"


def test_a_comment_over_a_group_stays_with_the_group() -> None:
    """A comment over a key that has a neighbour right below may be about both."""
    source = "a:\n  # both\n  b: 1\n  c: 2\n\n  # only this\n  d: 3\n"

    assert "# both" in apply(source, [remove_key(source, at(source, "a"), "b")])
    assert "# only this" not in apply(source, [remove_key(source, at(source, "a"), "d")])


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2, ""), Edit(1, 3, "")],
        [Edit(0, 9, "")],
        [Edit(-1, 0, "")],
        [Edit(2, 1, "")],
        [Edit(0, 3, ""), Edit(1, 1, "x")],
    ],
)
def test_edits_that_cannot_all_be_made_are_refused(edits: list[Edit]) -> None:
    """Of two that overlap neither wins."""
    with pytest.raises(ValueError, match="edit"):
        apply("abc", edits)


def test_insertions_at_one_place_keep_their_order() -> None:
    """Edits are made as they were given."""
    assert apply("ad", [Edit(1, 1, "b"), Edit(1, 1, "c")]) == "abcd"


def test_what_would_leave_nothing_is_refused() -> None:
    """The only key or item is taken away with what holds it; a key is not added twice."""
    source = "a: {b: 1}\nc:\n  - d\n"

    with pytest.raises(ValueError, match="left"):
        remove_key(source, at(source, "a"), "b")
    with pytest.raises(ValueError, match="left"):
        remove_item(source, at(source, "c"), 0)
    with pytest.raises(ValueError, match="no key x"):
        remove_key(source, at(source, "a"), "x")
    with pytest.raises(ValueError, match="already"):
        insert_key(source, at(source), "a", 1)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12
) | st.sampled_from(["on", "a: b", "#x", "x #y", "- a", "1.0", "a\nb\n", " a\nb", "${{ x }}", "*"])
KEYS = st.text("abcxyz-_", min_size=1, max_size=6)
DATA: st.SearchStrategy[Data] = st.recursive(
    TEXTS | st.booleans() | st.integers(-9, 99) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(value=DATA, path=st.sampled_from([(), STEP, ("jobs", "publish", "steps", 0), ("on",)]))
def test_what_is_inserted_reads_back(value: Data, path: tuple[str | int, ...]) -> None:
    """Any data can be added to any mapping; the rest, comments included, is as it was."""
    mapping = at(SOURCE, *path)
    edited = apply(SOURCE, [insert_key(SOURCE, mapping, "new", value)])
    again = at(edited, *path)

    assert data(again.get("new")) == value
    assert {key: data(node) for key, node in again if key != "new"} == data(mapping)
    assert apply(edited, [remove_key(edited, again, "new")]) == SOURCE


@settings(max_examples=40, deadline=None)
@given(
    value=TEXTS,
    path=st.sampled_from([(*STEP, "name"), (*STEP, "uses"), ("jobs", "build", "steps", 1, "run")]),
)
def test_what_is_replaced_reads_back(value: str, path: tuple[str | int, ...]) -> None:
    """A scalar of any style can become any text; no comment is lost."""
    edited = apply(SOURCE, [replace_scalar(SOURCE, at(SOURCE, *path), value)])

    assert at(edited, *path).value == value
    assert all(comment in edited for comment in comments(SOURCE))


@settings(max_examples=25, deadline=None)
@given(value=DATA, index=st.integers(0, 2))
def test_an_item_that_is_inserted_reads_back(value: Data, index: int) -> None:
    """Any data can become an item, and be taken away again."""
    path = ("jobs", "build", "steps")
    edited = apply(SOURCE, [insert_item(SOURCE, at(SOURCE, *path), index, value)])
    items = data(at(edited, *path))

    assert items[index] == value
    assert items[:index] + items[index + 1 :] == data(at(SOURCE, *path))
    assert data(
        read_document(apply(edited, [remove_item(edited, at(edited, *path), index)]), "")
    ) == data(at(SOURCE))


@settings(max_examples=25, deadline=None)
@given(value=DATA, key=st.sampled_from(["name", "on", "jobs"]))
def test_a_value_that_is_replaced_reads_back(value: Data, key: str) -> None:
    """Any value can become any other."""
    edited = apply(SOURCE, [replace_value(SOURCE, at(SOURCE), key, value)])

    assert data(at(edited)) == {**data(at(SOURCE)), key: value}

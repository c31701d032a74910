"""The shortcut for plain documents: where it answers, the answer is that of the general parser, place by place."""

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bonded.workflows.audit import RULES
from bonded.workflows.document import Mapping, Node, Scalar, Sequence, compose, compose_generally
from bonded.workflows.quick_document import MAX_DEPTH, read_plain

EXAMPLES = sorted(
    {text for rule in RULES for one in (rule.bad, rule.good) for text in one.sources().values()}
)
# What lines are made of, and what breaks them.
PIECES = [
    "on:", "jobs:", "a: b", "c:", "- d", "- e: f", "-", "- - g", "-   h:", "# i", "j: |", "- |-", "k: 'l''m' # n",
    'o: "p"', "q: [r, 's', t.u]", "v: {}", "w: 3.10", "x: null", "y: a #b", "z: a# b:c", "---", "text", "'q': r",
    "s: >-", "s: >", "t: &u v", "w: *u", "x: !!str 1", "a : b", "é: ü", "b: ü é", 'c: "\\n"', "d: [", "e: {f: g}",
    "? h",
    "<<: i", "A: b", "", "  ", "j:k: l", "m: |+", "n: |2", "o: p  ", "q:  r", "s: - t", "u: -", "v: # w",
    "...",
]  # fmt: skip
PLAIN = PIECES[:24]
JUNK = st.sampled_from(
    [" ", "  ", "\n", "-", ":", ": ", " #", "'", '"', "|", "[", "\t", "*a", "é", "\u2028", "\r"]
)


def everything(node: Node) -> Any:
    """Return all that a node knows, what its comparison leaves out too."""
    match node:
        case Scalar():
            return (
                type(node.value),
                str(node.value),
                node.text,
                node.location,
                node.span,
                node.style,
            )
        case Sequence():
            items = [everything(item) for item in node.items]
            return ("list", items, node.location, node.span, node.spans, node.flow)
        case Mapping():
            pairs = [(everything(key), everything(value)) for key, value in node.entries]
            return ("mapping", pairs, node.location, node.span, node.spans, node.flow)


def agrees(text: str) -> bool:
    """Say whether the shortcut answers; that it agrees is asserted."""
    quick = read_plain(text, "f")
    if quick is None:
        return False
    general, faults = compose_generally(text, "f", mark=False)
    assert not faults
    assert general is not None
    assert everything(general) == everything(quick)
    return True


@pytest.mark.parametrize("text", EXAMPLES)
def test_usual_workflows_take_the_shortcut(text: str) -> None:
    """Every example of a rule is plain, so the shortcut is worth its lines."""
    assert agrees(text)


@st.composite
def texts(draw: st.DrawFn, pieces: list[str] = PIECES) -> str:
    """Draw lines of all kinds at indentations near each other."""
    lines = draw(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(pieces)), max_size=9))
    return "".join(f"{' ' * indent}{piece}\n" for indent, piece in lines)


@settings(max_examples=200, deadline=None)
@given(texts() | texts(PLAIN))
@example("a:\n- b\n- c: d\n  e:\n\n# x\nf: |\n  g\n   h\n\n  i  \n\n# j\nk:\n")
@example("a:\n  - |\n    # no comment\n    b\n  - - c\n    - d: e\n      f: g\n")
@example("a: >\n  b\n  c\n\n  d\n\n\n  e\nf: >-\n   # g\n   h \n")
@example("a: >\n  b\n   c\n  d\n\n   e\n\n  f\n")
@example("a: {b: c, d: 'e'}\nf: { g: 1 }\n- h: { }\n")
@example("a:\n  - { b: c , d.e: null }  # f\n")
@example("a: -1\nb: --c\nd: :e\nf: ?g\n")
@example("---\na: [ b , 'c', \"d\" ]  # e\n")
@example("a: |\n\n  b\n")
@example("a: |\n  b\n   \n")
@example("a:\n  -\n  - b\n")
def test_any_lines(text: str) -> None:
    """Whatever lines come after each other, nobody can tell from a tree who read it."""
    agrees(text)


@cache
def long_enough() -> list[str]:
    """Return the examples that have a place to be hurt at."""
    return [text for text in EXAMPLES if text]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(EXAMPLES) - 1), st.integers(0, 10_000), JUNK, st.integers(0, 3))
def test_a_workflow_with_a_slip(number: int, place: int, junk: str, cut: int) -> None:
    """A slip of the pen makes a text that is still plain, or one for the general parser."""
    text = long_enough()[number]
    place %= len(text)
    agrees(text[:place] + junk + text[place + cut :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: b",
        "a: b\r\n",
        "\ta: b\n",
        "text\n",
        "a: b\na: c\n",
        "a: b\nA: c\n",
        "a: b\n  c\n",
        "a: b\n c: d\n",
        "a:\n    b: c\n  d: e\n",
        "- a\nb: c\n",
        "a: 1\n- b\n",
        "a: -\n",
        "a: &x b\n",
        "a: |\nb: c\n",
        "a: {b: c, B: d}\n",
        "a: {b: [c]}\n",
        "".join(f"{' ' * depth}a:\n" for depth in range(MAX_DEPTH + 1)),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    """There the shortcut says nothing, whether the text is good or bad."""
    assert read_plain(text, "f") is None


def test_a_mark_is_for_the_parser() -> None:
    """A byte order mark moves every place by one, which the general parser counts."""
    root, _ = compose("\ufeffa: b\n", "f")

    assert isinstance(root, Mapping)
    assert root.spans == ((4, 5),)

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import InvalidInput, Location
from bonded.workflows.document import Mapping, Scalar, Sequence
from bonded.workflows.expressions import ExpressionError
from bonded.workflows.templates import Expression, condition, resolve, resolve_node, split

CONTEXTS = {"a": {"yes": True, "no": False, "n": 3.10, "list": [1], "text": "${{ a.yes }}"}}


def scalar(value: Any, line: int = 1) -> Scalar:
    """Return a scalar at the first column of a line."""
    return Scalar(value, str(value), Location("w.yml", line, 1))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ()),
        ("plain $ {{ }}", ("plain $ {{ }}",)),
        ("${{ a }}", (Expression(" a ", 3),)),
        ("x${{a}}y", ("x", Expression("a", 4), "y")),
        ("${{a}}${{b}}", (Expression("a", 3), Expression("b", 9))),
        ("${{ '}}' }}", (Expression(" '}}' ", 3),)),
        ("${{ 'it''s }}' }}", (Expression(" 'it''s }}' ", 3),)),
        ("${{ a }}}}", (Expression(" a ", 3), "}}")),
        ("${{ a\n}}", (Expression(" a\n", 3),)),
    ],
)
def test_text_is_cut_at_its_expressions(text: str, pieces: tuple[Any, ...]) -> None:
    """Braces inside a quoted string do not end an expression."""
    assert split(text) == pieces


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("x ${{ a", "The expression is not closed. An unescaped ${{ sequence was found", 2),
        ("${{ 'a }}", "The expression is not closed.", 0),
        ("${{ a }} ${{", "The expression is not closed.", 9),
        ("x${{ }}", "An expression was expected", 1),
    ],
)
def test_a_broken_template_is_refused_in_githubs_words(
    text: str, message: str, position: int
) -> None:
    """An expression that does not end, and one that says nothing, are errors at their start."""
    with pytest.raises(ExpressionError) as caught:
        split(text)

    assert caught.value.message.startswith(message)
    assert caught.value.position == position


@settings(max_examples=200, deadline=None)
@given(st.text("${} 'ab", max_size=30))
def test_the_pieces_are_the_text(text: str) -> None:
    """Nothing is lost or added: the pieces put together again are the text."""
    try:
        pieces = split(text)
    except ExpressionError:
        return

    joined = "".join(
        piece if isinstance(piece, str) else f"${{{{{piece.source}}}}}" for piece in pieces
    )
    assert joined == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("${{ a.no }}", False),
        ("${{ a.list }}", [1]),
        ("${{ a.missing }}", None),
        (" ${{ a.no }}", " false"),
        ("${{ a.n }}-${{ a.list }}${{ a.missing }}", "3.1-Array"),
        ("${{ a.text }}", "${{ a.yes }}"),
        ("x${{ failure() }}", "xtrue"),
    ],
)
def test_a_lone_expression_keeps_its_type(text: str, value: Any) -> None:
    """Anything around an expression makes a text; a value is not read for expressions again."""
    assert resolve(text, CONTEXTS, status="failure") == value


def test_an_error_points_into_the_whole_text() -> None:
    """The position counts from the start of the scalar, not of the expression."""
    with pytest.raises(ExpressionError) as caught:
        resolve("x ${{ a.yes }} ${{  a.yes == b }}", CONTEXTS)

    assert caught.value.position == 29
    assert "Located at position 10 within expression: a.yes == b" in caught.value.message


def test_a_document_becomes_plain_values() -> None:
    """Lists and mappings are resolved throughout, keys too; what is no text stays as it is."""
    here = Location("w.yml", 1, 1)
    node = Mapping(
        (
            (scalar("k-${{ a.n }}"), Sequence((scalar(1), scalar("${{ a.yes }}")), here)),
            (scalar(7), scalar(None)),
        ),
        here,
    )

    assert resolve_node(node, CONTEXTS) == {"k-3.1": [1, True], "7": None}


def test_every_fault_of_a_document_is_reported_at_its_scalar() -> None:
    """All broken expressions are named at once."""
    here = Location("w.yml", 1, 1)
    node = Sequence((scalar("${{ b }}", 2), scalar("ok", 3), scalar("${{ 1", 4)), here)

    with pytest.raises(InvalidInput) as caught:
        resolve_node(node, CONTEXTS)

    assert [fault.location.line for fault in caught.value.faults] == [2, 4]
    assert caught.value.faults[0].message.startswith("Unrecognized named-value: 'b'")


@pytest.mark.parametrize(
    ("text", "when_well", "when_failed"),
    [
        (None, True, False),
        ("", True, False),
        (" \n", True, False),
        ("a.yes", True, False),
        ("${{ a.yes }}", True, False),
        ("a.no", False, False),
        ("${{ a.no }}", False, False),
        ("!a.no", True, False),
        ("always()", True, True),
        ("${{ always() && a.yes }}", True, True),
        ("failure()", False, True),
        ("a.yes || failure()", True, True),
        ("${{ a.no }} && a.no", True, False),
        ("${{ a.no }}\n", True, False),
        ("${{ failure() }} && a.no", True, True),
        ("${{ a.missing }}${{ a.missing }}", False, False),
        ("'success()'", True, False),
        ("\n  a.yes\n", True, False),
    ],
)
def test_conditions_hold_as_on_github(
    text: str | None, *, when_well: bool, when_failed: bool
) -> None:
    """Without a status function a condition needs success; braces with text around are true."""
    assert condition(text, CONTEXTS) is when_well
    assert condition(text, CONTEXTS, status="failure") is when_failed


@pytest.mark.parametrize(
    ("text", "position"), [("  b", 2), (" ${{ b }}", 5), ("a.yes &&", 6), (" ${{ a. }}", 6)]
)
def test_a_broken_condition_points_into_its_text(text: str, position: int) -> None:
    """The position of an error counts the spaces and braces before the expression."""
    with pytest.raises(ExpressionError) as caught:
        condition(text, CONTEXTS)

    assert caught.value.position == position

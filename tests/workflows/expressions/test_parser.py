import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.workflows.expressions import ExpressionError, calls_status, parse
from bonded.workflows.expressions.nodes import Call, Comparison, Index, Literal, Logical, Named, Not

CONTEXTS = ("github", "needs")
NOISE = st.text("abgithub()[].,*!<>=&|'\" 0123456789-+xé\n_${}", max_size=40) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        (" \n", None),
        ("1", Literal(1)),
        ("'it''s ''ok'''", Literal("it's 'ok'")),
        ("!true", Not(Literal(True))),
        ("github.ref", Index(Named("github", 0), Literal("ref"))),
        ("github.true", Index(Named("github", 0), Literal("true"))),
        ("1 == 2 == 3", Comparison("==", Comparison("==", Literal(1), Literal(2)), Literal(3))),
        ("1 || 2 || 3", Logical("||", (Literal(1), Literal(2), Literal(3)))),
        ("1 || (2 || 3)", Logical("||", (Literal(1), Literal(2), Literal(3)))),
        (
            "1 || 2 && 3",
            Logical("||", (Literal(1), Logical("&&", (Literal(2), Literal(3))))),
        ),
        ("Success ( )", Call("Success", (), 0)),
    ],
)
def test_the_tree_says_what_the_text_says(text: str, root: object) -> None:
    """Precedence, chains and spellings come out as nodes."""
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("x", "Unrecognized named-value: 'x'. Located at position 1 within expression: x", 0),
        (
            "1 == x",
            "Unrecognized named-value: 'x'. Located at position 6 within expression: 1 == x",
            5,
        ),
        ("f(1)", "Unrecognized function: 'f'. Located at position 1 within expression: f(1)", 0),
        ("1 +", "Unexpected symbol: '+'. Located at position 3 within expression: 1 +", 2),
        (
            "1 ==",
            "Unexpected end of expression: '=='. Located at position 3 within expression: 1 ==",
            2,
        ),
        (
            "contains('a'",
            "Unexpected end of expression: ''a''. Located at position 10 within expression: contains('a'",
            9,
        ),
        (
            "join()",
            "Too few parameters supplied: '('. Located at position 5 within expression: join()",
            4,
        ),
        (
            "join(1, 2, 3)",
            "Too many parameters supplied: '('. Located at position 5 within expression: join(1, 2, 3)",
            4,
        ),
        (
            "case(1, 2, 3, 4)",
            (
                "Even number of parameters supplied, requires an odd number of parameters: '('. "
                "Located at position 5 within expression: case(1, 2, 3, 4)"
            ),
            4,
        ),
        ("x 'y", "Unrecognized named-value: 'x'. Located at position 1 within expression: x 'y", 0),
        ("1" * 21_001, "Exceeded max expression length 21000", 0),
        ("!" * 50 + "1", "Exceeded max expression depth 50", 0),
        ("(" * 20_000, "Exceeded max expression depth 50", 0),
        ("github" + ".a" * 50, "Exceeded max expression depth 50", 0),
        ("1" + "==1" * 50, "Exceeded max expression depth 50", 0),
    ],
)
def test_a_refusal_is_in_githubs_words_and_has_a_place(
    text: str, message: str, position: int
) -> None:
    """The message is the runner's; the position counts from 0, of two mistakes it is the left one's."""
    with pytest.raises(ExpressionError) as caught:
        parse(text, contexts=CONTEXTS)

    assert (caught.value.message, caught.value.position) == (message, position)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 49 + "1" + ")" * 49,
        "!" * 49 + "1",
        "github" + ".a" * 49,
        "1" + "==1" * 49,
        "1" + "||1" * 6999,
        "toJSON(" * 49 + "1" + ")" * 49,
    ],
)
def test_what_is_just_within_the_limits_is_read(text: str) -> None:
    """Fifty levels are allowed, and a chain of any length is one level."""
    assert parse(text).root is not None


@pytest.mark.parametrize(
    ("functions", "text", "allowed"),
    [
        (None, "hashFiles('a')", True),
        ((), "hashFiles('a')", False),
        (("hashFiles",), "HASHFILES('a')", True),
        (("hashFiles",), "hashFiles()", False),
        (("hashFiles",), "always()", False),
        (("always",), "always('job')", True),
        ({"always": (0, 0)}, "always()", True),
        ({"always": (0, 0)}, "always('job')", False),
        (("mine",), "mine(1, 2)", True),
        ((), "contains('a', 'b')", True),
        (None, "mine()", False),
    ],
)
def test_special_functions_exist_where_they_are_named(
    functions: dict[str, tuple[int, int]] | tuple[str, ...] | None, text: str, *, allowed: bool
) -> None:
    """The caller says which special functions a key allows, and with how many arguments."""
    if allowed:
        assert parse(text, functions=functions).root is not None
    else:
        with pytest.raises(ExpressionError):
            parse(text, functions=functions)


def test_contexts_are_checked_without_letter_case() -> None:
    """A context is the same in any letter case; with no list any name passes."""
    assert parse("GitHub.ref", contexts=["GITHUB"]).root == parse("GitHub.ref").root


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("", False),
        ("github.ref == 'success()'", False),
        ("github.success", False),
        ("success()", True),
        ("!Cancelled()", True),
        ("github.ref && (1 == 2 || contains(needs[always()].x, 'a'))", True),
        ("hashFiles('a')", False),
    ],
)
def test_status_functions_are_found_wherever_they_are(text: str, *, calls: bool) -> None:
    """Only a call counts, at any depth and in any letter case."""
    assert calls_status(text) is calls
    assert calls_status(parse(text)) is calls


@settings(max_examples=300, deadline=None)
@given(NOISE)
def test_any_text_is_read_or_refused(text: str) -> None:
    """The parser raises nothing but ExpressionError, whose position lies in the text."""
    try:
        position = len(parse(text, contexts=CONTEXTS).text)
    except ExpressionError as error:
        position = error.position

    assert 0 <= position <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_quoted_text_is_itself(text: str) -> None:
    """Quotes doubled, any text can be written as a literal."""
    quoted = "'" + text.replace("'", "''") + "'"

    assert parse(quoted).root == Literal(text)


@settings(max_examples=100, deadline=None)
@given(st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_itself(number: float) -> None:
    """A number in Python's spelling is the same number here."""
    assert parse(repr(number)).root == Literal(number)

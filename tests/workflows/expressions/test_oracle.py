"""Expressions against GitHub's own evaluator: the same value, kind, text, truth and stage of failure."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bonded.workflows.expressions import ExpressionError, compute, parse, to_text, truthy
from bonded.workflows.expressions.functions import SPECIAL_ARITIES
from bonded.workflows.expressions.values import kind_of
from expression_table import (
    ACCESSES,
    CALLS,
    EVALUATION_ERRORS,
    FILTERED,
    LITERALS,
    OPERANDS,
    OPERATORS,
    PRECEDENCE,
    SYNTAX_ERRORS,
)
from oracle_node import evaluate_all

pytestmark = pytest.mark.oracle

KINDS = {"Object": "Dictionary"}
STATUS_ONLY = [name for name in SPECIAL_ARITIES if name != "hashfiles"]
CONTEXTS: dict[str, Any] = {
    "github": {
        "ref": "refs/tags/v1.2.3",
        "ref_name": "v1.2.3",
        "event_name": "release",
        "run_number": 42,
        "event": {
            "release": {"tag_name": "v1.2.3", "prerelease": False, "draft": None},
            "commits": [
                {"id": "a1", "author": {"name": "Ann"}, "files": ["x.py", "y.py"]},
                {"id": "b2", "author": {"name": "Bob"}, "files": []},
                {"id": "c3"},
                "no commit",
                [{"id": "inner"}],
            ],
        },
    },
    "needs": {
        "build": {"result": "success", "outputs": {"version": "1.2.3", "Count": "3"}},
        "test": {"result": "failure", "outputs": {}},
        "dash-ed": {"result": "skipped", "outputs": {"a b": "space"}},
    },
    "matrix": {"python": 3.1, "os": "ubuntu", "fast": True, "none": None, "list": [1, "2", None]},
    "inputs": {"dry": True, "count": 0, "name": "", "zero": "0", "false": "false"},
    "empty": {},
    "nothing": [],
    "text": "Text",
    "null_value": None,
}

COMPARISONS = [
    f"{left} {operator} {right}"
    for left, operator, right in itertools.product(OPERANDS, OPERATORS, OPERANDS)
]
TABLE = [
    *LITERALS,
    *[f"!{operand}" for operand in OPERANDS],
    *PRECEDENCE,
    *ACCESSES,
    *FILTERED,
    *CALLS,
    *SYNTAX_ERRORS,
    *EVALUATION_ERRORS,
]


def plain(value: Any) -> Any:
    """Return the value as the oracle writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": to_text(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def ours(expression: str, contexts: dict[str, Any] = CONTEXTS, status: str = "success") -> Any:
    """Return our answer, in the oracle's shape."""
    try:
        tree = parse(expression, contexts=contexts, functions=STATUS_ONLY)
    except ExpressionError:
        return "does not parse"
    try:
        value = compute(tree, contexts, status=status)
    except ExpressionError:
        return "does not evaluate"
    kind = kind_of(value).value
    return {
        "kind": KINDS.get(kind, kind),
        "value": plain(value),
        "text": to_text(value),
        "truthy": truthy(value),
    }


def theirs(answer: dict[str, Any]) -> Any:
    """Return the oracle's answer; its two stages before evaluation are one here."""
    match answer.get("stage"):
        case None:
            return answer
        case "evaluation":
            return "does not evaluate"
        case _:
            return "does not parse"


def differences(expressions: list[str], status: str = "success") -> dict[str, Any]:
    """Return the expressions that we answer otherwise than GitHub, with both answers."""
    cases = [
        {"expression": expression, "contexts": CONTEXTS, "status": status}
        for expression in expressions
    ]
    pairs = zip(expressions, evaluate_all(cases), strict=True)
    answers = {text: (ours(text, status=status), theirs(answer)) for text, answer in pairs}
    return {text: both for text, both in answers.items() if both[0] != both[1]}


def test_the_table_is_long_and_says_nothing_twice() -> None:
    """Hundreds of expressions were written by hand."""
    assert len(TABLE) >= 300
    assert len(set(TABLE)) == len(TABLE)


@pytest.mark.parametrize("status", ["success", "failure", "cancelled"])
def test_the_table_is_answered_as_by_github(status: str) -> None:
    """Values, kinds, texts, truth and failures are GitHub's, in every status of a job."""
    assert differences(TABLE, status) == {}


def test_every_operator_treats_every_pair_of_kinds_as_github() -> None:
    """Coercion, equality, order and the logical operators agree on all pairs."""
    assert differences(COMPARISONS) == {}


def test_errors_are_expected_where_they_are_listed() -> None:
    """What the table calls an error is one, at the stage that the table says."""
    assert [text for text in SYNTAX_ERRORS if ours(text) != "does not parse"] == []
    assert [text for text in EVALUATION_ERRORS if ours(text) != "does not evaluate"] == []


# The runner decides, and GitHub's library differs from it here: (expression, runner, library).
RUNNER_DIFFERS = [
    ("'a''b''c'", "a'b'c", "a'b''c"),  # the library undoubles only the first quote
    ("format('{0}', 123456789.123456789)", "123456789.123457", "123456789.12345679"),  # 15 digits
    ("format('{0}', 1e21)", "1E+21", "1e+21"),
    ("format('{0}', 0.00001)", "1E-05", "0.00001"),
    ("toJSON(NaN)", "NaN", "null"),
    ("0xffffffff", -1, 4294967295),  # 32 bits, signed
    ("'0b1' == 1", False, True),
    ("'0X1' == 1", False, True),
    ("'ß' == 'SS'", False, True),  # one character stays one
    ("case(true, 1, fromJSON('bad'))", 1, "does not evaluate"),  # arguments are lazy
    ("format('a', fromJSON('bad'))", "a", "does not evaluate"),
    ("null_value[fromJSON('bad')]", None, "does not evaluate"),
    ('fromJSON(\'{"b":1,"1":2}\').*', [1, 2], [2, 1]),  # keys keep their order
    ("contains('a', 'a',)", "does not parse", True),
    ("format('{0:x}', 1)", "does not evaluate", "1"),
    ("\N{NO-BREAK SPACE}1", 1, "does not parse"),
]


def test_where_the_library_differs_from_the_runner_we_follow_the_runner() -> None:
    """Each known difference is one of the library, and still there."""
    expressions = [expression for expression, _, _ in RUNNER_DIFFERS]
    answers = evaluate_all(
        {"expression": expression, "contexts": CONTEXTS} for expression in expressions
    )

    def value(answer: Any) -> Any:
        return answer["value"] if isinstance(answer, dict) else answer

    assert [
        (text, value(ours(text)), value(theirs(answer)))
        for text, answer in zip(expressions, answers, strict=True)
    ] == [(text, plain(runner), library) for text, runner, library in RUNNER_DIFFERS]


def said(message: str) -> str:
    """Return the message without its place, which the library often leaves out."""
    return message.partition(". Located at ")[0]


def our_message(expression: str) -> str:
    """Return the message with which we refuse to parse."""
    with pytest.raises(ExpressionError) as caught:
        parse(expression, contexts=CONTEXTS, functions=STATUS_ONLY)
    return caught.value.message


def test_parse_errors_are_worded_as_by_github() -> None:
    """The library's words are ours, but for three habits in which we follow the runner.

    The runner names the end of a text by the last piece before it, quotes strings with their quotes, names the
    bracket of a call whose arguments are miscounted, and reports the left one of two mistakes.
    """
    answers = evaluate_all({"expression": text, "contexts": CONTEXTS} for text in SYNTAX_ERRORS)
    different = {
        text: (said(our_message(text)), said(answer["message"]))
        for text, answer in zip(SYNTAX_ERRORS, answers, strict=True)
        if said(our_message(text)) != said(answer["message"])
    }

    unexplained = {
        text: both
        for text, both in different.items()
        if not (
            both[1] == "Unexpected symbol: 'EOF'"
            or both[0].replace("''", "'") == both[1]
            or both[0].endswith(" parameters supplied: '('")
            or both[0].endswith(" odd number of parameters: '('")
        )
    }
    assert unexplained == {
        "github..ref": ("Unexpected symbol: '.'", "Unexpected symbol: '.ref'"),
        "true.x": ("Unexpected symbol: '.'", "Unexpected symbol: '.x'"),
        "null.x": ("Unexpected symbol: '.'", "Unexpected symbol: '.x'"),
        "'a'.x": ("Unexpected symbol: '.'", "Unexpected symbol: '.x'"),
        "&&&": ("Unexpected symbol: '&&'", "Unexpected symbol: '&'"),
        "contains('a', )contains": (
            "Unexpected symbol: ')'",
            "Too few parameters supplied: 'contains'",
        ),
    }
    assert len(different) < len(SYNTAX_ERRORS) / 4


# Expressions that parse and evaluate, of every kind of node. Left out is where runner and library are known to differ.
ATOMS = st.sampled_from(
    [text for text in (*LITERALS, *OPERANDS, *ACCESSES, *FILTERED) if "NaN" not in text]
)
TEXTS = st.text("aAbB1 .,[]{}é-", max_size=6).map(lambda text: f"'{text}'")
NUMBERS = st.integers(-1000, 1000).map(str) | st.integers(-64, 64).map(lambda n: str(n / 8))


def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions around smaller ones."""
    truth = st.builds("!({})".format, inner) | st.builds("(({}) == ({}))".format, inner, inner)
    one = st.sampled_from(
        ["({})", "!({})", "toJSON({})", "join({})", "({}).*", "({})[0]", "({}).id"]
    )
    two = st.sampled_from(
        [
            *[f"({{}}) {operator} ({{}})" for operator in OPERATORS],
            *[f"{{}} {operator} {{}}" for operator in OPERATORS],
            *[f"{name}({{}}, {{}})" for name in ("contains", "startsWith", "endsWith", "join")],
            "({})[{}]",
            "format('{{0}} {{1}}', {}, {})",
            "fromJSON(toJSON(needs)).*[{}] || {}",
        ]
    )
    return st.one_of(
        st.builds(lambda form, a: form.format(a), one, inner),
        st.builds(lambda form, a, b: form.format(a, b), two, inner, inner),
        st.builds("case({}, {}, {})".format, truth, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS | TEXTS | NUMBERS, longer, max_leaves=8)
PIECES = [
    *["github", "needs", "ref", "a", "contains", "format", "success", "hashFiles", "true", "null"],
    *["(", ")", "[", "]", ",", ".", "*", "!", "==", "!=", "<", "<=", ">", ">=", "&&", "||", " "],
    *["1", ".5", "0x1", "-", "'x'", "''", "'", '"', "=", "&", "|", "_", "+", "é"],
]
SOUP = st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join)


def examples(strategy: st.SearchStrategy[str], count: int) -> list[str]:
    """Return so many different texts, the same ones in every run."""
    found: dict[str, None] = {}

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(text: str) -> None:
        found.setdefault(text)

    collect()
    return list(found)


def test_generated_expressions_have_the_value_that_github_gives() -> None:
    """Some thousand expressions of every kind, nested, agree in one batch."""
    expressions = examples(EXPRESSIONS, 1500)

    assert len(expressions) > 700
    assert differences(expressions) == {}


def test_generated_nonsense_is_refused_when_github_refuses_it() -> None:
    """Pieces in any order parse here if and only if they parse there."""
    texts = [text for text in examples(SOUP, 1500) if not known_to_differ(text)]

    assert len(texts) > 700
    assert differences(texts) == {}


def known_to_differ(text: str) -> bool:
    """Return whether the library lets a comma end the arguments here, or misreads a second doubled quote."""
    return ",)" in text.replace(" ", "") or text.count("''") > 1

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bonded.workflows.expressions import CaseSensitive, ExpressionError, evaluate, parse
from bonded.workflows.expressions.evaluate import compute

CONTEXTS = {"github": {"ref": "refs/tags/v1"}, "env": CaseSensitive(NAME="x"), "jobs": [1, [2]]}


class Lazy(Mapping[str, Any]):
    """A mapping that remembers which of its values were fetched."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.names = keys
        self.fetched: list[str] = []

    def __getitem__(self, key: str) -> str:
        if key not in self.names:
            raise KeyError(key)
        self.fetched.append(key)
        return f"value of {key}"

    def __contains__(self, key: object) -> bool:
        return key in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("github.ref", "refs/tags/v1"),
        ("env.NAME", "x"),
        ("env.name", None),
        ("ENV['NAME']", "x"),
        ("jobs[0]", 1),
        ("jobs.*", [1, [2]]),
        ("1.0", 1),
        ("'a' || 1", "a"),
        ("github[jobs]", None),
        ("jobs[1e300]", None),
    ],
)
def test_values_come_out_as_python_has_them(text: str, value: Any) -> None:
    """Values are plain; a number is int where it is whole; `env` keeps its letter case."""
    result = evaluate(text, CONTEXTS)

    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("status", "holding"),
    [
        ("success", ["success", "always"]),
        ("failure", ["failure", "always"]),
        ("cancelled", ["cancelled", "always"]),
    ],
)
def test_status_functions_see_the_status(status: str, holding: list[str]) -> None:
    """Of the status functions, `always` holds and the one of the status."""
    functions = ["success", "failure", "cancelled", "always"]

    assert [name for name in functions if evaluate(f"{name}()", {}, status=status)] == holding


def test_only_what_is_read_is_fetched() -> None:
    """A lazy mapping gives only the values that decide."""
    lazy = Lazy(("A", "B", "C"))

    assert evaluate("secrets.b == '' || secrets.C || secrets.A", {"secrets": lazy}) == "value of C"
    assert lazy.fetched == ["B", "C"]


def test_given_functions_are_called_with_values() -> None:
    """The engine's `hashFiles` gets its arguments, in any letter case of its name."""
    functions = {"hashFiles": lambda *patterns: "+".join(patterns)}

    assert evaluate("hashfiles('a', github.ref)", CONTEXTS, functions=functions) == "a+refs/tags/v1"
    with pytest.raises(ExpressionError, match="Unrecognized function: 'hashFiles'"):
        evaluate("hashFiles('a')", CONTEXTS)


def test_a_tree_is_computed_in_other_contexts() -> None:
    """One parse serves many evaluations; a context that is not there is named."""
    tree = parse("1 == matrix.n")

    assert compute(tree, {"matrix": {"n": 1}}) is True
    assert compute(parse(""), {}) is None
    with pytest.raises(ExpressionError, match="Unrecognized named-value: 'matrix'") as caught:
        compute(tree, {})
    assert caught.value.position == 5


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("'x' && fromJSON('')", "Error parsing fromJson: Expecting value", 7),
        ("fromJSON('NaN')", "Error parsing fromJson: NaN is no JSON", 0),
        ("join(case(1, 2, 3))", "case predicate must evaluate to a boolean value", 5),
        ("format('{0')", "The following format string is invalid: {0", 0),
        ("format('{256}')", "The following format string references more arguments", 0),
        ("format('{1000}')", "The following format string is invalid: {1000}", 0),
        ("format('{0}')", "The following format string references more arguments than were", 0),
        ("format('{0:x}', 1)", "The format specifiers 'x' are not valid for objects of type", 0),
        (f"fromJSON('{'[' * 101}{']' * 101}')", "Error parsing fromJson: more than 100 levels", 0),
        (f"fromJSON('{'[' * 9000}')", "Error parsing fromJson: more than 100 levels", 0),
    ],
)
def test_a_failure_says_which_call_failed(text: str, message: str, position: int) -> None:
    """The position is that of the innermost function that failed."""
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {})

    assert caught.value.message.startswith(message)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("case(true, 'kept', fromJSON('bad'))", "kept"),
        ("format('no argument', fromJSON('bad'))", "no argument"),
        ("format('{0:}', 1)", "1"),
        ("github.missing[fromJSON('bad')]", None),
        ("join(jobs[1], fromJSON('bad'))", "2"),
        ("contains(github, fromJSON('bad'))", False),
        ("false && fromJSON('bad')", False),
    ],
)
def test_what_is_not_needed_is_not_computed(text: str, value: Any) -> None:
    """Arguments are lazy, as in the runner."""
    assert evaluate(text, CONTEXTS) == value


def test_deep_json_is_written_and_read() -> None:
    """A hundred levels go through `fromJSON` and `toJSON` and come back the same."""
    deep = "[" * 100 + "]" * 100

    assert evaluate(f"toJSON(fromJSON(toJSON(fromJSON('{deep}'))))", {}) == evaluate(
        f"toJSON(fromJSON('{deep}'))", {}
    )

"""The built-in functions, each a few lines over lazy arguments.

Laziness is part of the language: `case` computes only the value that it returns, and `format` only the arguments that
its text names. What is wrong with an argument is an ExpressionError without a place; the evaluator adds the place.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bonded.workflows.expressions.errors import ExpressionError
from bonded.workflows.expressions.nodes import STATUS_FUNCTIONS
from bonded.workflows.expressions.values import (
    Kind,
    Value,
    canonical,
    equal,
    fold,
    is_primitive,
    kind_of,
    to_text,
)

MOST_ARGUMENTS = 255
JSON_DEPTH = 100  # of the runner's JSON reader
_FORMAT = re.compile(r"\{\{|\}\}|\{([0-9]+)(?::((?:[^}]|\}\})*))?\}|[{}]")


class Arguments:
    """The arguments of one call; each is computed when it is first asked for, and once."""

    def __init__(self, thunks: Sequence[Callable[[], Value]]) -> None:
        self._thunks = thunks
        self._values: dict[int, Value] = {}

    def __len__(self) -> int:
        return len(self._thunks)

    def __iter__(self) -> Iterator[Value]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> Value:
        if place not in self._values:
            self._values[place] = self._thunks[place]()
        return self._values[place]


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function: the least and greatest number of arguments, and what it does."""

    arity: tuple[int, int]
    call: Callable[[Arguments], Value]


def contains(arguments: Arguments) -> bool:
    """Return whether a text has another in it, or a list an equal item."""
    where = arguments[0]
    if kind_of(where) is Kind.ARRAY:
        return any(equal(arguments[1], item) for item in where)
    if not is_primitive(where) or not is_primitive(arguments[1]):
        return False
    return fold(to_text(arguments[1])) in fold(to_text(where))


def starts_with(arguments: Arguments) -> bool:
    """Return whether a text begins with another; collections never do."""
    if not is_primitive(arguments[0]) or not is_primitive(arguments[1]):
        return False
    return fold(to_text(arguments[0])).startswith(fold(to_text(arguments[1])))


def ends_with(arguments: Arguments) -> bool:
    """Return whether a text ends with another; collections never do."""
    if not is_primitive(arguments[0]) or not is_primitive(arguments[1]):
        return False
    return fold(to_text(arguments[0])).endswith(fold(to_text(arguments[1])))


def join(arguments: Arguments) -> str:
    """Return the items of a list as one text; a text is itself, a mapping nothing."""
    items = arguments[0]
    if is_primitive(items):
        return to_text(items)
    if kind_of(items) is Kind.OBJECT:
        return ""
    separator = ","
    if len(items) > 1 and len(arguments) > 1 and is_primitive(arguments[1]):
        separator = to_text(arguments[1])
    return separator.join(to_text(item) for item in items)


def format_text(arguments: Arguments) -> str:
    """Return a text with `{0}`, `{1}`, … replaced and `{{`, `}}` halved."""
    text = to_text(arguments[0])

    def replacement(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        if found[1] is None or len(found[1].lstrip("0")) > len(str(MOST_ARGUMENTS)):
            raise ExpressionError(f"The following format string is invalid: {text}")
        index = int(found[1]) + 1
        if index >= len(arguments):
            raise ExpressionError(
                f"The following format string references more arguments than were supplied: {text}"
            )
        if found[2]:
            raise ExpressionError(
                f"The format specifiers '{found[2].replace('}}', '}')}' are not valid for objects of type "
                f"'{kind_of(arguments[index]).value}'"
            )
        return to_text(arguments[index])

    return _FORMAT.sub(replacement, text)


def case(arguments: Arguments) -> Value:
    """Return the value after the first true predicate, else the last argument."""
    for place in range(0, len(arguments) - 1, 2):
        if not isinstance(arguments[place], bool):
            raise ExpressionError("case predicate must evaluate to a boolean value")
        if arguments[place]:
            return arguments[place + 1]
    return arguments[len(arguments) - 1]


def to_json(arguments: Arguments) -> str:
    """Return the value as JSON, indented by two spaces."""
    return _json(arguments[0], "\n")


def _json(value: Value, newline: str) -> str:
    match kind_of(value):
        case Kind.NULL:
            return "null"
        case Kind.STRING:
            return _json_string(value)
        case Kind.ARRAY:
            items = [_json(item, newline + "  ") for item in value]
            return _json_block("[", items, "]", newline)
        case Kind.OBJECT:
            pairs = [f"{_json_string(key)}: {_json(value[key], newline + '  ')}" for key in value]
            return _json_block("{", pairs, "}", newline)
        case _:
            return to_text(value)


def _json_block(opening: str, lines: list[str], closing: str, newline: str) -> str:
    if not lines:
        return opening + closing
    inner = newline + "  "
    return f"{opening}{inner}{f',{inner}'.join(lines)}{newline}{closing}"


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def from_json(arguments: Arguments) -> Value:
    """Return the value that a JSON text says; of keys that differ in letter case only, the first counts."""
    text = to_text(arguments[0])
    try:
        value = json.loads(
            text,
            object_pairs_hook=_first_of_each,
            parse_int=_json_number,
            parse_float=_json_number,
            parse_constant=_no_constant,
        )
    except ValueError as error:
        raise ExpressionError(f"Error parsing fromJson: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    if _depth(value) > JSON_DEPTH:
        raise _too_deep()
    return value


def _first_of_each(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    result: dict[str, Value] = {}
    seen: set[str] = set()
    for key, value in pairs:
        if (folded := fold(key)) not in seen:
            seen.add(folded)
            result[key] = value
    return result


def _json_number(text: str) -> float:
    return canonical(float(text))


def _no_constant(name: str) -> Value:
    raise ValueError(f"{name} is no JSON")


def _too_deep() -> ExpressionError:
    return ExpressionError(f"Error parsing fromJson: more than {JSON_DEPTH} levels")


def _depth(value: Value) -> int:
    """Return how many collections lie in each other, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if not is_primitive(item)]:
        depth += 1
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, Mapping) else item)
        ]
    return depth


FUNCTIONS: dict[str, Function] = {
    "case": Function((3, MOST_ARGUMENTS), case),
    "contains": Function((2, 2), contains),
    "endswith": Function((2, 2), ends_with),
    "format": Function((1, MOST_ARGUMENTS), format_text),
    "fromjson": Function((1, 1), from_json),
    "join": Function((1, 2), join),
    "startswith": Function((2, 2), starts_with),
    "tojson": Function((1, 1), to_json),
}
ARITIES = {name: function.arity for name, function in FUNCTIONS.items()}

# Functions that exist only under some keys of a workflow. A status function takes the ids of jobs in the `if:` of a
# job, and nothing elsewhere.
SPECIAL_ARITIES = {
    "hashfiles": (1, MOST_ARGUMENTS),
    **dict.fromkeys(STATUS_FUNCTIONS, (0, MOST_ARGUMENTS)),
}

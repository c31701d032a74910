"""What values are to expressions: kinds, truth, text, number, equality and order.

The rules are those of GitHub's runner (production), which resemble JavaScript's: text compares without letter case,
collections are equal only to themselves, and what is not a number is NaN. Where GitHub's editor library differs (it
prints more than 15 digits, it reads `0b1`), the runner is followed.
"""

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

Value = Any  # None, bool, int, float, str, or a list or mapping of such

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]+)")
_OCTAL = re.compile(r"0o([0-7]+)")
_INFINITY = re.compile(r"[+-]?Infinity")
_EXACT: Final = 2**53  # below it every whole double is one integer
_NOT_SPACE = frozenset("\x1c\x1d\x1e\x1f")  # space to Python, not to .NET


_DOTLESS_I = "\N{LATIN SMALL LETTER DOTLESS I}"


class Kind(Enum):
    """The six kinds, by the names that GitHub's messages use."""

    NULL = "Null"
    BOOLEAN = "Boolean"
    NUMBER = "Number"
    STRING = "String"
    ARRAY = "Array"
    OBJECT = "Object"


class CaseSensitive(dict[str, Any]):
    """A mapping whose keys are matched with their letter case: `env` on Linux."""


class Missing(Enum):
    """The answer of `look_up` where nothing is; null is a value."""

    MISSING = "missing"


def kind_of(value: Value) -> Kind:
    """Return the kind of `value`; raises TypeError for what no expression can hold."""
    match value:
        case None:
            return Kind.NULL
        case bool():
            return Kind.BOOLEAN
        case int() | float():
            return Kind.NUMBER
        case str():
            return Kind.STRING
        case Mapping():
            return Kind.OBJECT
        case Sequence():
            return Kind.ARRAY
        case _:
            raise TypeError(f"{type(value).__name__} is no value of an expression")


def is_primitive(value: Value) -> bool:
    """Return whether `value` is no collection."""
    return kind_of(value) not in {Kind.ARRAY, Kind.OBJECT}


def is_nan(value: object) -> bool:
    """Return whether `value` is not a number; true of no integer, however large."""
    return isinstance(value, float) and math.isnan(value)


def is_space(char: str) -> bool:
    """Return whether .NET counts this character as white space."""
    return char.isspace() and char not in _NOT_SPACE


def truthy(value: Value) -> bool:
    """Return whether a condition with this value holds: all but null, false, 0, NaN and ''."""
    match kind_of(value):
        case Kind.NULL:
            return False
        case Kind.ARRAY | Kind.OBJECT:
            return True
        case Kind.NUMBER:
            return bool(value) and not is_nan(value)
        case _:
            return bool(value)


def canonical(number: Value) -> int | float:
    """Return the number as int where it is whole and exact, else as float; -0 is 0."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _EXACT:
        return int(number)
    return number  # type: ignore[no-any-return]  # a number of either type


def to_text(value: Value) -> str:
    """Return `value` as a string, as GitHub puts it into text: null is '', numbers have 15 digits.

    A list is `Array` and a mapping `Object`; `toJSON` is for those.
    """
    match kind_of(value):
        case Kind.NULL:
            return ""
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.STRING:
            return str(value)
        case Kind.NUMBER:
            return _number_text(_double(value))
        case Kind.ARRAY:
            return "Array"
        case Kind.OBJECT:
            return "Object"


def _number_text(number: float) -> str:
    """Return what .NET prints with the format G15."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return f"{number or 0.0:.15G}"


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def to_number(value: Value) -> float:
    """Return `value` as the number that comparisons use; collections are NaN."""
    match kind_of(value):
        case Kind.NULL:
            return 0
        case Kind.BOOLEAN:
            return int(value)
        case Kind.NUMBER:
            return canonical(_double(value))
        case Kind.STRING:
            return parse_number(value)
        case _:
            return math.nan


def parse_number(text: str) -> float:
    """Return the number that `text` says: decimal, `0x…`, `0o…` (both of 32 bits), Infinity; '' is 0, else NaN."""
    text = text.strip()
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return canonical(float(text))
    for pattern, base in ((_HEXADECIMAL, 16), (_OCTAL, 8)):
        if found := pattern.fullmatch(text):
            return _signed(int(found[1], base))
    if _INFINITY.fullmatch(text):
        return -math.inf if text.startswith("-") else math.inf
    return math.nan


def _signed(bits: int) -> float:
    """Return 32 bits as .NET's Int32 reads them; more bits are NaN."""
    if bits >= 2**32:
        return math.nan
    return bits - 2**32 if bits >= 2**31 else bits


def fold(text: str) -> str:
    """Return `text` so that two texts that differ only in letter case are the same.

    One character stays one (`ß` is not `SS`), and the dotless i keeps its case, as in .NET's ordinal comparison.
    """
    if text.isascii():
        return text.upper()
    return "".join(
        upper if len(upper := char.upper()) == 1 and char != _DOTLESS_I else char for char in text
    )


def equal(left: Value, right: Value) -> bool:
    """Return `left == right` as expressions have it."""
    left, right = _coerced(left, right)
    if (kind := kind_of(left)) is not kind_of(right):
        return False
    if kind is Kind.STRING:
        return fold(left) == fold(right)
    if kind in {Kind.ARRAY, Kind.OBJECT}:
        return left is right
    return bool(left == right)


def less(left: Value, right: Value) -> bool:
    """Return `left < right` as expressions have it; false where the two have no order."""
    left, right = _coerced(left, right)
    if (kind := kind_of(left)) is not kind_of(right):
        return False
    if kind is Kind.STRING:
        return _order(left) < _order(right)
    if kind in {Kind.ARRAY, Kind.OBJECT, Kind.NULL}:
        return False
    return bool(left < right)


def _order(text: str) -> bytes:
    """Return the sort key of .NET: UTF-16 units of the upper-case text."""
    return fold(text).encode("utf-16-be", "surrogatepass")


def _coerced(left: Value, right: Value) -> tuple[Value, Value]:
    """Return both as numbers where their kinds differ and one of them is neither text nor collection."""
    kinds = {kind_of(left), kind_of(right)}
    if len(kinds) == 1 or not kinds & {Kind.NULL, Kind.BOOLEAN, Kind.NUMBER}:
        return left, right
    if kinds & {Kind.ARRAY, Kind.OBJECT}:
        return left, right
    return to_number(left), to_number(right)


def look_up(mapping: Mapping[str, Value], key: str) -> Value | Missing:
    """Return the value under `key`, whatever its letter case, or MISSING; only that value is fetched."""
    if key in mapping:
        return mapping[key]
    if isinstance(mapping, CaseSensitive):
        return Missing.MISSING
    folded = fold(key)
    for name in mapping:
        if fold(name) == folded:
            return mapping[name]
    return Missing.MISSING

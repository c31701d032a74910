"""Text to tokens.

The rule of this file: it never raises. A piece of text that is no token becomes a BAD one, and the parser, which
expects BAD nowhere, refuses it when it gets there. So of two mistakes the left one is reported, as GitHub's runner
does. What `.` means (a dereference or the start of a number) depends on the token before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from bonded.workflows.expressions.values import is_nan, is_space, parse_number

_BOUNDARIES = frozenset("()[],.!><=&|")
_WORDS: dict[str, bool | float | None] = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")
_FIRST = _LETTERS | {"_"}
_FURTHER = _FIRST | _DIGITS | {"-"}


class Kind(Enum):
    """What a token is."""

    LITERAL = "literal"
    NAME = "name"
    OPERATOR = "operator"
    NOT = "!"
    OPEN = "("
    CLOSE = ")"
    OPEN_INDEX = "["
    CLOSE_INDEX = "]"
    COMMA = ","
    DOT = "."
    STAR = "*"
    BAD = "bad"
    END = "end"


_MARKS = {kind.value: kind for kind in Kind if len(kind.value) == 1 and kind.value not in "!."}
_BEFORE_NUMBER = frozenset(
    {Kind.END, Kind.COMMA, Kind.OPEN, Kind.OPEN_INDEX, Kind.OPERATOR, Kind.NOT}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `raw` as written, `position` counted from 0, `value` of a literal."""

    kind: Kind
    raw: str
    position: int
    value: bool | int | float | str | None = None


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`, and at the end, for ever, END; nothing after a BAD one is of use."""
    position = 0
    before = Kind.END
    while True:
        while position < len(text) and is_space(text[position]):
            position += 1
        if position == len(text):
            break
        token = _token(text, position, before)
        yield token
        before = token.kind
        position += len(token.raw)
    while True:
        yield Token(Kind.END, "", position)


def _token(text: str, start: int, before: Kind) -> Token:
    """Return the token that begins at `start`, where no space is."""
    first = text[start]
    if first in _MARKS:
        return Token(_MARKS[first], first, start)
    if first == "'":
        return _string(text, start)
    if first in "!<>=&|":
        return _operator(text, start)
    if first == ".":
        return _number(text, start) if before in _BEFORE_NUMBER else Token(Kind.DOT, first, start)
    if first in _DIGITS or first in "+-":
        return _number(text, start)
    return _word(text, start, after_dot=before is Kind.DOT)


def _run(text: str, start: int, *, dots: bool = False) -> str:
    """Return the text from `start` (at least one character) up to the next boundary."""
    end = start + 1
    while end < len(text) and not is_space(text[end]):
        if text[end] in _BOUNDARIES and not (dots and text[end] == "."):
            break
        end += 1
    return text[start:end]


def _number(text: str, start: int) -> Token:
    raw = _run(text, start, dots=True)
    value = parse_number(raw)
    if is_nan(value):
        return Token(Kind.BAD, raw, start)
    return Token(Kind.LITERAL, raw, start, value)


def _word(text: str, start: int, *, after_dot: bool) -> Token:
    raw = _run(text, start)
    if not is_name(raw):
        return Token(Kind.BAD, raw, start)
    if raw in _WORDS and not after_dot:
        return Token(Kind.LITERAL, raw, start, _WORDS[raw])
    return Token(Kind.NAME, raw, start)


def is_name(text: str) -> bool:
    """Return whether `text` can be a context, a function or a property after a dot."""
    return text[:1] in _FIRST and _FURTHER.issuperset(text)


def _string(text: str, start: int) -> Token:
    """Return the string in single quotes; a doubled quote inside stands for one."""
    end = start + 1
    while (end := text.find("'", end)) != -1:
        if text[end + 1 : end + 2] != "'":
            raw = text[start : end + 1]
            return Token(Kind.LITERAL, raw, start, raw[1:-1].replace("''", "'"))
        end += 2
    return Token(Kind.BAD, text[start:], start)


def _operator(text: str, start: int) -> Token:
    if (raw := text[start : start + 2]) in {"!=", ">=", "<=", "==", "&&", "||"}:
        return Token(Kind.OPERATOR, raw, start)
    if (raw := text[start]) in {">", "<"}:
        return Token(Kind.OPERATOR, raw, start)
    if raw == "!":
        return Token(Kind.NOT, raw, start)
    return Token(Kind.BAD, _run(text, start), start)

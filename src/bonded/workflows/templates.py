"""Text with `${{ … }}` in it, and the documents and conditions made of such text.

A scalar that is exactly one expression keeps the type of its value; anything more is text. A value that comes out of
an expression is never read for expressions again.
"""

from collections.abc import Callable
from collections.abc import Mapping as Contexts
from dataclasses import dataclass
from typing import TypeVar

from bonded.errors import Fault, InvalidInput
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.expressions import (
    ExpressionError,
    Value,
    calls_status,
    evaluate,
    to_text,
    truthy,
)
from bonded.workflows.expressions.evaluate import Functions

_OPEN = "${{"
_CLOSE = "}}"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between `${{` and `}}`; `source` begins at `offset` of the text it was found in."""

    source: str
    offset: int


def split(text: str) -> tuple[str | Expression, ...]:
    """Return the pieces of `text` in order; literal pieces are never empty.

    `}}` inside a quoted string does not end an expression. Raises ExpressionError, with a position in `text`, for an
    expression that is not closed or holds nothing.
    """
    pieces: list[str | Expression] = []
    position = 0
    while (start := text.find(_OPEN, position)) != -1:
        if literal := text[position:start]:
            pieces.append(literal)
        end = _end(text, start)
        source = text[start + len(_OPEN) : end]
        if not source.strip():
            raise ExpressionError("An expression was expected", position=start)
        pieces.append(Expression(source, start + len(_OPEN)))
        position = end + len(_CLOSE)
    if literal := text[position:]:
        pieces.append(literal)
    return tuple(pieces)


def _end(text: str, start: int) -> int:
    """Return where the `}}` begins that closes the expression opened at `start`."""
    quoted = False
    for place in range(start + len(_OPEN), len(text)):
        # A doubled quote inside a string closes and opens it again: the answer is the same.
        if text[place] == "'":
            quoted = not quoted
        elif not quoted and text.startswith(_CLOSE, place):
            return place
    raise ExpressionError(
        "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.",
        position=start,
    )


def resolve(
    text: str,
    contexts: Contexts[str, Value],
    *,
    status: str = "success",
    functions: Functions | None = None,
) -> Value:
    """Return the value of `text`: that of its expression if it is exactly one, else a string.

    Raises ExpressionError, whose position points into `text`.
    """
    return _value(
        split(text),
        lambda source: evaluate(source, contexts, status=status, functions=functions),
    )


def _value(pieces: tuple[str | Expression, ...], read: Callable[[str], Value]) -> Value:
    """Return the value of the only piece, else the text of all, with `read` for each expression."""
    values = [piece if isinstance(piece, str) else _read(piece, read) for piece in pieces]
    return values[0] if len(values) == 1 else "".join(to_text(value) for value in values)


def _read(piece: Expression, read: Callable[[str], _Answer]) -> _Answer:
    """Return what `read` says of the expression without the spaces around it, errors placed in the whole text."""
    leading = len(piece.source) - len(piece.source.lstrip())
    try:
        return read(piece.source.strip())
    except ExpressionError as error:
        error.position += piece.offset + leading
        raise


def resolve_node(
    node: Node,
    contexts: Contexts[str, Value],
    *,
    status: str = "success",
    functions: Functions | None = None,
) -> Value:
    """Return the document under `node` as plain values, its expressions evaluated; keys may hold expressions too.

    Raises InvalidInput with every fault under `node`, each at its scalar.
    """
    faults: list[Fault] = []

    def plain(node: Node) -> Value:
        match node:
            case Scalar(value=str() as text):
                try:
                    return resolve(text, contexts, status=status, functions=functions)
                except ExpressionError as error:
                    faults.append(Fault(node.location, error.message, error.hint))
                    return None
            case Scalar(value=value):
                return value
            case Sequence(items=items):
                return [plain(item) for item in items]
            case Mapping(entries=entries):
                return {to_text(key_of(key)): plain(value) for key, value in entries}

    def key_of(key: Scalar) -> Value:
        return plain(key) if isinstance(key.value, str) else key.text

    value = plain(node)
    if faults:
        raise InvalidInput(tuple(faults))
    return value


def condition(
    text: str | None,
    contexts: Contexts[str, Value],
    *,
    status: str = "success",
    functions: Functions | None = None,
) -> bool:
    """Return whether an `if:` with this text holds.

    Nothing means `success()`, and `success() &&` goes before a condition that calls no status function. The text may
    be one expression with or without `${{ }}`; with anything around the braces (a line break too) it is a text, which
    holds unless it is empty: `${{ false }} && true` is true, as on GitHub.
    Raises ExpressionError, whose position points into `text`.
    """
    if text is None or not text.strip():
        return status == "success"
    pieces = split(text)
    if not any(isinstance(piece, Expression) for piece in pieces):
        pieces = (Expression(text, 0),)
    expressions = [piece for piece in pieces if isinstance(piece, Expression)]
    asks_status = [_read(piece, calls_status) for piece in expressions]
    if status != "success" and not any(asks_status):
        return False
    return truthy(
        _value(
            pieces,
            lambda source: evaluate(source, contexts, status=status, functions=functions),
        )
    )

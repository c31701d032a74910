"""The expressions inside a scalar: whether they are well formed and use only what they may.

A fault stands at the expression, not at the scalar. The tree of nodes keeps only where a scalar begins, so the
expression is looked for in the text of the file from there on: the third `${{` of the value is the third in the file.
Where quoting or folding hides it, the place of the scalar is named.
"""

import re
from dataclasses import dataclass

from bonded.errors import Location
from bonded.workflows.availability import Availability
from bonded.workflows.document import Scalar
from bonded.workflows.expressions import ExpressionError, parse
from bonded.workflows.faults import Faults
from bonded.workflows.templates import Expression, split

OPEN = "${{"
CLOSE = "}}"
# From here on the file may spell an expression differently than its value: quotes doubled, lines indented.
REWRITTEN = re.compile(r"['\"\\\n]|$")
TAIL = re.compile(r"\. Located at position \d+ within expression: .*", re.DOTALL)


def check(
    node: Scalar,
    allowed: Availability | None,
    faults: Faults,
    place: str,
    *,
    condition: bool = False,
) -> bool:
    """Note what is wrong with the expressions of `node`; return whether it holds any.

    `allowed` is None where GitHub evaluates nothing. The text of a condition is an expression without `${{ }}` too.
    """
    text = node.value
    if not isinstance(text, str):
        return False
    if OPEN not in text:
        if condition and allowed and text.strip():
            begin = faults.offset_of(node.location)
            quoted = not faults.text.startswith(text, begin)
            _judge(text, allowed, faults, place, _find(text, begin + quoted, node, faults))
        return False
    if allowed is None:
        begin = faults.text.find(OPEN, faults.offset_of(node.location))
        source = _find(text[text.index(OPEN) :], begin, node, faults)
        faults.add(
            source.at(0), place, "an expression is not allowed here", "Write the value itself."
        )
        return True
    _check_pieces(text, node, allowed, faults, place)
    return True


def _check_pieces(
    text: str, node: Scalar, allowed: Availability, faults: Faults, place: str
) -> None:
    """Judge each expression of a text that has some."""
    begin = faults.text.find(OPEN, faults.offset_of(node.location))
    try:
        pieces = split(text)
    except ExpressionError as error:
        last = text[error.position :]
        for _ in range(text.count(OPEN, 0, error.position)):
            begin = _next(begin, len(OPEN), faults)
        faults.add(_find(last, begin, node, faults).at(0), place, error.message)
        return
    for piece in pieces:
        if isinstance(piece, Expression):
            source = _find(f"{OPEN}{piece.source}{CLOSE}", begin, node, faults)
            _judge(piece.source, allowed, faults, place, source, opening=len(OPEN))
            begin = _next(begin, max(source.known, len(OPEN)), faults)


def _next(begin: int, length: int, faults: Faults) -> int:
    """Return where the next opening stands after `length` characters at `begin`; negative if nowhere."""
    return faults.text.find(OPEN, begin + length) if begin >= 0 else begin


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a piece of a scalar stands in the file, and how many of its characters are known to stand there."""

    faults: Faults
    piece: str
    offset: int
    known: int
    fallback: Location

    def at(self, position: int) -> Location:
        """Return the place of one character, else that of the first, else that of the scalar."""
        if not self.known:
            return self.fallback
        exact = position < self.known or self.known == len(self.piece)
        more = position if exact else 0
        return self.faults.location_of(self.offset + more)


def _find(piece: str, offset: int, node: Scalar, faults: Faults) -> _Source:
    """Return what is known of a piece that should stand at `offset`, negative if it was not found."""
    there = faults.text[offset : offset + len(piece)] if offset >= 0 else ""
    pairs = enumerate(zip(piece, there, strict=False))
    known = next((index for index, (one, other) in pairs if one != other), len(there))
    same = REWRITTEN.search(piece)
    if same is not None and known < same.start():
        known = 0
    return _Source(faults, piece, offset, known, node.location)


def _judge(
    text: str,
    allowed: Availability,
    faults: Faults,
    place: str,
    source: _Source,
    *,
    opening: int = 0,
) -> None:
    """Note what is wrong with one expression; spaces around it do not count."""
    try:
        parse(text.strip(), contexts=allowed.contexts, functions=allowed.functions)
    except ExpressionError as error:
        hint = error.hint
        if error.message.startswith("Unrecognized named-value"):
            hint = f"Here an expression may use {', '.join(sorted(allowed.contexts))}."
        before = opening + len(text) - len(text.lstrip())
        location = source.at(before + error.position)
        faults.add(location, place, TAIL.sub("", error.message), hint)

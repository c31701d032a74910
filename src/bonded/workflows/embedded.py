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
            _judge(text, allowed, faults, place, _written(text, node, faults))
        return False
    offset = faults.text.find(OPEN, faults.offset_of(node.location))
    if allowed is None:
        location = faults.location_of(offset, node.location)
        faults.add(location, place, "an expression is not allowed here", "Write the value itself.")
        return True
    try:
        pieces = split(text)
    except ExpressionError as error:
        more = text.count(OPEN, 0, error.position)
        faults.add(
            faults.location_of(_nth(offset, more, faults), node.location), place, error.message
        )
        return True
    for piece in pieces:
        if isinstance(piece, Expression):
            written = f"{OPEN}{piece.source}{CLOSE}"
            exact = offset >= 0 and faults.text.startswith(written, offset)
            source = _Source(faults, offset, exact, node.location)
            _judge(piece.source, allowed, faults, place, source)
            offset = faults.text.find(OPEN, offset + (len(written) if exact else len(OPEN)))
    return True


def _nth(offset: int, more: int, faults: Faults) -> int:
    """Return where the opening stands that comes `more` openings after the one at `offset`, or -1."""
    for _ in range(more):
        if offset >= 0:
            offset = faults.text.find(OPEN, offset + len(OPEN))
    return offset


@dataclass(frozen=True, slots=True)
class _Source:
    """Where an expression with its `${{` stands in the file; `exact` if it stands there as it is."""

    faults: Faults
    offset: int
    exact: bool
    fallback: Location
    opening: int = len(OPEN)

    def at(self, position: int) -> Location:
        """Return the place of the character at `position` after the opening."""
        more = self.opening + position if self.exact else 0
        return self.faults.location_of(
            self.offset + more if self.offset >= 0 else -1, self.fallback
        )


def _written(text: str, node: Scalar, faults: Faults) -> _Source:
    """Return where the text of a whole scalar stands; it may begin after a quote."""
    begin = faults.offset_of(node.location)
    for skipped in (0, 1):
        if faults.text.startswith(text, begin + skipped):
            return _Source(faults, begin + skipped, True, node.location, opening=0)
    return _Source(faults, -1, False, node.location)


def _judge(text: str, allowed: Availability, faults: Faults, place: str, source: _Source) -> None:
    """Note what is wrong with one expression; spaces around it do not count."""
    spaces = len(text) - len(text.lstrip())
    try:
        parse(text.strip(), contexts=allowed.contexts, functions=allowed.functions)
    except ExpressionError as error:
        message = TAIL.sub("", error.message)
        hint = error.hint
        if message.startswith("Unrecognized named-value"):
            hint = f"Here an expression may use {', '.join(sorted(allowed.contexts))}."
        faults.add(source.at(spaces + error.position), place, message, hint)

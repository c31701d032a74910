"""The one way in which an expression fails, in GitHub's words."""

from bonded.errors import BondedError


class ExpressionError(BondedError):
    """An expression that cannot be read or computed.

    `position` counts characters from 0 and points into the text of the expression; the message, like GitHub's,
    counts from 1.
    """

    def __init__(self, message: str, *, position: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


def located(what: str, raw: str, position: int, text: str) -> ExpressionError:
    """Return the error for the piece `raw` of `text`, worded as GitHub's runner words it."""
    return ExpressionError(
        f"{what}: '{raw}'. Located at position {position + 1} within expression: {text}",
        position=position,
    )

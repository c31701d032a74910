"""`if:` as the runner asks it, with the place of the fault where it cannot be answered."""

from collections.abc import Callable, Mapping
from typing import Any

from bonded.errors import Fault, InvalidInput
from bonded.workflows import templates
from bonded.workflows.document import Scalar
from bonded.workflows.expressions import ExpressionError


def holds(
    condition: Scalar | None,
    view: Mapping[str, Any],
    *,
    status: str,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> bool:
    """Whether an `if:` holds; none means `success()`. Raises InvalidInput where it cannot be evaluated."""
    text = condition.text if condition is not None else None
    try:
        return templates.condition(text, view, status=status, functions=functions)
    except ExpressionError as error:
        assert condition is not None
        raise InvalidInput((Fault(condition.location, error.message, error.hint),)) from None

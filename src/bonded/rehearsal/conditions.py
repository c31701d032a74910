"""`if:`, flags and numbers as the runner asks for them, with the place of the fault where there is no answer."""

from collections.abc import Callable, Mapping
from typing import Any

from bonded.errors import Fault, InvalidInput
from bonded.workflows import templates
from bonded.workflows.document import Scalar
from bonded.workflows.expressions import ExpressionError, to_text, truthy


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


def flag(scalar: Scalar | None, view: Mapping[str, Any], *, default: bool) -> bool:
    """Evaluate a boolean setting of a job; raises InvalidInput."""
    return default if scalar is None else truthy(templates.resolve_node(scalar, view))


def number(scalar: Scalar | None, view: Mapping[str, Any], *, default: float) -> float:
    """Evaluate a numeric setting of a job; raises InvalidInput for what is no number."""
    if scalar is None:
        return default
    value = templates.resolve_node(scalar, view)
    try:
        return float(to_text(value))
    except ValueError:
        fault = Fault(scalar.location, f"expected a number, got '{to_text(value)}'")
        raise InvalidInput((fault,)) from None

from typing import Any

import pytest

from bonded.errors import InvalidInput, Location
from bonded.rehearsal.conditions import holds
from bonded.workflows.document import Scalar

PLACE = Location("release.yml", 3, 9)


def scalar(text: str) -> Scalar:
    return Scalar(location=PLACE, value=text, text=text)


@pytest.mark.parametrize(
    ("text", "status", "answer"),
    [
        (None, "success", True),
        (None, "skipped", False),
        ("", "failure", False),
        ("always()", "cancelled", True),
        ("!cancelled()", "skipped", True),
        ("failure()", "skipped", False),
        ("failure()", "failure", True),
        ("true", "skipped", False),
        ("hashFiles('a') == 'x'", "success", True),
        ("${{ github.no }} && false", "success", True),
    ],
)
def test_conditions_see_the_status(text: str | None, status: str, *, answer: bool) -> None:
    """`success() &&` goes before a condition without a status function; skipped is neither success nor failure."""
    functions: dict[str, Any] = {"hashFiles": lambda _pattern: "x"}
    condition = scalar(text) if text is not None else None

    assert holds(condition, {"github": {}}, status=status, functions=functions) is answer


def test_a_fault_has_its_place() -> None:
    """A condition that cannot be evaluated names file, line and column."""
    with pytest.raises(InvalidInput) as caught:
        holds(scalar("fromJSON('{')"), {}, status="success")

    assert caught.value.faults[0].location == PLACE

"""The `Accept` header against what there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.index.web.accept import PROBLEM, PYTP, accepts, wants_problem


@pytest.mark.parametrize(
    ("wanted", "accept"),
    [
        (False, ""),
        (False, "*/*"),
        (False, "application/json"),
        (False, "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"),
        (True, PYTP),
        (True, PROBLEM),
        (True, f"{PYTP.upper()} ; q=0.2"),
        (True, f"application/json, {PROBLEM}"),
        (False, f"application/json, {PROBLEM};q=0.5"),
        (False, f"{PYTP};q=0"),
    ],
)
def test_a_problem_is_asked_for_by_name(wanted: object, accept: str) -> None:
    """Clients of today get PyPI's shape; who names RFC 9457 or PEP 807 gets a problem."""
    assert wants_problem(accept) is wanted


@given(st.text())
def test_any_header_is_read(accept: str) -> None:
    """No header raises, and who names nothing welcomes everything."""
    wants_problem(accept)
    assert accepts(accept, PYTP) or accept.replace(",", "").strip()

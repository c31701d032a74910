"""Markers that end an installer are told from those that mean something."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import default_environment
from packaging.requirements import Requirement

from bonded.dists.markers import MAX_NESTED, marker_fault


def nested(depth: int) -> str:
    """Return a requirement with a marker in so many brackets."""
    return f"foo; {'(' * depth}python_version > '3'{')' * depth}"


@pytest.mark.parametrize(
    "requirement",
    ["foo", "foo (>=1)", "foo @ https://x.example/a;b", 'foo; python_version >= "3.8"', 'foo; "3.8" <= python_version',
     'foo; platform_release >= "20.0"', 'foo; platform_version > "Darwin"', 'foo; python_version in "2.7, 3.3"',
     'foo; "linux" in sys_platform', 'foo; extra == "a" and os_name != "nt"', 'foo; python_version == "2.7.*"',
     'foo; python_full_version ~= "3.8"', 'foo; os.name == "nt"', nested(MAX_NESTED), "no requirement; at all"],
)  # fmt: skip
def test_what_installers_evaluate_is_no_fault(requirement: str) -> None:
    """Markers of real projects, on whatever machine they are evaluated."""
    assert marker_fault(requirement) is None


@pytest.mark.parametrize(
    ("requirement", "words"),
    [('foo; os_name ~= "posix"', "without a meaning"), ('foo; python_version ~= "x"', "without a meaning"),
     ('foo; "a" == "b"', "without a meaning"), ('foo; "3" > "2"', "without a meaning"),
     ('foo; "x" in extras', "without a meaning"), ('foo; "x" in dependency_groups', "without a meaning"),
     ('foo; python_version > "3" or "a" == "b"', "without a meaning"),
     ('foo; os_name === "posix"', "without a meaning"),
     (nested(MAX_NESTED + 1), "brackets"), (nested(8000), "brackets")],
)  # fmt: skip
def test_what_ends_an_installer_is_a_fault(requirement: str, words: str) -> None:
    """Each of them ends pip with a traceback, for every version of the project."""
    fault = marker_fault(requirement)

    assert fault is not None
    assert words in fault


VARIABLES = st.sampled_from(
    ["python_version", "os_name", "sys_platform", "extra", "extras", "'a'", "'3.8'", "'>=1'"]
)
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in"])
CLAUSES = st.tuples(VARIABLES, OPERATORS, VARIABLES).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=3), st.sampled_from([" and ", " or "]))
def test_what_passes_can_be_evaluated_here(clauses: list[str], join: str) -> None:
    """As pip does it: on this machine, with an extra and without."""
    requirement = f"foo; {join.join(clauses)}"
    if marker_fault(requirement) is None:
        try:
            marker = Requirement(requirement).marker
        except ValueError:
            return
        assert marker is not None
        for extra in ("", "a"):
            environment = {str(k): str(v) for k, v in default_environment().items()}
            assert marker.evaluate({**environment, "extra": extra}) in {True, False}

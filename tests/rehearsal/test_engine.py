import pytest

from bonded.rehearsal.engine import (
    Result,
    combine,
    combine_outputs,
    end_job,
    end_step,
    status_for_job,
    status_for_steps,
)

SUCCESS, FAILURE, CANCELLED, SKIPPED, GAP = (
    Result.SUCCESS,
    Result.FAILURE,
    Result.CANCELLED,
    Result.SKIPPED,
    Result.NOT_REHEARSED,
)


@pytest.mark.parametrize("outcome", list(Result))
@pytest.mark.parametrize("continue_on_error", [True, False])
def test_every_ending_is_decided(outcome: Result, *, continue_on_error: bool) -> None:
    """`continue-on-error` excuses a failure, and nothing else; what was not played stays unknown."""
    ending = end_step(outcome, continue_on_error=continue_on_error)
    excused = outcome is FAILURE and continue_on_error

    assert ending.outcome is outcome
    assert ending.conclusion is (SUCCESS if excused else outcome)
    assert ending.job_status is (
        None if excused or outcome in {SUCCESS, SKIPPED} else ending.conclusion
    )


@pytest.mark.parametrize(
    ("result", "word"),
    [(SUCCESS, "success"), (FAILURE, "failure"), (GAP, "failure"), (CANCELLED, "cancelled")],
)
def test_a_gap_counts_as_a_failure(result: Result, word: str) -> None:
    """What follows a step that was not played sees a failure: nothing may build on a guess."""
    assert result.for_github == word
    assert status_for_steps(result) == word


@pytest.mark.parametrize(
    ("ancestors", "status"),
    [
        ([], "success"),
        ([SUCCESS, SUCCESS], "success"),
        ([SUCCESS, SKIPPED], "skipped"),
        ([SKIPPED, FAILURE], "failure"),
        ([SUCCESS, GAP], "failure"),
        ([FAILURE, CANCELLED], "cancelled"),
    ],
)
def test_a_job_sees_all_its_ancestors(ancestors: list[Result], status: str) -> None:
    """A skipped ancestor makes `success()` false, and not `failure()` true."""
    assert status_for_job(ancestors) == status


@pytest.mark.parametrize(
    ("legs", "result"),
    [
        ([], SUCCESS),
        ([SUCCESS, SUCCESS], SUCCESS),
        ([SUCCESS, SKIPPED], SUCCESS),
        ([SKIPPED, SKIPPED], SKIPPED),
        ([SUCCESS, CANCELLED], CANCELLED),
        ([CANCELLED, FAILURE], FAILURE),
        ([FAILURE, GAP], GAP),
    ],
)
def test_a_matrix_is_as_good_as_its_worst_leg(legs: list[Result], result: Result) -> None:
    """The result that `needs` shows comes from all legs."""
    assert combine(legs) is result


@pytest.mark.parametrize(
    ("status", "continue_on_error", "result"),
    [
        (FAILURE, True, SUCCESS),
        (FAILURE, False, FAILURE),
        (CANCELLED, True, CANCELLED),
        (GAP, True, GAP),
        (SUCCESS, False, SUCCESS),
    ],
)
def test_a_job_may_be_allowed_to_fail(
    status: Result, result: Result, *, continue_on_error: bool
) -> None:
    """Dependents see success where `continue-on-error` excuses the failure of a job."""
    assert end_job(status, continue_on_error=continue_on_error) is result


def test_the_last_output_that_says_something_wins() -> None:
    """Legs of a matrix share their outputs: an empty one hides none that is set."""
    legs = [{"a": "1", "b": ""}, {"a": "", "b": ""}, {"a": "2"}, {"a": ""}]

    assert combine_outputs(legs) == {"a": "2", "b": ""}

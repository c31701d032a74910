"""What follows from what: the results of steps and jobs, as tables.

Everything that decides whether a step or a job runs, and how it counts, stands in this file; nothing here runs
anything. The expression language decides the conditions; this file says which status those conditions see.

GitHub's results are success, failure, cancelled and skipped. A rehearsal knows one more: *not rehearsed*, for a step
that cannot be played here. It counts as a failure for whatever follows, because nothing may build on a guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a step or a job ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    NOT_REHEARSED = "not rehearsed"

    @property
    def for_github(self) -> str:
        """The word that the `steps` and `needs` contexts show."""
        return "failure" if self is Result.NOT_REHEARSED else self.value


@dataclass(frozen=True, slots=True)
class Ending:
    """How a step counts: `outcome` before and `conclusion` after `continue-on-error`."""

    outcome: Result
    conclusion: Result
    job_status: Result | None
    """The new status of the job, None where it stays."""


_ENDINGS: Mapping[tuple[Result, bool], Ending] = {
    (Result.SUCCESS, False): Ending(Result.SUCCESS, Result.SUCCESS, None),
    (Result.SUCCESS, True): Ending(Result.SUCCESS, Result.SUCCESS, None),
    (Result.SKIPPED, False): Ending(Result.SKIPPED, Result.SKIPPED, None),
    (Result.SKIPPED, True): Ending(Result.SKIPPED, Result.SKIPPED, None),
    (Result.FAILURE, False): Ending(Result.FAILURE, Result.FAILURE, Result.FAILURE),
    (Result.FAILURE, True): Ending(Result.FAILURE, Result.SUCCESS, None),
    (Result.CANCELLED, False): Ending(Result.CANCELLED, Result.CANCELLED, Result.CANCELLED),
    (Result.CANCELLED, True): Ending(Result.CANCELLED, Result.CANCELLED, Result.CANCELLED),
    # What was not played cannot be excused: `continue-on-error` would hide that nobody knows its result.
    (Result.NOT_REHEARSED, False): Ending(
        Result.NOT_REHEARSED, Result.NOT_REHEARSED, Result.NOT_REHEARSED
    ),
    (Result.NOT_REHEARSED, True): Ending(
        Result.NOT_REHEARSED, Result.NOT_REHEARSED, Result.NOT_REHEARSED
    ),
}


def end_step(outcome: Result, *, continue_on_error: bool) -> Ending:
    """Return how a step counts that ended with `outcome`."""
    return _ENDINGS[outcome, continue_on_error]


_SEEN = {
    Result.SUCCESS: "success",
    Result.FAILURE: "failure",
    Result.CANCELLED: "cancelled",
    Result.NOT_REHEARSED: "failure",
    Result.SKIPPED: "skipped",
}


def status_for_steps(job_status: Result) -> str:
    """Return what `success()`, `failure()` and `cancelled()` see inside a job."""
    return _SEEN[job_status]


def status_for_job(ancestors: Iterable[Result]) -> str:
    """Return what the status functions see in a job's `if`, from *all* its ancestors.

    A skipped ancestor makes `success()` false without making `failure()` true: that status is `skipped`.
    """
    results = set(ancestors)
    for result in (Result.CANCELLED, Result.NOT_REHEARSED, Result.FAILURE, Result.SKIPPED):
        if result in results:
            return _SEEN[result]
    return "success"


def combine(legs: Iterable[Result]) -> Result:
    """Return the result of a matrix job from those of its legs."""
    results = list(legs)
    for worst in (Result.NOT_REHEARSED, Result.FAILURE, Result.CANCELLED):
        if worst in results:
            return worst
    if results and all(result is Result.SKIPPED for result in results):
        return Result.SKIPPED
    return Result.SUCCESS


def end_job(status: Result, *, continue_on_error: bool) -> Result:
    """Return what `needs.<job>.result` shows: a failure that may be ignored counts as success."""
    if status is Result.FAILURE and continue_on_error:
        return Result.SUCCESS
    return status


def combine_outputs(legs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return a matrix job's outputs: of each name the last value that is not empty."""
    outputs: dict[str, str] = {}
    for leg in legs:
        for name, value in leg.items():
            if value or name not in outputs:
                outputs[name] = value
    return outputs

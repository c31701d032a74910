"""The order of jobs: every need exists, nothing waits for itself, something can start.

The three sentences are GitHub's own, because people search for them.
"""

from collections.abc import Mapping

from bonded.errors import Location
from bonded.workflows.document import Scalar
from bonded.workflows.faults import Faults, below, nearest
from bonded.workflows.reading_parts import text_of


def check_needs(
    needs: Mapping[str, tuple[Scalar, ...]], location: Location, faults: Faults
) -> None:
    """Note unknown needs and cycles; `location` is that of the block of jobs."""
    if all(needs.values()):
        message = "The workflow must contain at least one job with no dependencies."
        faults.add(location, "jobs", message)
    waiting = _never_ready(needs)
    for job in waiting:
        place = below(below("jobs", job), "needs")
        for need in needs[job]:
            name = text_of(need)
            if name not in needs:
                message = f"Job '{job}' depends on unknown job '{name}'."
                meant = nearest(name, tuple(needs)).removeprefix("; ").capitalize()
                faults.add(need.location, place, message, meant)
            elif name in waiting and _reaches(name, job, needs):
                message = (
                    f"Job '{job}' depends on job '{name}' "
                    "which creates a cycle in the dependency graph."
                )
                faults.add(need.location, place, message)


def _never_ready(needs: Mapping[str, tuple[Scalar, ...]]) -> tuple[str, ...]:
    """Return the jobs that would wait for ever, in the order of the file."""
    done: set[str] = set()
    left = dict(needs)
    while ready := [job for job, wanted in left.items() if done.issuperset(map(text_of, wanted))]:
        done.update(ready)
        left = {job: wanted for job, wanted in left.items() if job not in done}
    return tuple(left)


def _reaches(start: str, goal: str, needs: Mapping[str, tuple[Scalar, ...]]) -> bool:
    """Say whether `start` needs `goal`, directly or not."""
    seen: set[str] = set()
    open_ = [start]
    while open_:
        job = open_.pop()
        if job == goal:
            return True
        if job not in seen:
            seen.add(job)
            open_.extend(text_of(need) for need in needs.get(job, ()))
    return False

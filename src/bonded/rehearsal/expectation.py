"""Which indexes a release must reach: those that its publishing steps name, where their conditions hold.

A step whose index only a run can tell (an expression, a variable or a name of its own in its place, or two upload
commands in one script) expects nothing: what is not known beforehand cannot be missed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bonded.rehearsal import plan
from bonded.workflows.publishing import Publishing, publishings


def expected_indexes(
    found: Sequence[Publishing], world: Callable[[Publishing], Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Return each index that must receive a file, with the ids of the jobs that publish there.

    `world` gives the contexts known before the play (`github`, `vars`, `inputs`).
    """
    jobs: dict[str, dict[str, None]] = {}
    for publishing in found:
        if is_certain(publishing) and plan.plays(publishing, world(publishing)):
            jobs.setdefault(publishing.index, {})[publishing.job.id] = None
    return {index: tuple(ids) for index, ids in jobs.items()}


def is_certain(publishing: Publishing) -> bool:
    """Whether the workflow's text alone says which index a step publishes to."""
    several = [p for p in publishings(publishing.workflow) if p.step is publishing.step]
    return publishing.index in {"pypi", "testpypi"} and len(several) == 1

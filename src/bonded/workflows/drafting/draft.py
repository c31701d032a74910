"""A workflow file on its way from what it was to what it should be: its text, its meaning and its tree."""

from collections.abc import Iterator
from dataclasses import dataclass

from bonded.errors import BondedError
from bonded.workflows.document import Mapping, Scalar, Sequence, read_document
from bonded.workflows.model import Workflow
from bonded.workflows.reading import read_workflow

__all__ = ["Draft", "NotUnderstood", "read_draft"]


class NotUnderstood(BondedError):
    """A place of the workflow that a person has to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One state of the file."""

    text: str
    workflow: Workflow
    root: Mapping

    def job(self, job: str) -> Mapping:
        """Return the mapping of a job."""
        jobs = self.root.get("jobs")
        node = jobs.get(job) if isinstance(jobs, Mapping) else None
        assert isinstance(node, Mapping)
        return node

    def steps(self, job: str) -> Sequence:
        """Return the list of a job's steps."""
        node = self.job(job).get("steps")
        assert isinstance(node, Sequence)
        return node

    def step(self, job: str, index: int) -> Mapping:
        """Return the mapping of a step."""
        node = self.steps(job).items[index]
        assert isinstance(node, Mapping)
        return node

    def scripts(self, jobs: tuple[str, ...]) -> Iterator[tuple[str, int, Mapping, Scalar]]:
        """Return every script of these jobs: job, index, step and the script's node."""
        for job in self.workflow.jobs:
            if job.id in jobs:
                for step in job.steps:
                    node = self.step(job.id, step.index)
                    run = node.get("run")
                    if isinstance(run, Scalar):
                        yield job.id, step.index, node, run


def read_draft(text: str, path: str) -> Draft:
    """Return the file as it stands; raises InvalidInput where GitHub would refuse it."""
    workflow = read_workflow(text, path)
    root = read_document(text, path)
    assert isinstance(root, Mapping)
    return Draft(text=text, workflow=workflow, root=root)

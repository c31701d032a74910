"""The publishing action needs Docker on a Linux runner."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.document import Scalar
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Job
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look where the publishing action runs."""
    for publishing in case.publishings:
        why = _why(publishing.job) if publishing.tool == "action" else ""
        if why:
            yield rule.finding(
                case.at(publishing.text), f"the action starts a container, and {why}"
            )


def _why(job: Job) -> str:
    if job.container is not None:
        return f"the job `{job.id}` is in one already"
    runner = job.runs_on.text if isinstance(job.runs_on, Scalar) else ""
    if runner.startswith(("macos", "windows")):
        return f"there is no Docker for it on {runner}"
    return ""


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
{container}    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="docker-in-container",
    alias="T25",
    severity=Severity.ERROR,
    title="The publishing action runs where it cannot start a container.",
    reason="pypa/gh-action-pypi-publish is a Docker action. It works on Linux runners only, and not "
    "inside a job container.",
    remedy="Publish in a job of its own on `ubuntu-latest`, without `container`.",
    bad=Example(workflow=WORKFLOW.format(container="    container: python:3.13\n")),
    good=Example(workflow=WORKFLOW.format(container="")),
    find=find,
)

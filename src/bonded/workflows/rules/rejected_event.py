"""An event that PyPI rejects, or that strangers control, starts publishing."""

from collections.abc import Iterable, Iterator

from bonded.publishers.github import BANNED_EVENTS
from bonded.workflows.case import Case
from bonded.workflows.document import Scalar
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Trigger
from bonded.workflows.publishing import Publishing, way_to
from bonded.workflows.reach import other, reaches
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Judge each trigger with each publishing step; one finding for each trigger."""
    for trigger in case.workflow.triggers:
        for publishing in case.publishings:
            if publishing.trusted and (found := _judged(case, trigger, publishing)):
                message, severity = found
                yield rule.finding(case.at(trigger.location), message, severity=severity)
                break


def _judged(case: Case, trigger: Trigger, publishing: Publishing) -> tuple[str, Severity] | None:
    event, job = trigger.event, publishing.job
    reached = reaches(case.workflow, other(event), job, publishing.step)
    if event in BANNED_EVENTS and reached is not False:
        severity = Severity.ERROR if reached else Severity.INFO
        return f"`{event}` reaches the job `{job.id}`, and PyPI refuses its tokens", severity
    if event == "pull_request" and reached:
        message = (
            f"a pull request reaches the job `{job.id}`; one of a fork gets no ID token, and "
            "its job fails"
        )
        return message, Severity.WARNING
    if event == "workflow_run" and reached is not False and not _asks_conclusion(case, publishing):
        message = f"`workflow_run` reaches the job `{job.id}` also when the other workflow failed"
        return message, Severity.WARNING
    return None


def _asks_conclusion(case: Case, publishing: Publishing) -> bool:
    return any("conclusion" in text for text in _texts(case, publishing))


def _texts(case: Case, publishing: Publishing) -> Iterator[str]:
    for job in way_to(case.workflow, publishing.job):
        parts: list[Scalar | None] = [job.condition]
        for step in job.steps:
            parts += [step.condition, step.run]
        yield from (part.text for part in parts if part is not None)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
  {event}:
jobs:
  publish:
    if: {condition}
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="rejected-event",
    alias="T4",
    severity=Severity.ERROR,
    title="An event that PyPI rejects, or that strangers control, starts publishing.",
    reason="PyPI refuses tokens of `pull_request_target`; forks get no token at all; `workflow_run` "
    "starts whatever the other workflow's conclusion was.",
    remedy="Publish at a tag or a release, or keep the job out by `if:`.",
    bad=Example(
        workflow=WORKFLOW.format(event="pull_request_target", condition="github.ref != ''")
    ),
    good=Example(
        workflow=WORKFLOW.format(
            event="pull_request_target", condition="github.event_name == 'push'"
        )
    ),
    find=find,
)

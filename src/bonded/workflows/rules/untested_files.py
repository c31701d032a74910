"""The published files are not the tested ones."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Job
from bonded.workflows.publishing import Publishing, ancestors, builds, tests
from bonded.workflows.reach import paths_to, reaches
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare the jobs that test with those that publishing waits for."""
    testing = [job for job in case.workflow.jobs if any(tests(step) for step in job.steps)]
    for publishing in {p.job.id: p for p in case.publishings if p.index == "pypi"}.values():
        before = ancestors(case.workflow, publishing.job)
        waits_for = [job for job in testing if job in before]
        if publishing.job in testing:
            continue
        missed = [job for job in testing if _runs_too(case, publishing, job)]
        if missed and not waits_for:
            names = ", ".join(f"`{job.id}`" for job in missed)
            message = (
                f"the job `{publishing.job.id}` publishes without waiting for the tests in {names}"
            )
            yield rule.finding(case.at(publishing.job.location), message)
        elif waits_for and any(builds(step) for step in publishing.job.steps):
            message = (
                f"the job `{publishing.job.id}` publishes a build of its own, "
                f"not the one that `{waits_for[0].id}` tested"
            )
            yield rule.finding(case.at(publishing.job.location), message, severity=Severity.INFO)


def _runs_too(case: Case, publishing: Publishing, job: Job) -> bool:
    """Say whether a job runs whenever something is published."""
    events = paths_to(case, publishing)
    return bool(events) and all(reaches(case.workflow, event, job) for event in events)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: pytest
  publish:
{needs}    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: dist
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="untested-files",
    alias="T6",
    severity=Severity.WARNING,
    title="What is published was not tested.",
    reason="Jobs without `needs` between them run at the same time: the release is out before the "
    "tests have failed. And a second build can differ from the one that was tested.",
    remedy="Build once, test what was built, and let publishing need both jobs.",
    bad=Example(workflow=WORKFLOW.format(needs="")),
    good=Example(workflow=WORKFLOW.format(needs="    needs: test\n")),
    find=find,
)

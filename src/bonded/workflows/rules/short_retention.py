"""The files may be gone before somebody approves the release."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import action, ancestors, given
from bonded.workflows.rule import Example, Rule

ENOUGH = 5  # a long weekend; an approval can wait for 30 days


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at uploads on the way to a publishing job that an environment can hold back."""
    waiting = [one.job for one in case.publishings if one.job.environment is not None]
    jobs = {job.id: job for one in waiting for job in ancestors(case.workflow, one)}
    for job in jobs.values():
        for step in job.steps:
            days = (
                given(step, "retention-days") if action(step) == "actions/upload-artifact" else None
            )
            short = days is not None and days.text.isdecimal() and 0 < int(days.text) < ENOUGH
            if days is not None and short and any(_takes(one, step) for one in waiting):
                message = (
                    f"the files are kept for {days.text} day(s), and an approval may take longer"
                )
                fix = Fix(
                    title=f"keep them for {ENOUGH} days", edits=(Edit(*days.span, str(ENOUGH)),)
                )
                yield rule.finding(case.at(days), message, fix=fix)


def _takes(job: Job, upload: Step) -> bool:
    """Say whether a job downloads what a step uploads, as far as the names tell."""
    name = given(upload, "name")
    for step in job.steps:
        if action(step) == "actions/download-artifact":
            wanted = given(step, "name")
            if given(step, "artifact-ids"):
                continue
            if wanted is None or name is None or "$" in wanted.text + name.text:
                return True
            if wanted.text == name.text:
                return True
    return False


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: uv build
      - uses: actions/upload-artifact@v7
        with:
          name: dist
          path: dist
          retention-days: {days}
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
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
    id="short-retention",
    alias="T24",
    severity=Severity.INFO,
    title="The files may be gone before somebody approves the release.",
    reason="An environment can make a job wait up to 30 days for a reviewer. Artifacts are deleted "
    "after `retention-days`.",
    remedy="Keep the built files for as long as an approval may take.",
    bad=Example(workflow=WORKFLOW.format(days=1)),
    good=Example(workflow=WORKFLOW.format(days=14)),
    find=find,
)

"""The job that holds the identity also builds, or runs the project's code."""

import re
from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import BEGIN, action, builds, commands, has_id_token, tests
from bonded.workflows.rule import Example, Rule

CODE = re.compile(
    rf"{BEGIN}(?:pip3?[ \t]+install[ \t]+(?:[^\n]*[ \t])?\.(?=[\s\[]|$)|uv[ \t]+(?:sync|run)\b|hatch[ \t]+run|make\b|"
    r"python3?[ \t]+setup\.py\b|pdm[ \t]+install|poetry[ \t]+install)",
    re.MULTILINE,
)


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Name the worst that each trusted publishing job does besides publishing."""
    jobs = {p.job.id: p for p in case.publishings if p.trusted}
    for publishing in jobs.values():
        if not has_id_token(case.workflow, publishing.job):
            continue
        worst = max((_judged(publishing.job, step) for step in publishing.job.steps), default=None)
        if worst is not None and worst[0]:
            severity, index, words = worst
            step = publishing.job.steps[-index]
            thing = step.run or step.uses
            message = f"the job `{publishing.job.id}` can ask for an ID token, and it {words}"
            yield rule.finding(case.at(thing), message, severity=Severity(severity))


def _judged(job: Job, step: Step) -> tuple[int, int, str]:
    """Return how bad a step is beside publishing, its place counted from the end (the first wins), and the words."""
    place = len(job.steps) - job.steps.index(step)
    if builds(step):
        return (
            Severity.WARNING,
            place,
            "builds: whatever the build runs can publish in the project's name",
        )
    if tests(step) or CODE.search(commands(step)):
        return Severity.WARNING, place, "runs the project's code, which can publish in its name"
    if action(step) == "actions/checkout":
        return (
            Severity.INFO,
            place,
            "checks the repository out; publishing needs only the built files",
        )
    return 0, 0, ""


RULE = Rule(
    id="build-in-publish-job",
    alias="T5",
    severity=Severity.WARNING,
    title="The publishing job builds or runs the project's code.",
    reason="Every step of a job with `id-token: write` can get the upload token: a build back end, a "
    "plugin and each of their dependencies too. With a job of its own, publishing trusts the "
    "built files and nothing else.",
    remedy="Build in a job without `id-token`, hand the files over as an artifact, and only publish "
    "here.",
    bad=Example(
        workflow="""\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: actions/checkout@v7
      - run: python -m build
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    ),
    good=Example(
        workflow="""\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: python -m build
      - uses: actions/upload-artifact@v7
        with:
          path: dist
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: artifact
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    ),
    find=find,
)

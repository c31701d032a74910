"""PyPI and TestPyPI are published to from the same environment."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare the environments of the jobs that publish to either."""
    used: dict[str, set[str]] = {"pypi": set(), "testpypi": set()}
    for publishing in case.publishings:
        environment = publishing.job.environment
        if environment and "$" not in environment.name.text and publishing.index in used:
            used[publishing.index].add(environment.name.text.lower())
    shared = used["pypi"] & used["testpypi"]
    for publishing in case.publishings:
        environment = publishing.job.environment
        if (
            environment
            and publishing.index == "testpypi"
            and environment.name.text.lower() in shared
        ):
            message = f"`{environment.name.text}` is the environment of PyPI and of TestPyPI"
            yield rule.finding(case.at(environment.name), message)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  try:
    runs-on: ubuntu-latest
    environment: {name}
    permissions:
      id-token: write
    steps:
      - run: uv publish --index testpypi
  publish:
    needs: try
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - run: uv publish
"""

RULE = Rule(
    id="shared-environment",
    alias="T19",
    severity=Severity.WARNING,
    title="PyPI and TestPyPI are published to from the same environment.",
    reason="The rules that guard a release (who approves it, from which tags) then guard or hinder "
    "both, and the trial has the identity of the real thing.",
    remedy="Give TestPyPI an environment of its own, and register it there.",
    bad=Example(workflow=WORKFLOW.format(name="pypi")),
    good=Example(workflow=WORKFLOW.format(name="testpypi")),
    find=find,
)

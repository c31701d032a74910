"""The publishing job runs in no environment."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Name each job that publishes to PyPI by its identity, in no environment."""
    for job in dict.fromkeys(p.job.id for p in case.publishings if p.trusted and p.index == "pypi"):
        node = case.workflow.job(job)
        if node.environment is None:
            message = (
                f"the job `{job}` publishes in no environment, so every job of this file could"
            )
            yield rule.finding(case.at(node.location), message)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest{environment}
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="no-environment",
    alias="T2",
    severity=Severity.INFO,
    title="The publishing job runs in no environment.",
    reason="An environment at GitHub holds the rules of a release: who approves it, and from which "
    "tags. A publisher that is bound to it trusts one job instead of every job of the file.",
    remedy="Make an environment at GitHub, name it in the job, and in the publisher.",
    bad=Example(workflow=WORKFLOW.format(environment="")),
    good=Example(workflow=WORKFLOW.format(environment="\n    environment: pypi")),
    find=find,
)

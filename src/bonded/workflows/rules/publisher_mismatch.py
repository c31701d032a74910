"""The workflow that publishes is not the one that is registered."""

from collections.abc import Iterable

from bonded.publishers import Mismatch, from_fields
from bonded.workflows.case import Case, Facts, Registered
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.identity import verdicts
from bonded.workflows.rule import Example, Rule

WORKFLOW = """\
on:
  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

ELSEWHERE = (
    "Register the publisher anew for this repository and mend `[[tool.bonded.publishers]]`; "
    "or mend the git remote or `[project.urls]`, which name the repository, in this order."
)


def _registered(file: str) -> Facts:
    publisher = from_fields(
        "github",
        {
            "repository_owner": "octo",
            "repository_owner_id": "1",
            "repository_name": "tool",
            "workflow_filename": file,
        },
    )
    return Facts(registered=(Registered(index="pypi", project="tool", publisher=publisher),))


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Ask the kernel, and keep what it says about anything but the environment."""
    for publishing, selection in verdicts(case):
        others = [one for one in selection.mismatches if one.claim != "environment"]
        if others and selection.nearest is not None:
            title = selection.nearest.publisher.title
            says = "; ".join(dict.fromkeys(_sentence(one) for one in others))
            message = (
                f"no publisher registered at {publishing.index} is this job; the nearest is "
                f"{title}: {says}"
            )
            named = selection.nearest.publisher.to_fields().get("workflow_filename")
            hint = ELSEWHERE if named == publishing.workflow.filename else ""
            yield rule.finding(case.at(publishing.text), message, hint=hint)


def _sentence(one: Mismatch) -> str:
    return f"its `{one.claim}` must be {one.expected}, and here it is {one.got}"


RULE = Rule(
    id="publisher-mismatch",
    alias="T1",
    severity=Severity.ERROR,
    title="The workflow, owner or repository is not that of the registered publisher.",
    reason="PyPI compares the name of the workflow's file letter for letter, its ending included, "
    "and the repository too. The upload fails with `invalid-publisher`, at the end of a "
    "release.",
    remedy="Rename the workflow's file, or register the publisher anew and mend "
    "`[[tool.bonded.publishers]]`.",
    bad=Example(
        workflow=WORKFLOW,
        about="in `release.yml`, with a publisher registered for `release.yaml`",
        facts=_registered("release.yaml"),
    ),
    good=Example(
        workflow=WORKFLOW,
        about="in `release.yml`, with a publisher registered for `release.yml`",
        facts=_registered("release.yml"),
    ),
    find=find,
)

"""The publishing job runs in another environment than the one that is registered."""

from collections.abc import Iterable

from bonded.publishers import from_fields
from bonded.workflows import edits
from bonded.workflows.case import Case, Facts, Registered
from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.identity import verdicts
from bonded.workflows.model import Job
from bonded.workflows.rule import Example, Rule

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


def _facts() -> Facts:
    publisher = from_fields(
        "github",
        {
            "repository_owner": "octo",
            "repository_owner_id": "1",
            "repository_name": "tool",
            "workflow_filename": "release.yml",
            "environment": "pypi",
        },
    )
    return Facts(registered=(Registered(index="pypi", project="tool", publisher=publisher),))


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Ask the kernel, and keep what it says about the environment."""
    for publishing, selection in verdicts(case):
        wrong = [one for one in selection.mismatches if one.claim == "environment"]
        if not wrong or len(selection.mismatches) > 1:
            continue
        job, wanted = publishing.job, wrong[0].expected
        says = f"`{wrong[0].got}`" if wrong[0].got else "none"
        message = (
            f"the publisher at {publishing.index} wants the environment `{wanted}`, and the "
            f"job `{job.id}` has {says}"
        )
        place = case.at(job.environment.name if job.environment else job.location)
        yield rule.finding(place, message, fix=_fix(case, job, wanted))


def _fix(case: Case, job: Job, wanted: str) -> Fix:
    node = case.job_node(job)
    current = node.get("environment")
    name = current.get("name") if isinstance(current, Mapping) else current
    if isinstance(name, Scalar) and name.text:
        edit = edits.replace_scalar(case.source, name, wanted)
    elif current is not None:
        edit = edits.replace_value(case.source, node, "environment", wanted)
    else:
        edit = edits.insert_key(case.source, node, "environment", wanted, after="runs-on")
    return Fix(title=f"run the job in the environment `{wanted}`", edits=(edit,))


RULE = Rule(
    id="environment-mismatch",
    alias="T2",
    severity=Severity.ERROR,
    title="The publishing job does not run in the environment of the registered publisher.",
    reason="A publisher with an environment takes no token of another one, or without one. Letter "
    "case does not count. A publisher without environment takes tokens of any.",
    remedy="Give the job the registered environment.",
    bad=Example(
        workflow=WORKFLOW.format(environment=""),
        about="with a publisher registered for the environment `pypi`",
        facts=_facts(),
    ),
    good=Example(
        workflow=WORKFLOW.format(environment="\n    environment: PyPI"),
        about="with a publisher registered for the environment `pypi`",
        facts=_facts(),
    ),
    find=find,
)

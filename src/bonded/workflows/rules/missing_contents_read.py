"""A job checks out a repository that it may not read."""

from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job
from bonded.workflows.permissions import deciding_block, granted
from bonded.workflows.publishing import EVENT, action, given
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at jobs with permissions that leave `contents` out, in a workflow that publishes.

    A project that publishes and shows where its repository is has a public one.
    """
    public = case.facts.repository is not None and "Private ::" not in str(case.facts.pyproject)
    for job in case.workflow.jobs if case.publishings and not public else ():
        block = deciding_block(case.workflow, job)
        if block is None or granted(case.workflow, job, event=EVENT)["contents"] != "none":
            continue
        for step in job.steps:
            own = given(step, "token") is None and given(step, "repository") is None
            if action(step) == "actions/checkout" and own:
                message = (
                    f"the job `{job.id}` checks out without `contents: read`; in a private "
                    "repository it fails"
                )
                yield rule.finding(case.at(step.uses), message, fix=_fix(case, job))
                break


def _fix(case: Case, job: Job) -> Fix | None:
    node = case.job_node(job)
    block = node.get("permissions")
    if isinstance(block, Mapping) and block.entries:
        if block.get("contents") is not None:
            edit = edits.replace_value(case.source, block, "contents", "read")
        else:
            first = block.entries[0][0].text
            edit = edits.insert_key(case.source, block, "contents", "read", before=first)
    elif isinstance(block, Mapping):
        edit = edits.insert_key(case.source, block, "contents", "read")
    elif block is None and node.get("runs-on") is not None:
        data = {"contents": "read"}
        if case.workflow.permissions is not None:
            data = {**data, **case.workflow.permissions.scopes, "contents": "read"}
        edit = edits.insert_key(case.source, node, "permissions", data, after="runs-on")
    else:
        return None
    return Fix(title="let the job read the repository", edits=(edit,))


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
{contents}      id-token: write
    steps:
      - uses: actions/checkout@v7
      - run: uv build
      - run: uv publish
"""

RULE = Rule(
    id="missing-contents-read",
    alias="T13",
    severity=Severity.INFO,
    title="A job checks out a repository that it may not read.",
    reason="Permissions that name some scopes leave all others at none. A public repository can be "
    "read all the same, a private one cannot.",
    remedy="Add `contents: read`.",
    bad=Example(workflow=WORKFLOW.format(contents="")),
    good=Example(workflow=WORKFLOW.format(contents="      contents: read\n")),
    find=find,
)

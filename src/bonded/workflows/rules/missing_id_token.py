"""A job publishes by its identity, and gets no ID token."""

from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job
from bonded.workflows.permissions import why_no_id_token
from bonded.workflows.publishing import EVENT
from bonded.workflows.rule import Example, Rule

# These can do nothing without either; others may find credentials elsewhere.
IDENTITY_ONLY = frozenset({"action", "bonded"})


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Ask what the server would allow each job that publishes without a password."""
    called = "workflow_call" in {trigger.event for trigger in case.workflow.triggers}
    for publishing in {p.job.id: p for p in case.publishings if p.trusted}.values():
        job = publishing.job
        if called and job.permissions is None:
            continue  # the caller decides
        why = why_no_id_token(case.workflow, job, event=EVENT)
        if not why or publishing.index in {"other", ""}:
            continue
        severity = rule.severity if publishing.tool in IDENTITY_ONLY else Severity.INFO
        message = f"the job `{job.id}` gets no ID token. {why}"
        yield rule.finding(
            case.at(publishing.text), message, severity=severity, fix=_fix(case, job)
        )


def _fix(case: Case, job: Job) -> Fix | None:
    node = case.job_node(job)
    block = node.get("permissions")
    if isinstance(block, Mapping) and block.get("id-token") is not None:
        edit = edits.replace_value(case.source, block, "id-token", "write")
    elif isinstance(block, Mapping):
        edit = edits.insert_key(case.source, block, "id-token", "write")
    elif block is not None:
        return None
    else:
        inherited = case.workflow.permissions
        if inherited is not None and inherited.shorthand:
            return None
        scopes = dict(inherited.scopes) if inherited else {"contents": "read"}
        data = {**scopes, "id-token": "write"}
        after = "runs-on" if node.get("runs-on") is not None else None
        edit = edits.insert_key(case.source, node, "permissions", data, after=after)
    return Fix(title="allow the job an ID token", edits=(edit,))


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
permissions: {{}}
jobs:
  publish:
    runs-on: ubuntu-latest
{permissions}    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="missing-id-token",
    alias="T13",
    severity=Severity.ERROR,
    title="A job publishes by its identity, and gets no ID token.",
    reason="`id-token` never comes by default, and a job's `permissions` replace the workflow's as a "
    "whole. Without it the job cannot prove who it is.",
    remedy="Give the publishing job `id-token: write`.",
    bad=Example(workflow=WORKFLOW.format(permissions="")),
    good=Example(workflow=WORKFLOW.format(permissions="    permissions:\n      id-token: write\n")),
    find=find,
)

"""A long-lived secret still publishes."""

import re
from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import (
    CREDENTIALS,
    Publishing,
    entries,
    given,
    handed_secrets,
    has_id_token,
)
from bonded.workflows.rule import Example, Rule

MAKER = "steps."


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at passwords of publishing steps that go to PyPI or TestPyPI."""
    for publishing in case.publishings:
        secret = _secret(case, publishing)
        if publishing.trusted or publishing.index == "other" or secret is None:
            continue
        if MAKER in secret.text:  # a step made it, so it is no secret that lives long
            continue
        message = "this upload uses a stored secret, which anybody who gets it can use until it is revoked"
        if publishing.tool == "action" and has_id_token(case.workflow, publishing.job):
            message = (
                "with a `password` the action uses no ID token and makes no attestations, "
                "though the job could"
            )
        yield rule.finding(case.at(secret), message, fix=_fix(case, publishing))
    for _, name, scalar in handed_secrets(case.workflow):
        message = (
            f"`{name}` hands this step a stored secret for uploads, which anybody who gets it can "
            "use until it is revoked"
        )
        yield rule.finding(case.at(scalar), message)


def _secret(case: Case, publishing: Publishing) -> Scalar | None:
    """Return the value that holds the secret."""
    step, job = publishing.step, publishing.job
    if publishing.tool == "action":
        return given(step, "password")
    for node in (step.env, job.env, case.workflow.env):
        for name, value in entries(node):
            used = name in CREDENTIALS or re.search(rf"\b{re.escape(name)}\b", publishing.option)
            if used and "secrets." in value.text:
                return value
    return step.run if "secrets." in publishing.option else None


def _fix(case: Case, publishing: Publishing) -> Fix | None:
    """Take the inputs of the action away, where the job has an ID token already."""
    if publishing.tool != "action" or not has_id_token(case.workflow, publishing.job):
        return None
    step = case.step_node(publishing.job, publishing.step)
    inputs = step.get("with")
    if not isinstance(inputs, Mapping):
        return None
    names = [key for key, _ in inputs if key.lower() in {"user", "password"}]
    if len(names) == len(inputs.entries):
        found = [edits.remove_key(case.source, step, "with")]
    else:
        found = [edits.remove_key(case.source, inputs, name) for name in names]
    return Fix(title="publish by identity", edits=tuple(found), safe=False)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
{inputs}"""

RULE = Rule(
    id="leftover-secret",
    alias="T14",
    severity=Severity.WARNING,
    title="A long-lived secret still publishes.",
    reason="An API token works from anywhere until somebody revokes it. Beside a password, the "
    "action makes no attestations.",
    remedy="Register a trusted publisher, remove the secret here and in the repository's settings, "
    "and revoke it.",
    bad=Example(
        workflow=WORKFLOW.format(
            inputs="        with:\n          password: ${{ secrets.PYPI_TOKEN }}\n"
        )
    ),
    good=Example(workflow=WORKFLOW.format(inputs="")),
    find=find,
)

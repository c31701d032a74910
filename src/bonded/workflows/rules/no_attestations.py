"""Files are published without attestations."""

import re
from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job
from bonded.workflows.publishing import Publishing, action, action_ref, commands, given
from bonded.workflows.rule import Example, Rule

OLD = re.compile(r"v1\.(\d+)(?:\.\d+)?")
FIRST = 11  # gh-action-pypi-publish 1.11 makes them unless told otherwise
SWITCHED_OFF = re.compile(r"--attestations[ =][\"']?off\b")
MAKERS = frozenset({"astral-sh/attest-action", "actions/attest", "actions/attest-build-provenance"})


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Judge each step that publishes to PyPI."""
    called = {"workflow_call"} == {trigger.event for trigger in case.workflow.triggers}
    for publishing in case.publishings:
        if publishing.index != "pypi" or called:
            continue
        wanted = given(publishing.step, "attestations")
        if publishing.tool == "bonded":
            if publishing.trusted and SWITCHED_OFF.search(commands(publishing.step)):
                message = "attestations are switched off"
                yield rule.finding(case.at(publishing.text), message)
        elif publishing.tool != "action":
            if publishing.trusted and not _attested(publishing.job):
                message = f"`{publishing.tool}` uploads no attestations, because no step before it makes any"
                yield rule.finding(case.at(publishing.text), message)
        elif wanted is not None and wanted.text == "false":
            yield rule.finding(
                case.at(wanted), "attestations are switched off", fix=_fix(case, publishing)
            )
        elif wanted is not None and wanted.text == "true" and not publishing.trusted:
            message = "attestations need trusted publishing, and this step has a password"
            yield rule.finding(case.at(wanted), message, severity=Severity.WARNING)
        elif (old := OLD.fullmatch(action_ref(publishing.step))) and int(old[1]) < FIRST:
            message = f"version {old[0]} of the action makes no attestations by itself"
            yield rule.finding(case.at(publishing.text), message)


def _attested(job: Job) -> bool:
    return any(
        action(step) in MAKERS or "attest" in (step.run.text if step.run else "")
        for step in job.steps
    )


def _fix(case: Case, publishing: Publishing) -> Fix | None:
    step = case.step_node(publishing.job, publishing.step)
    inputs = step.get("with")
    if not isinstance(inputs, Mapping):
        return None
    if len(inputs.entries) == 1:
        edit = edits.remove_key(case.source, step, "with")
    else:
        edit = edits.remove_key(case.source, inputs, "attestations")
    return Fix(title="attest what is published", edits=(edit,), safe=False)


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
        with:
          verbose: true
{attestations}"""

RULE = Rule(
    id="no-attestations",
    alias="T15",
    severity=Severity.INFO,
    title="Files are published without attestations.",
    reason="An attestation lets whoever installs a file see which repository and workflow built it.",
    remedy="Leave `attestations` of the publishing action as it is, or run astral-sh/attest-action "
    "before `uv publish`, or let `bonded publish` make them.",
    bad=Example(workflow=WORKFLOW.format(attestations="          attestations: false\n")),
    good=Example(workflow=WORKFLOW.format(attestations="")),
    find=find,
)

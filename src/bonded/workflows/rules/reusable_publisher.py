"""The publishing job is in a reusable workflow."""

import re
from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import Publishing, commands, given, has_id_token
from bonded.workflows.rule import Example, Rule

FOREIGN = re.compile(r"[\w.-]+/[\w.-]+/\.github/workflows/([^@]*pypi[^@]*)@", re.IGNORECASE)
OFF = {"false"}
ATTESTING = frozenset({"action", "bonded"})
SWITCHED_OFF = re.compile(r"--attestations[ =][\"']?off\b")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at jobs that call another repository's workflow, and at publishing steps in a workflow that is called."""
    for job in case.workflow.jobs:
        if (
            job.uses is not None
            and FOREIGN.match(job.uses.text)
            and has_id_token(case.workflow, job)
        ):
            message = (
                f"the job `{job.id}` leaves publishing to a workflow of another repository; "
                "its ID token names that workflow, and PyPI wants one of the project's own repository"
            )
            yield rule.finding(case.at(job.uses), message)
    events = {trigger.event for trigger in case.workflow.triggers}
    if "workflow_call" not in events:
        return
    for publishing in case.publishings:
        if publishing.tool in ATTESTING and publishing.trusted and _attests(publishing):
            message = (
                "attestations that a called workflow makes name its caller, "
                "and PyPI compares them with the publisher, which names this file"
            )
            severity = Severity.ERROR if events == {"workflow_call"} else Severity.INFO
            yield rule.finding(
                case.at(publishing.text), message, severity=severity, fix=_fix(case, publishing)
            )


def _attests(publishing: Publishing) -> bool:
    if publishing.tool == "bonded":
        return SWITCHED_OFF.search(commands(publishing.step)) is None
    attestations = given(publishing.step, "attestations")
    return attestations is None or attestations.text.strip() not in OFF


def _fix(case: Case, publishing: Publishing) -> Fix | None:
    step = case.step_node(publishing.job, publishing.step)
    inputs = step.get("with")
    if publishing.tool != "action":
        return None
    if given(publishing.step, "attestations") is not None:
        return None
    if isinstance(inputs, Mapping):
        edit = edits.insert_key(case.source, inputs, "attestations", False)
    else:
        edit = edits.insert_key(case.source, step, "with", {"attestations": False})
    return Fix(title="publish without attestations", edits=(edit,), safe=False)


WORKFLOW = """\
on:
  workflow_call:
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="reusable-publisher",
    alias="T3",
    severity=Severity.ERROR,
    title="A reusable workflow publishes in a way that PyPI does not take.",
    reason="An ID token names the called file, so a publisher must name it, and PyPI takes only "
    "files of the project's own repository. A signing certificate names the calling file, so "
    "attestations made there do not verify.",
    remedy="Publish in a job of the workflow that is started, or switch attestations off.",
    bad=Example(workflow=WORKFLOW),
    good=Example(workflow=WORKFLOW + "        with:\n          attestations: false\n"),
    find=find,
)

"""A release starts publishing at the wrong moment, or more than once."""

from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Trigger
from bonded.workflows.reach import reaches, release
from bonded.workflows.rule import Example, Rule

ACTIONS = ("created", "published", "released", "prereleased", "edited")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Ask for which activities of a release something is published."""
    trigger = next((one for one in case.workflow.triggers if one.event == "release"), None)
    if trigger is None:
        return
    found = {
        action
        for action in ACTIONS
        for publishing in case.publishings
        if reaches(case.workflow, release("v1", action), publishing.job, publishing.step)
    }
    if message := _message(found):
        node = case.node("on", "release", "types")
        yield rule.finding(case.at(node or trigger.location), message, fix=_fix(case, trigger))


def _message(actions: set[str]) -> str:
    once = actions & {"created", "published", "released"}
    if len(once) > 1:
        named = ", ".join(f"`{one}`" for one in ACTIONS if one in once)
        return f"one release is {named} at the same time, and each of them publishes"
    if once == {"created"}:
        return "a release that was a draft is never `created`, so publishing it starts nothing"
    if "prereleased" in actions and "published" not in actions:
        return (
            "a pre-release that was a draft is never `prereleased`, so publishing it starts nothing"
        )
    if "edited" in actions:
        return "a release that is `edited` is published again"
    return ""


def _fix(case: Case, trigger: Trigger) -> Fix | None:
    block = case.node("on", "release")
    if not isinstance(block, Mapping):
        if not isinstance(case.node("on"), Mapping):
            return None
        edit = edits.replace_value(
            case.source, case.node("on"), "release", {"types": ["published"]}
        )
    elif trigger.types is None:
        edit = edits.insert_key(case.source, block, "types", ["published"])
    elif isinstance(types := block.get("types"), Scalar):
        edit = edits.replace_scalar(case.source, types, "published")
    else:
        edit = edits.replace_value(case.source, block, "types", ["published"])
    return Fix(title="start when a release is published", edits=(edit,))


WORKFLOW = """\
on:
  release:
    types: [{action}]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="release-types",
    alias="T7",
    severity=Severity.WARNING,
    title="A release starts publishing at the wrong moment, or more than once.",
    reason="Publishing a draft fires `published`, and never `created` or `prereleased`. Without "
    "`types` all of them start the workflow, and the second upload fails because the files "
    "are there.",
    remedy="Write `types: [published]`.",
    bad=Example(workflow=WORKFLOW.format(action="created")),
    good=Example(workflow=WORKFLOW.format(action="published")),
    find=find,
)

"""An event is filtered by something that it cannot be filtered by."""

from collections.abc import Iterable
from difflib import get_close_matches

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.rule import Example, Rule
from bonded.workflows.schema_events import keys_of

# Filters whose words somebody swapped are nearer to each other than they look.
SWAPPED = {
    "ignore-paths": "paths-ignore",
    "ignore-branches": "branches-ignore",
    "ignore-tags": "tags-ignore",
}


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare the keys under each event with those that it has."""
    on = case.node("on")
    for event, block in on.entries if isinstance(on, Mapping) else ():
        known = keys_of(event.text)
        if known is None or not isinstance(block, Mapping):
            continue
        for key, _ in block.entries:
            if key.text not in known:
                near = SWAPPED.get(key.text) or next(
                    iter(get_close_matches(key.text, known, 1)), ""
                )
                meant = f"; did you mean `{near}`?" if near in known else ""
                message = f"`on.{event.text}` has no `{key.text}`, so it filters nothing{meant}"
                fix = _fix(case, block, key, near) if near in known else None
                yield rule.finding(case.at(key), message, fix=fix)


def _fix(case: Case, block: Mapping, key: Scalar, near: str) -> Fix | None:
    if block.get(near) is not None:
        return None
    edit = edits.replace_scalar(case.source, key, near)
    return Fix(title=f"write `{near}`", edits=(edit,), safe=False)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
    {paths}: ['docs/**']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/checkout@v7
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="unknown-filter",
    alias="T18",
    severity=Severity.WARNING,
    title="An event is filtered by something that it cannot be filtered by.",
    reason="GitHub's editor marks such a key, and its server passes over it: the workflow starts as if it were not "
    "there, also when it was not meant to.",
    remedy="Use one of the filters that the event has.",
    bad=Example(workflow=WORKFLOW.format(paths="ignore-paths")),
    good=Example(workflow=WORKFLOW.format(paths="paths-ignore")),
    find=find,
)

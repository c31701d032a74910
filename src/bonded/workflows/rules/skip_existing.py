"""An upload to PyPI takes files that are there already for success."""

import re
from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import Publishing, given
from bonded.workflows.rule import Example, Rule

OPTION = re.compile(r"\s--skip-existing\b")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at the inputs and options of each upload to PyPI."""
    for publishing in case.publishings:
        if publishing.index != "pypi":
            continue
        message = "files that are on PyPI already count as published, whatever is in them"
        for name in ("skip-existing", "skip_existing"):
            found = given(publishing.step, name)
            if publishing.tool == "action" and found is not None and found.text == "true":
                yield rule.finding(case.at(found), message, fix=_fix(case, publishing, name))
        script = publishing.step.run
        option = OPTION.search(script.text) if script else None
        if script and option:
            place = case.in_script(script, option.start() + 1, len(option[0]) - 1)
            yield rule.finding(place, message)


def _fix(case: Case, publishing: Publishing, name: str) -> Fix | None:
    step = case.step_node(publishing.job, publishing.step)
    inputs = step.get("with")
    if not isinstance(inputs, Mapping):
        return None
    if len(inputs.entries) == 1:
        edit = edits.remove_key(case.source, step, "with")
    else:
        edit = edits.remove_key(case.source, inputs, name)
    return Fix(title="let an upload of a file that is there fail", edits=(edit,), safe=False)


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
{skip}"""

RULE = Rule(
    id="skip-existing",
    alias="T20",
    severity=Severity.WARNING,
    title="An upload to PyPI skips files that are there already.",
    reason="The step is green though nothing was uploaded: a version that was not raised goes "
    "unnoticed, and so does a file that somebody else uploaded.",
    remedy="Keep it for TestPyPI. On PyPI, raise the version.",
    bad=Example(workflow=WORKFLOW.format(skip="          skip-existing: true\n")),
    good=Example(workflow=WORKFLOW.format(skip="")),
    find=find,
)

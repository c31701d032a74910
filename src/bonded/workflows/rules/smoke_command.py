"""The command that should try the package cannot run."""

import re
from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.rule import Example, Rule

# Options of `uv run` in front of a `-c`, and no program.
UV_RUN = re.compile(
    r"\buv\s+run(?P<options>(?:\s+--(?:with(?:-editable|-requirements)?|python|project|directory|package|group|extra|index)"
    r"(?:=|\s+)(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']+)|\s+(?:-p|--python)\s+[^\s]+|\s+--[a-z-]+)*)\s+(?P<code>-c\s+[\"'])"
)


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look for `uv run … -c`, which has no program to run."""
    for job in case.workflow.jobs:
        for step in job.steps:
            found = UV_RUN.search(step.run.text) if step.run else None
            if step.run and found:
                place = case.in_script(step.run, found.start("code"), 2)
                message = "`uv run` has no option `-c`: the step ends with a usage error"
                yield rule.finding(place, message, fix=_fix(case, place.line, place.column))


def _fix(case: Case, line: int, column: int) -> Fix | None:
    offset = case.starts[line - 1] + column - 1
    if not case.source.startswith("-c", offset):
        return None
    return Fix(title="run `python -c`", edits=(Edit(offset, offset, "python "),))


WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: uv run --no-project --with dist/*.whl {python}-c "import tool"
"""

RULE = Rule(
    id="smoke-command",
    alias="T22",
    severity=Severity.ERROR,
    title="The command that should try the package cannot run.",
    reason="`uv run` wants a program. With `-c` alone it ends with a usage error, and nothing was "
    "tried.",
    remedy='Write `uv run … python -c "import …"`.',
    bad=Example(workflow=WORKFLOW.format(python="")),
    good=Example(workflow=WORKFLOW.format(python="python ")),
    find=find,
)

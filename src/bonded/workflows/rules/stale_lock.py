"""The lock file says another version than the project, and a job insists on the lock."""

import re
from collections.abc import Iterable

from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.rule import Example, Rule

LOCKED = re.compile(
    r"^[^#\n]*?\b(uv\s+(?:sync|run|export|lock)\b[^\n]*--(?:locked|check)\b)", re.MULTILINE
)


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare the two versions, and look for commands that refuse a lock that is out of date."""
    version, locked = case.facts.version, case.facts.locked_version
    if version is None or locked is None or version == locked:
        return
    for job in case.workflow.jobs:
        for step in job.steps:
            found = LOCKED.search(step.run.text) if step.run else None
            if step.run and found:
                place = case.in_script(step.run, found.start(1), len(found[1]))
                message = (
                    f"uv.lock has the project at {locked}, pyproject.toml at {version}, and "
                    "this command refuses that"
                )
                yield rule.finding(place, message)


WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: uv sync --locked
"""

RULE = Rule(
    id="stale-lock",
    alias="T16",
    severity=Severity.ERROR,
    title="The lock file has another version of the project than pyproject.toml.",
    reason="uv.lock holds the project's own version too. Raising it without locking anew turns every "
    "job with `--locked` red right after the release.",
    remedy="Run `uv lock` in the commit that raises the version.",
    bad=Example(
        workflow=WORKFLOW,
        file="ci.yml",
        about="with version `1.3.0`, and `1.2.0` in uv.lock",
        facts=Facts(version="1.3.0", locked_version="1.2.0"),
    ),
    good=Example(
        workflow=WORKFLOW,
        file="ci.yml",
        about="with version `1.3.0`, in uv.lock too",
        facts=Facts(version="1.3.0", locked_version="1.3.0"),
    ),
    find=find,
)

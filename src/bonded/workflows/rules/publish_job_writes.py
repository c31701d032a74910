"""The publishing job may write to more than the index."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.permissions import deciding_block, granted
from bonded.workflows.publishing import EVENT
from bonded.workflows.rule import Example, Rule

NEEDED = frozenset({"id-token", "attestations", "artifact-metadata"})


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Name the write permissions of each publishing job that publishing does not need."""
    for job in {p.job.id: p.job for p in case.publishings}.values():
        block = deciding_block(case.workflow, job)
        levels = granted(case.workflow, job, event=EVENT)
        more = [
            scope for scope, level in levels.items() if level == "write" and scope not in NEEDED
        ]
        if block is None or not more:
            continue
        named = block.shorthand or ", ".join(f"{scope}: write" for scope in more)
        node = case.node("jobs", job.id, "permissions") or case.node("permissions")
        said = (
            [name for name, _ in node.entries if name.text in more]
            if isinstance(node, Mapping)
            else []
        )
        place = case.at(said[0] if said else block.location)
        yield rule.finding(place, f"the job `{job.id}` publishes and also has `{named}`")


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      contents: {level}
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="publish-job-writes",
    alias="T5",
    severity=Severity.INFO,
    title="The publishing job has more write permissions than publishing needs.",
    reason="A step that goes wrong there could change the repository as well as the package.",
    remedy="Make releases and push tags in jobs of their own.",
    bad=Example(workflow=WORKFLOW.format(level="write")),
    good=Example(workflow=WORKFLOW.format(level="read")),
    find=find,
)

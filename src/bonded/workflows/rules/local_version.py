"""A push to a branch publishes a version that no index takes."""

from collections.abc import Iterable, Mapping

from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.reach import branch_push, reaches
from bonded.workflows.rule import Example, Rule

SCHEME = "no-local-version"


WITH_LOCAL = frozenset({"node-and-date", "node-and-timestamp", "dirty-tag"})


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look for a publishing step that a push to the main branch reaches, and for a version with a local part."""
    if _scheme(case.facts) not in WITH_LOCAL or "_SCM" in case.source or SCHEME in case.source:
        return
    for publishing in case.publishings:
        for branch in ("main", "master"):
            event = branch_push(branch)
            if reaches(case.workflow, event, publishing.job, publishing.step):
                message = (
                    f"a push to {branch} publishes a version such as `1.2.dev3+g1a2b3c4`; no "
                    "index takes a `+`"
                )
                yield rule.finding(case.at(publishing.text), message)
                return


def _scheme(facts: Facts) -> str:
    """Return how the tool that reads git makes the local part; empty where pyproject.toml does not say."""
    tool = facts.table("tool")
    for table in (tool.get("setuptools_scm"), tool.get("vcs-versioning")):
        if isinstance(table, Mapping):
            return str(table.get("local_scheme", "node-and-date"))
    hatch = facts.table("tool", "hatch", "version")
    if hatch.get("source") == "vcs":
        return str(
            facts.table("tool", "hatch", "version", "raw-options").get(
                "local_scheme", "node-and-date"
            )
        )
    return ""


WORKFLOW = """\
on:
  push:
    branches: [main]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - run: uv publish --index testpypi
"""


def _facts(scheme: str) -> Facts:
    return Facts(
        pyproject={
            "project": {"name": "tool", "dynamic": ["version"]},
            "build-system": {"requires": ["setuptools", "setuptools-scm"]},
            "tool": {"setuptools_scm": {"local_scheme": scheme}},
        }
    )


RULE = Rule(
    id="local-version",
    alias="T9",
    severity=Severity.WARNING,
    title="A push to a branch publishes a version with a local part.",
    reason="Between two tags the version that git gives ends in `+g` and a commit. PyPI and TestPyPI "
    "refuse it.",
    remedy='Set `local_scheme = "no-local-version"` in pyproject.toml.',
    bad=Example(
        workflow=WORKFLOW,
        about='with `local_scheme = "node-and-date"` for setuptools-scm',
        facts=_facts("node-and-date"),
    ),
    good=Example(
        workflow=WORKFLOW,
        about='with `local_scheme = "no-local-version"` for setuptools-scm',
        facts=_facts(SCHEME),
    ),
    find=find,
)

"""A push to a branch publishes a version that no index takes."""

from collections.abc import Iterable

from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.reach import branch_push, reaches
from bonded.workflows.rule import Example, Rule

SCHEME = "no-local-version"


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look for a publishing step that a push to the main branch reaches, and for a version with a local part."""
    requires = case.facts.table("build-system").get("requires")
    tools = [str(one).lower().replace("_", "-") for one in requires or ()]
    if not any(one.startswith(("setuptools-scm", "hatch-vcs")) for one in tools):
        return
    if SCHEME in str(case.facts.pyproject) or SCHEME in case.source or "_SCM" in case.source:
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

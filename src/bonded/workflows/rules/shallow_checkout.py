"""The version comes from git, and the build sees no history."""

from collections.abc import Iterable, Iterator

from bonded.workflows import edits
from bonded.workflows.case import Case, Facts
from bonded.workflows.document import Mapping
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import Publishing, action, builds, commands, given, way_to
from bonded.workflows.reach import paths_to
from bonded.workflows.rule import Example, Rule

FROM_GIT = (
    "setuptools-scm", "setuptools_scm", "hatch-vcs", "hatch_vcs", "versioningit", "dunamai",
    "poetry-dynamic-versioning",
    "flit-scm", "flit_scm", "uv-dynamic-versioning", "vcs-versioning", "versioneer",
)  # fmt: skip


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at the checkouts of the jobs that build what is published without a tag."""
    if not _from_git(case.facts) or "PRETEND_VERSION" in case.source:
        return
    seen: set[tuple[str, int]] = set()
    for publishing in case.publishings:
        events = [event for event in paths_to(case, publishing) if event.ref_type != "tag"]
        pushed = any(event.name == "push" for event in events)
        for job, step in _shallow(case, publishing) if events else ():
            if (job.id, step.index) not in seen:
                seen.add((job.id, step.index))
                message = (
                    f"the version comes from git, and `{events[0].name}` builds it without "
                    "history or tags"
                )
                severity = Severity.WARNING if pushed else Severity.INFO
                yield rule.finding(
                    case.at(step.uses), message, severity=severity, fix=_fix(case, job, step)
                )


def _from_git(facts: Facts) -> bool:
    dynamic = facts.table("project").get("dynamic")
    requires = facts.table("build-system").get("requires")
    if not isinstance(requires, list) or facts.version is not None:
        return False
    named = any(str(one).lower().startswith(FROM_GIT) for one in requires)
    return named and isinstance(dynamic, list) and "version" in dynamic


def _shallow(case: Case, publishing: Publishing) -> Iterator[tuple[Job, Step]]:
    for job in way_to(case.workflow, publishing.job):
        fetched = any("git fetch" in commands(step) for step in job.steps)
        if fetched or not any(builds(step) for step in job.steps):
            continue
        for step in job.steps:
            if action(step) == "actions/checkout" and given(step, "repository") is None:
                depth = given(step, "fetch-depth")
                if (depth is None or depth.text == "1") and given(step, "fetch-tags") is None:
                    yield job, step
                break


def _fix(case: Case, job: Job, step: Step) -> Fix:
    node = case.step_node(job, step)
    inputs = node.get("with")
    if isinstance(inputs, Mapping) and inputs.get("fetch-depth") is not None:
        edit = edits.replace_value(case.source, inputs, "fetch-depth", 0)
    elif isinstance(inputs, Mapping) and inputs.entries:
        edit = edits.insert_key(case.source, inputs, "fetch-depth", 0)
    else:
        edit = edits.insert_key(case.source, node, "with", {"fetch-depth": 0}, after="uses")
    return Fix(title="fetch the whole history", edits=(edit,))


WORKFLOW = """\
on:
  push:
    branches: [main]
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7{depth}
      - run: python -m build
      - uses: actions/upload-artifact@v7
        with:
          path: dist
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: artifact
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
FACTS = Facts(
    pyproject={
        "project": {"name": "tool", "dynamic": ["version"]},
        "build-system": {"requires": ["hatchling", "hatch-vcs"]},
    }
)

RULE = Rule(
    id="shallow-checkout",
    alias="T9",
    severity=Severity.WARNING,
    title="The version comes from git, and the build sees no history.",
    reason="`actions/checkout` fetches one commit. Without a tag on it, the version becomes "
    "`0.1.dev1+g…`, which no index takes because of its local part.",
    remedy="Give the checkout `fetch-depth: 0`.",
    bad=Example(
        workflow=WORKFLOW.format(depth=""), about="in a project built with hatch-vcs", facts=FACTS
    ),
    good=Example(
        workflow=WORKFLOW.format(depth="\n        with:\n          fetch-depth: 0"),
        about="in a project built with hatch-vcs",
        facts=FACTS,
    ),
    find=find,
)

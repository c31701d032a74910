"""Artifacts get in each other's way, or are looked for under another name."""

import re
from collections.abc import Iterable, Iterator

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping, Scalar, Sequence
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import action, action_ref, given
from bonded.workflows.rule import Example, Rule

UPLOAD, DOWNLOAD = "actions/upload-artifact", "actions/download-artifact"
MERGE = f"{UPLOAD}/merge"
DEFAULT = "artifact"
# The first versions, which GitHub does not run any more, put what has one name together.
MERGING = re.compile(r"v?[123](?:\.|$)")
PACKAGES = "hynek/build-and-inspect-python-package"
EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
OURS = ("actions/", "pypa/", "astral-sh/", "hynek/", "pyo3/", "codecov/", "pre-commit/")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at matrix jobs that upload, and at downloads by name."""
    for job in case.workflow.jobs:
        for step in job.steps:
            if action(step) == UPLOAD and _collides(job, step):
                name = given(step, "name")
                message = (
                    f"each leg of the matrix uploads `{name.text if name else DEFAULT}`; the "
                    "second one fails"
                )
                yield rule.finding(case.at(name or step.uses), message)
    if not _all_known(case):
        return
    uploaded = [name for job in case.workflow.jobs for step in job.steps for name in _names(step)]
    for job in case.workflow.jobs:
        for step in job.steps:
            name = given(step, "name") if action(step) == DOWNLOAD else None
            if name is None or given(step, "run-id") or _found(name.text, uploaded):
                continue
            there = ", ".join(f"`{one}`" for one in dict.fromkeys(uploaded)) or "none"
            message = f"no job uploads an artifact `{name.text}`; there is {there}"
            yield rule.finding(case.at(name), message, fix=_fix(case, name, uploaded))


def _collides(job: Job, step: Step) -> bool:
    """Say whether several legs of a matrix upload under one name."""
    if MERGING.match(action_ref(step)):
        return False
    name, overwrite = given(step, "name"), given(step, "overwrite")
    matrix = job.strategy.matrix if job.strategy else None
    if not isinstance(matrix, Mapping) or (overwrite and overwrite.text != "false"):
        return False
    if (name is not None and "${{" in name.text) or "archive" in dict(step.inputs or ()):
        return False
    return step.condition is None and job.condition is None and _legs(matrix) > 1


def _legs(matrix: Mapping) -> int:
    """Return the least number of legs that are certain."""
    legs = 1
    for key, node in matrix:
        if key == "exclude" or not isinstance(node, Sequence):
            return 1
        if key != "include":
            legs *= len(node.items)
        elif len(matrix.entries) == 1:
            legs = len(node.items)
    return legs


def _all_known(case: Case) -> bool:
    """Say whether no called workflow and no unknown action could upload something."""
    steps = [step for job in case.workflow.jobs for step in job.steps]
    events = {trigger.event for trigger in case.workflow.triggers}
    return (
        all(job.uses is None for job in case.workflow.jobs)
        and all(action(step).startswith(OURS) for step in steps if step.uses)
        and not events & {"workflow_call", "workflow_run"}
    )


def _names(step: Step) -> Iterator[str]:
    if action(step) == UPLOAD:
        name = given(step, "name")
        yield "*" if given(step, "archive") else name.text if name else DEFAULT
    elif action(step) == MERGE:
        name = given(step, "name")
        yield name.text if name else "merged-artifacts"
    elif action(step) == PACKAGES:
        suffix = given(step, "upload-name-suffix")
        yield f"Packages{suffix.text if suffix else ''}"


def _found(name: str, uploaded: list[str]) -> bool:
    """Say whether one of the names could be the wanted one; an expression could be anything."""
    if "${{" in name:
        return True
    for one in uploaded:
        pattern = ".*".join(re.escape(part) for part in EXPRESSION.split(one))
        if one == "*" or re.fullmatch(pattern, name, re.DOTALL):
            return True
    return False


def _fix(case: Case, name: Scalar, uploaded: list[str]) -> Fix | None:
    if len(set(uploaded)) != 1 or "${{" in uploaded[0]:
        return None
    edit = edits.replace_scalar(case.source, name, uploaded[0])
    return Fix(title=f"download `{uploaded[0]}`", edits=(edit,))


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: uv build
      - uses: actions/upload-artifact@v7
        with:
          name: dist
          path: dist
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: {name}
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="artifact-names",
    alias="T23",
    severity=Severity.ERROR,
    title="Artifacts have the same name, or are looked for under another one.",
    reason="A name can be used once in a run: the second upload fails. A download by a name that "
    "nobody uploaded fails as well.",
    remedy="Put the matrix into the name, download with `pattern` and `merge-multiple`, and spell "
    "names alike.",
    bad=Example(workflow=WORKFLOW.format(name="dists")),
    good=Example(workflow=WORKFLOW.format(name="dist")),
    find=find,
)

"""The Pythons of the matrix are not those of the project."""

import re
from collections.abc import Iterable, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from bonded.workflows.case import Case, Facts
from bonded.workflows.document import Scalar, Sequence
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import given, scalars
from bonded.workflows.rule import Example, Rule

KEYS = frozenset({"python", "python-version", "python_version", "python-versions", "py"})
MINOR = re.compile(r"3\.\d{1,2}")
CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Judge each number that stands for a Python, then the lists as wholes."""
    tested = list(_matrices(case))
    for scalar in [*tested, *_inputs(case)]:
        if isinstance(scalar.value, float) and scalar.text.endswith("0"):
            message = f"YAML reads {scalar.text} as the number {scalar.value}"
            fix = Fix(title="put it in quotes", edits=(Edit(*scalar.span, f"'{scalar.text}'"),))
            yield rule.finding(case.at(scalar), message, fix=fix, hint="Put it in quotes.")
    yield from _too_old(rule, case, tested)


def _matrices(case: Case) -> Iterator[Scalar]:
    for job in case.workflow.jobs:
        matrix = job.strategy.matrix if job.strategy else None
        for key, node in matrix if matrix is not None and not isinstance(matrix, Scalar) else ():
            if key in KEYS and isinstance(node, Sequence):
                yield from scalars(node)


def _inputs(case: Case) -> Iterator[Scalar]:
    for job in case.workflow.jobs:
        for step in job.steps:
            found = given(step, "python-version")
            if found is not None:
                yield found


def _too_old(rule: Rule, case: Case, tested: list[Scalar]) -> Iterator[Finding]:
    project = case.facts.table("project")
    requires = project.get("requires-python")
    if not isinstance(requires, str) or len(case.facts.names) > 1:
        return
    try:
        allowed = SpecifierSet(requires)
    except InvalidSpecifier:
        return
    for scalar in tested:
        if MINOR.fullmatch(scalar.text) and not _possible(allowed, scalar.text):
            message = f"the matrix has Python {scalar.text}, and the project requires {requires}"
            yield rule.finding(case.at(scalar), message, severity=Severity.WARNING)


def _possible(allowed: SpecifierSet, minor: str) -> bool:
    """Say whether any patch release of a minor version is allowed."""
    return any(allowed.contains(Version(f"{minor}.{patch}")) for patch in (0, 1, 5, 10, 99))


WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: [{versions}]
    steps:
      - uses: actions/setup-python@v7
        with:
          python-version: ${{{{ matrix.python }}}}
      - run: pytest
"""
FACTS = Facts(pyproject={"project": {"requires-python": ">=3.10"}})

RULE = Rule(
    id="python-versions",
    alias="T17",
    severity=Severity.ERROR,
    title="The Pythons of a workflow are not what they look like, or not those of the project.",
    reason="YAML reads `3.10` as the number 3.1, a Python that nobody can install. A Python below "
    "`requires-python` cannot install the project.",
    remedy="Put versions in quotes, and let the matrix begin where `requires-python` does.",
    bad=Example(
        workflow=WORKFLOW.format(versions="3.9, 3.10"),
        file="ci.yml",
        about='with `requires-python = ">=3.10"`',
        facts=FACTS,
    ),
    good=Example(
        workflow=WORKFLOW.format(versions="'3.10', '3.11'"),
        file="ci.yml",
        about='with `requires-python = ">=3.10"`',
        facts=FACTS,
    ),
    find=find,
)

"""Nothing compares the tag with the version of the project."""

import re
from collections.abc import Iterable

from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.publishing import Publishing, compares_tag, scalars, way_to
from bonded.workflows.reach import paths_to
from bonded.workflows.rule import Example, Rule
from bonded.workflows.versions import version_in

TAG = re.compile(r"GITHUB_REF|github\.ref|tag_name|describe|inputs\.", re.IGNORECASE)


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare with the next tag if there is one; else look whether a step reads the tag."""
    version, tag = case.facts.version, case.facts.next_tag
    if version is None or len(case.facts.names) > 1:
        return
    for publishing in case.publishings:
        events = paths_to(case, publishing)
        if publishing.index != "pypi" or not any(event.ref_type == "tag" for event in events):
            continue
        named = version_in(tag) if tag else None
        if named is not None and str(named) != _normal(version):
            message = (
                f"the tag `{tag}` says {named}, and {case.facts.version_file or 'the project'} "
                f"says {version}"
            )
            yield rule.finding(case.at(publishing.text), message, severity=Severity.ERROR)
        elif not _reads_tag(case, publishing):
            message = (
                f"nothing compares the tag with {version}, which {case.facts.version_file or 'the project'} "
                "declares"
            )
            yield rule.finding(case.at(publishing.text), message)
        return


def _normal(version: str) -> str:
    return str(version_in(version) or version)


def _reads_tag(case: Case, publishing: Publishing) -> bool:
    """Say whether a script, its environment or an input on the way reads the tag."""
    jobs = way_to(case.workflow, publishing.job)
    steps = [step for job in jobs for step in job.steps]
    return any(compares_tag(step) for step in steps) or any(
        TAG.search(scalar.text)
        for step in steps
        for node in (step.run, step.env, step.inputs)
        for scalar in scalars(node)
    )


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
{gate}      - run: uv build
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
          name: dist
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="version-gate",
    alias="T9",
    severity=Severity.INFO,
    title="Nothing compares the tag with the version of the project.",
    reason="A tag that was pushed before the version was raised publishes nothing new, or the wrong "
    "version under the right tag. A version number can be used once.",
    remedy='Add a step such as `test "v$(uv version --short)" = "$GITHUB_REF_NAME"` before the build.',
    bad=Example(
        workflow=WORKFLOW.format(gate=""),
        about="in a project whose pyproject.toml says `1.2.0`",
        facts=Facts(version="1.2.0", version_file="pyproject.toml"),
    ),
    good=Example(
        workflow=WORKFLOW.format(
            gate='      - run: test "v$(uv version --short)" = "$GITHUB_REF_NAME"\n'
        ),
        about="in a project whose pyproject.toml says `1.2.0`",
        facts=Facts(version="1.2.0", version_file="pyproject.toml"),
    ),
    find=find,
)

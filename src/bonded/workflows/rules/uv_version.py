"""Which uv builds the release is left open, or said twice."""

import re
from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.publishing import OPTIONS, action, commands, given
from bonded.workflows.rule import Example, Rule

USES_UV = re.compile(rf"\buv[ \t]+{OPTIONS}(?:build|publish)\b")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at the uv of each job on the way to publishing."""
    required = str(case.facts.table("tool", "uv").get("required-version", ""))
    for job in case.releasing:
        if not any(USES_UV.search(commands(step)) for step in job.steps):
            continue
        for step in job.steps:
            if action(step) != "astral-sh/setup-uv":
                continue
            version = given(step, "version")
            if version is None:
                if not required and given(step, "version-file") is None and case.facts.pyproject:
                    message = f"the job `{job.id}` takes whatever uv is the newest on that day"
                    yield rule.finding(case.at(step.uses), message, severity=Severity.INFO)
            elif required and not _agrees(version.text, required):
                message = (
                    f"uv {version.text} is asked for here, and pyproject.toml requires "
                    f"{required}; uv refuses to work"
                )
                yield rule.finding(case.at(version), message)


def _agrees(version: str, required: str) -> bool:
    """Say whether a version satisfies what uv is required to be; what is no plain version is not judged."""
    try:
        wanted = SpecifierSet(required if required[0] in "<>=!~" else f"=={required}")
        return wanted.contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: astral-sh/setup-uv@v10
        with:
          version: {version}
      - run: uv build
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
FACTS = Facts(pyproject={"tool": {"uv": {"required-version": ">=0.13"}}})

RULE = Rule(
    id="uv-version",
    alias="T16",
    severity=Severity.ERROR,
    title="Which uv builds the release is left open, or said twice.",
    reason="uv stops where it is not the version that `required-version` asks for. Without either, a "
    "release is built by a uv that nobody has tried.",
    remedy="Say it once: `required-version` under `[tool.uv]`, which setup-uv reads too.",
    bad=Example(
        workflow=WORKFLOW.format(version="0.9.2"),
        about='with `required-version = ">=0.13"` in pyproject.toml',
        facts=FACTS,
    ),
    good=Example(
        workflow=WORKFLOW.format(version="0.13.8"),
        about='with `required-version = ">=0.13"` in pyproject.toml',
        facts=FACTS,
    ),
    find=find,
)

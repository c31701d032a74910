"""A program that builds or uploads the release is installed without a version."""

import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from bonded.workflows.case import Case
from bonded.workflows.document import Scalar
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.publishing import entries
from bonded.workflows.rule import Example, Rule

# What stands between a workflow and the bytes that are published.
TOOLS = frozenset(
    {
        "bonded", "build", "cibuildwheel", "flit", "flit-core", "hatch", "hatchling", "maturin", "pdm", "pdm-backend",
        "poetry", "poetry-core", "setuptools", "setuptools-scm", "twine", "uv", "uv-build", "wheel",
    }
)  # fmt: skip
INSTALL = re.compile(
    r"\b(?:(?:uv[ \t]+)?pip[\d.]*[ \t]+install|pipx[ \t]+(?:install|run)|uvx|uv[ \t]+tool[ \t]+(?:install|run))\b"
    r"(?P<words>[^\n|;&#]*)"
)
ONE = re.compile(r"\b(?:pipx[ \t]+run|uvx|uv[ \t]+tool[ \t]+run)\b")
WORD = re.compile(r"[^\s\"']+")
# Versions that stand elsewhere are not looked for there.
ELSEWHERE = re.compile(r"(?:^|\s)(?:-[rc]|--requirements?|--constraints?|--require-hashes)\b")
CONSTRAINTS = frozenset({"PIP_CONSTRAINT", "UV_CONSTRAINT", "PIPX_DEFAULT_CONSTRAINT"})
# Options whose value is the next word, and is no package; those whose value is the package.
VALUED = re.compile(r"-[ipt]|--(?:index(?:-url)?|extra-index-url|python|target|with)")
NAMING = frozenset({"--from", "--spec"})
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,.-]*\])?")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at what each job on the way to publishing installs."""
    for job in case.releasing:
        for step in job.steps:
            known = (case.workflow.env, job.env, step.env)
            if step.run is None or any(CONSTRAINTS & dict(entries(env)).keys() for env in known):
                continue
            for place, word in _open(step.run):
                message = f"the job `{job.id}` takes whatever {word} is the newest on that day"
                yield rule.finding(case.in_script(step.run, place, len(word)), message)


def _open(script: Scalar) -> Iterator[tuple[int, str]]:
    """Yield where a tool without a version stands in a script, and the tool."""
    # As long as before, so that places stay places.
    text = script.text.replace("\\\n", "  ")
    for install in INSTALL.finditer(text):
        if ELSEWHERE.search(install["words"]):
            continue
        first = ONE.search(install[0]) is not None
        for found in _packages(text, install, first=first):
            word = found[0]
            if NAME.fullmatch(word) and canonicalize_name(word.partition("[")[0]) in TOOLS:
                yield found.start(), word


def _packages(text: str, install: re.Match[str], *, first: bool) -> Iterator[re.Match[str]]:
    """Yield the words that name packages; `first` for a command that runs the first of them, with arguments."""
    before = ""
    for word in WORD.finditer(text, install.start("words"), install.end("words")):
        named = before in NAMING
        skipped = VALUED.fullmatch(before) is not None
        before = word[0]
        if before.startswith("-") or skipped:
            continue
        yield word
        if first or named:
            return


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: python -m pip install {hatch}
      - run: hatch build
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

RULE = Rule(
    id="unpinned-tool",
    alias="T16",
    severity=Severity.INFO,
    title="A program that builds or uploads the release is installed without a version.",
    reason="The release is made by a program that nobody has tried with this project, and that may have come out a "
    "minute before. What it does reaches every user of the package.",
    remedy="Name the version (`hatch==1.16.5`), or install from a lock or a file of requirements with hashes.",
    bad=Example(workflow=WORKFLOW.format(hatch="hatch")),
    good=Example(workflow=WORKFLOW.format(hatch="hatch==1.16.5")),
    find=find,
)

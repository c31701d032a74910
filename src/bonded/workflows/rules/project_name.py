"""A name in the workflow, in dist/ or in the publisher is not that of the project."""

import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from bonded.dists import endpoints
from bonded.dists.names import InvalidName, parse_filename
from bonded.workflows import edits
from bonded.workflows.case import Case, Facts
from bonded.workflows.document import Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import commands
from bonded.workflows.rule import Example, Rule

PROJECT = re.compile(r"https?://([^/\s]+)/(?:p|project)/([^/\s#?]+)")
BLANK = re.compile(r"<[^<>]*>|\bYOUR[-_ ]|\bTODO\b|example-?package", re.IGNORECASE)


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at the addresses of environments, at built files, and at recorded publishers."""
    if not case.publishings or _renames(case):
        return
    for job in {p.job.id: p.job for p in case.publishings}.values():
        url = job.environment.url if job.environment else None
        if url is not None:
            yield from _url(rule, case, url)
    yield from _files(rule, case)


def _renames(case: Case) -> bool:
    """Say whether a script may give the project another name before it is built."""
    steps = [step for job in case.workflow.jobs for step in job.steps]
    return any("pyproject.toml" in commands(step) for step in steps)


def _url(rule: Rule, case: Case, url: Scalar) -> Iterator[Finding]:
    without = re.sub(r"\$\{\{.*?\}\}", "", url.text)
    if BLANK.search(without):
        yield rule.finding(case.at(url), f"the address `{url.text}` was never filled in")
        return
    match = PROJECT.match(url.text)
    known = case.facts.names or ({canonicalize_name(case.facts.name)} if case.facts.name else set())
    if match is None or not known or "$" in url.text or endpoints.for_host(match[1]) is None:
        return
    if canonicalize_name(match[2]) not in known:
        name = case.facts.name or ""
        message = f"the address names the project `{match[2]}`, and this project is `{name}`"
        new = url.text.replace(match[2], name)
        edit = edits.replace_scalar(case.source, url, new)
        fix = Fix(title=f"name the project `{name}`", edits=(edit,)) if name else None
        yield rule.finding(case.at(url), message, fix=fix)


def _files(rule: Rule, case: Case) -> Iterator[Finding]:
    known = case.facts.names
    for filename in case.facts.dists or ():
        try:
            built = parse_filename(filename).project
        except InvalidName:
            continue
        if known and built not in known:
            message = f"dist/{filename} is of the project `{built}`, not of `{case.facts.name}`"
            yield rule.finding(case.at(case.publishings[0].text), message)


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
jobs:
  publish:
    runs-on: ubuntu-latest
    environment:
      name: pypi
      url: {url}
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
FACTS = Facts(name="tool", names=frozenset({"tool"}))

RULE = Rule(
    id="project-name",
    alias="T10",
    severity=Severity.WARNING,
    title="A name in the workflow, in `dist/` or in the publisher is not that of the project.",
    reason="GitHub shows the address at every deployment, and people follow it. Files of another "
    "project are refused, or published where nobody looks for them.",
    remedy="Write the project's name as pyproject.toml has it.",
    bad=Example(
        workflow=WORKFLOW.format(url="https://PYPI-HOST/p/other"),
        about="in the project `tool`",
        facts=FACTS,
    ),
    good=Example(
        workflow=WORKFLOW.format(url="https://PYPI-HOST/p/tool"),
        about="in the project `tool`",
        facts=FACTS,
    ),
    find=find,
)

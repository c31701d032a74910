"""Workflows for the tests of rules: one release workflow, to be bent in one place."""

from bonded.workflows.audit import audit
from bonded.workflows.case import Facts
from bonded.workflows.findings import Finding

PUBLISH = "      - uses: pypa/gh-action-pypi-publish@release/v1\n"


def job(steps: str = PUBLISH, *, more: str = "", name: str = "publish") -> str:
    """Return a job with an ID token; `more` are lines of it."""
    return (
        f"  {name}:\n    runs-on: ubuntu-latest\n{more}"
        f"    permissions:\n      id-token: write\n    steps:\n{steps}"
    )


def bare(steps: str, *, more: str = "", name: str = "build") -> str:
    """Return a job without permissions of its own."""
    return f"  {name}:\n    runs-on: ubuntu-latest\n{more}    steps:\n{steps}"


def workflow(*jobs: str, on: str = "  push:\n    tags: ['v[0-9]*']\n", top: str = "") -> str:
    """Return a workflow; `on` are the lines of its triggers, `top` more keys."""
    return f"on:\n{on}{top}jobs:\n{''.join(jobs or (job(),))}"


def found(text: str, rule: str, facts: Facts | None = None, **others: str) -> tuple[Finding, ...]:
    """Return what one rule finds in a workflow, `others` being further files by their names."""
    sources = {".github/workflows/release.yml": text}
    sources |= {f".github/workflows/{name}.yml": source for name, source in others.items()}
    findings = audit(sources, facts or Facts())
    faults = [one for one in findings if one.rule == "syntax"]
    assert not faults, faults
    return tuple(one for one in findings if one.rule == rule)

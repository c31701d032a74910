"""More jobs than the publishing one get ID tokens."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import action, commands, given, has_id_token
from bonded.workflows.rule import Example, Rule

# Actions that never ask for an ID token.
QUIET = frozenset(
    {
        "", "actions/checkout", "actions/setup-python", "actions/upload-artifact", "actions/download-artifact",
        "actions/cache",
        "astral-sh/setup-uv", "hynek/setup-cached-uv", "pypa/cibuildwheel", "pyo3/maturin-action", "pre-commit/action",
        "actions/setup-node", "softprops/action-gh-release",
    }
)  # fmt: skip
INSPECTS = "hynek/build-and-inspect-python-package"
ASKS = ("id_token", "id-token", "oidc", "sigstore", "cosign", "attest", "publish", "upload")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Name jobs that need no ID token and get one, where the workflow publishes."""
    publishing = {p.job.id for p in case.publishings}
    if not publishing:
        return
    spare = [
        job
        for job in case.workflow.jobs
        if job.id not in publishing and has_id_token(case.workflow, job) and _needs_none(job)
    ]
    for job in spare:
        if job.permissions is not None:
            message = f"the job `{job.id}` can ask for ID tokens, and nothing in it does"
            yield rule.finding(case.at(job.permissions.location), message)
    inherited = [f"`{job.id}`" for job in spare if job.permissions is None]
    if inherited and case.workflow.permissions is not None:
        message = f"the workflow gives ID tokens to every job; {', '.join(inherited)} could publish as well"
        yield rule.finding(case.at(case.workflow.permissions.location), message)


def _needs_none(job: Job) -> bool:
    """Say whether nothing in a job could ask for an ID token on purpose."""
    return bool(job.steps) and all(
        (action(step) in QUIET or _inspects(step))
        and not any(word in commands(step).lower() for word in ASKS)
        for step in job.steps
    )


def _inspects(step: Step) -> bool:
    """Say whether a step is the action that builds and inspects, and was not asked to attest too."""
    return action(step) == INSPECTS and given(step, "attest-build-provenance-github") is None


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
{workflow}jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: uv build
      - uses: actions/upload-artifact@v7
        with:
          path: dist
  publish:
    needs: build
    runs-on: ubuntu-latest
{job}    steps:
      - uses: actions/download-artifact@v8
        with:
          name: artifact
          path: dist
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="wide-id-token",
    alias="T13",
    severity=Severity.WARNING,
    title="Jobs that do not publish can ask for ID tokens.",
    reason="Each of them could publish in the project's name: the build with all its dependencies, "
    "for instance.",
    remedy="Move `id-token: write` from the workflow to the publishing job.",
    bad=Example(
        workflow=WORKFLOW.format(
            workflow="permissions:\n  contents: read\n  id-token: write\n", job=""
        )
    ),
    good=Example(
        workflow=WORKFLOW.format(
            workflow="permissions:\n  contents: read\n",
            job="    permissions:\n      id-token: write\n",
        )
    ),
    find=find,
)

"""A release or tag that a workflow makes with GITHUB_TOKEN starts nothing."""

import re
from collections.abc import Iterable, Iterator

from bonded.workflows.case import Case
from bonded.workflows.events import Event
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.model import Job, Step, Workflow
from bonded.workflows.publishing import action, commands, entries, given, publishings
from bonded.workflows.reach import reaches, release, tag_push
from bonded.workflows.rule import Example, Rule

# Actions that make a release at GitHub, with the input that takes another token.
RELEASERS = {
    "softprops/action-gh-release": "token",
    "ncipollo/release-action": "token",
    "googleapis/release-please-action": "token",
    "google-github-actions/release-please-action": "token",
    "actions/create-release": "",
    "python-semantic-release/python-semantic-release": "github_token",
    "marvinpinto/action-automatic-releases": "repo_token",
}
COMMAND = re.compile(r"^[^#\n]*\bgh\s+release\s+create\b[^\n]*", re.MULTILINE)
DRAFT = re.compile(r"\s(?:--draft|-d)\b")
OWN = re.compile(r"\$\{\{\s*(?:secrets\.GITHUB_TOKEN|github\.token)\s*\}\}", re.IGNORECASE)
STARTS = ("gh workflow run", "createWorkflowDispatch", "repository_dispatch")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look for steps that make a release, and for workflows of the project that wait for exactly this."""
    if any(word in case.source for word in STARTS):
        return
    called = {job.uses.text.rpartition("/")[2] for job in case.workflow.jobs if job.uses}
    for job in case.workflow.jobs:
        for step in job.steps:
            if not _releases(case.workflow, job, step):
                continue
            for other in case.others:
                if other.filename not in called and _waits(case.workflow, other, job):
                    message = (
                        "this release is made with GITHUB_TOKEN, and such a release does not "
                        f"start {other.path}"
                    )
                    yield rule.finding(case.at(step.uses or step.run), message)
                    break


def _releases(workflow: Workflow, job: Job, step: Step) -> bool:
    """Say whether a step makes a release, not a draft, with the job's own token."""
    name = action(step)
    if name in RELEASERS:
        token, draft = given(step, RELEASERS[name]), given(step, "draft")
        own = token is None or OWN.search(token.text) is not None
        own = own and all(_own_tokens(workflow, job, step))
        return own and (draft is None or draft.text == "false")
    found = COMMAND.search(commands(step))
    return (
        found is not None
        and DRAFT.search(found[0]) is None
        and any(_own_tokens(workflow, job, step))
    )


def _own_tokens(workflow: Workflow, job: Job, step: Step) -> Iterator[bool]:
    env = dict(entries(workflow.env)) | dict(entries(job.env)) | dict(entries(step.env))
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        if name in env:
            yield OWN.search(env[name].text) is not None
            return


def _waits(own: Workflow, other: Workflow, job: Job) -> bool:
    """Say whether another workflow publishes at the release, and no tag that a person pushed starts it."""
    published: list[Event] = [release("v1.2.3"), tag_push("v1.2.3")]
    by_tag = reaches(own, tag_push("v1.2.3"), job) is not False
    if by_tag:
        del published[1]
    found = publishings(other)
    started = any(reaches(other, event, one.job, one.step) for event in published for one in found)
    pushed = by_tag and any(reaches(other, tag_push("v1.2.3"), one.job, one.step) for one in found)
    return started and not pushed


PUBLISH = """\
on:
  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
RELEASE = """\
on:
  push:
    branches: [main]
jobs:
  release:
    runs-on: ubuntu-latest
    permissions:
      contents: write
    steps:
      - uses: googleapis/release-please-action@v4
        with:
          token: ${{{{ {value} }}}}
"""

RULE = Rule(
    id="silent-event",
    alias="T11",
    severity=Severity.WARNING,
    title="A release that a workflow makes with GITHUB_TOKEN starts no other workflow.",
    reason="GitHub lets nothing that `GITHUB_TOKEN` does start a workflow, so that workflows do not "
    "start each other without end. The release is there, and nothing was published.",
    remedy="Publish in a later job of the same workflow, start the other with `gh workflow run`, or "
    "use an app's token.",
    bad=Example(
        about="beside a workflow that publishes `on.release`",
        file="release-please.yml",
        workflow=RELEASE.format(value="secrets.GITHUB_TOKEN"),
        others=(("publish.yml", PUBLISH),),
    ),
    good=Example(
        about="beside a workflow that publishes `on.release`",
        file="release-please.yml",
        workflow=RELEASE.format(value="secrets.RELEASE_APP_TOKEN"),
        others=(("publish.yml", PUBLISH),),
    ),
    find=find,
)

"""A tag and the release of it both publish."""

from collections.abc import Iterable

from bonded.workflows.case import Case
from bonded.workflows.events import Event
from bonded.workflows.findings import Finding, Severity
from bonded.workflows.publishing import publishings
from bonded.workflows.reach import paths_to, reaches, release
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look for a tag whose push publishes, and whose release publishes to the same index, here or in another file."""
    trigger = next((one for one in case.workflow.triggers if one.event == "release"), None)
    if trigger is None:
        return
    for publishing in case.publishings:
        event = release(_tag(case), "published")
        if not reaches(case.workflow, event, publishing.job, publishing.step):
            continue
        where = _also_published_by_tag(case, publishing.index)
        if where and publishing.index == "pypi":
            message = f"a release made on GitHub's page also pushes its tag, and that publishes too, {where}"
            yield rule.finding(case.at(trigger.location), message)
            return


def _tag(case: Case) -> str:
    return case.facts.next_tag or next(iter(case.facts.tags or ()), "v1.2.3")


def _also_published_by_tag(case: Case, index: str) -> str:
    """Return where the push of a tag publishes to an index, or empty."""
    for publishing in case.publishings:
        pushes = [e for e in paths_to(case, publishing) if _is_tag(e)]
        if publishing.index == index and any(
            reaches(case.workflow, event, publishing.job, publishing.step) for event in pushes
        ):
            return f"in the job `{publishing.job.id}`"
    event = Event(name="push", ref=f"refs/tags/{_tag(case)}", sha="")
    for other in case.others:
        for publishing in publishings(other):
            if publishing.index == index and reaches(other, event, publishing.job, publishing.step):
                return f"in {other.path}"
    return ""


def _is_tag(event: Event) -> bool:
    return event.name == "push" and event.ref_type == "tag"


WORKFLOW = """\
on:
{push}  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="double-trigger",
    alias="T7",
    severity=Severity.WARNING,
    title="A tag and the release of it both publish.",
    reason="Two runs upload the same files: one of them fails, or half of the files come from each.",
    remedy="Keep one of the two triggers.",
    bad=Example(workflow=WORKFLOW.format(push="  push:\n    tags: ['v[0-9]*']\n")),
    good=Example(workflow=WORKFLOW.format(push="")),
    find=find,
)

"""Another run can cancel a release."""

from collections.abc import Iterable, Iterator

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping, Node, Scalar
from bonded.workflows.events import Event
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import Publishing, way_to
from bonded.workflows.reach import reaches, release, tag_push, value_of
from bonded.workflows.rule import Example, Rule


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Judge each concurrency group on the way to publishing with pairs of events that could meet."""
    seen: set[int] = set()
    for publishing in case.publishings:
        for node in _blocks(case, publishing):
            flag = node.get("cancel-in-progress")
            if flag is None or id(node) in seen:
                continue
            message = _message(case, publishing, node, flag)
            if message:
                seen.add(id(node))
                yield rule.finding(case.at(flag), message, fix=_fix(case, flag))


def _blocks(case: Case, publishing: Publishing) -> Iterator[Mapping]:
    jobs = way_to(case.workflow, publishing.job)
    nodes = [case.workflow.concurrency, *(job.concurrency for job in jobs)]
    yield from (node for node in nodes if isinstance(node, Mapping))


def _message(case: Case, publishing: Publishing, node: Mapping, flag: Node) -> str:
    workflow, job, step = case.workflow, publishing.job, publishing.step
    for one, two, words in _pairs():
        if not reaches(workflow, one, job, step) or not reaches(workflow, two, workflow.jobs[0]):
            continue
        groups = [value_of(node.get("group"), event, workflow) for event in (one, two)]
        cancels = value_of(flag, two, workflow)
        if all(known for known, _ in groups) and groups[0] == groups[1] and cancels == (True, True):
            return words
    return ""


def _pairs() -> Iterator[tuple[Event, Event, str]]:
    """Yield pairs of events with what happens if the second cancels the run of the first."""
    second = "a second release cancels the first one while it publishes"
    for style in ("v{}", "{}"):
        old, new = style.format("1.2.3"), style.format("1.2.4")
        yield tag_push(old), tag_push(new), second
        yield release(old), release(new), second
        page = "a release made on GitHub's page also pushes its tag, and the two runs cancel each other"
        yield release(old), tag_push(old), page
        yield tag_push(old), release(old), page


def _fix(case: Case, flag: Node) -> Fix | None:
    if not isinstance(flag, Scalar):
        return None
    edit = edits.replace_scalar(case.source, flag, False)
    return Fix(title="let a running release end", edits=(edit,))


WORKFLOW = """\
on:
  push:
    tags: ['v[0-9]*']
concurrency:
  group: {group}
  cancel-in-progress: true
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="cancelled-release",
    alias="T12",
    severity=Severity.WARNING,
    title="Another run can cancel a release.",
    reason="With `cancel-in-progress: true` a new run of the same group stops the old one at once. "
    "Half of the files may be uploaded by then, and a file name can be used once.",
    remedy="Write `cancel-in-progress: false`, or put `github.ref` and the event into the group.",
    bad=Example(workflow=WORKFLOW.format(group="publish")),
    good=Example(workflow=WORKFLOW.format(group="publish-${{ github.ref }}")),
    find=find,
)

"""Whether an event gets as far as a job or a step: conditions, read with what is known of the event.

Three answers: yes, no, and None where a condition reads what only a run can tell. A condition that is not met by what
is known decides, whatever the others are.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bonded.errors import InvalidInput
from bonded.workflows import templates, triggers
from bonded.workflows.case import Case
from bonded.workflows.document import Node, Scalar
from bonded.workflows.events import Event
from bonded.workflows.expressions import ExpressionError, Value, parse, references
from bonded.workflows.model import Job, Step, Workflow
from bonded.workflows.publishing import Publishing, ancestors

# What is known of an event before it happens. Other properties of `github`, and other contexts, are not.
KNOWN = frozenset(
    {
        "github.event_name", "github.ref", "github.ref_name", "github.ref_type", "github.event.action",
        "github.workflow", "github.repository", "github.repository_owner", "github.base_ref",
        "github.event.release.prerelease",
        "github.event.release.tag_name", "github.event.ref", "github.event.push.ref",
        "github.event.repository.fork",
    }
)  # fmt: skip


OWN_PAYLOAD = frozenset({"push", "release"})
HEADS = frozenset({"github.base_ref", "github.head_ref"})
# What only the payloads of other events hold.
OF_OTHERS = (
    "github.event.pull_request.", "github.event.inputs.", "inputs.", "github.event.workflow_run.",
    "github.event.number",
    "github.event.issue.", "github.event.comment.", "github.event.label.", "github.event.client_payload.",
)  # fmt: skip
REPOSITORY = re.compile(r"github\.(repository|repository_owner)\s*==\s*'([^']+)'", re.IGNORECASE)


def tag_push(tag: str) -> Event:
    """Return the push of a tag."""
    return Event(name="push", ref=f"refs/tags/{tag}", sha="")


def branch_push(branch: str = "main") -> Event:
    """Return a push to a branch that changes no path that is known."""
    return Event(name="push", ref=f"refs/heads/{branch}", sha="", default_branch=branch)


def release(tag: str, action: str = "published", *, prerelease: bool = False) -> Event:
    """Return an event of a GitHub release."""
    ref = f"refs/tags/{tag}"
    return Event(name="release", action=action, ref=ref, sha="", prerelease=prerelease)


def other(name: str) -> Event:
    """Return an event of another kind, on the default branch or for a pull request."""
    pull = name in {"pull_request", "pull_request_review"}
    return Event(name=name, ref="refs/pull/1/merge" if pull else "refs/heads/main", sha="")


def release_events(case: Case) -> tuple[Event, ...]:
    """Return events under which a release could be made: tags, releases, and all else the workflow listens to."""
    samples = dict.fromkeys(_sample_tags(case))
    named = [trigger.event for trigger in case.workflow.triggers]
    events = [tag_push(tag) for tag in samples]
    types = [one.types for one in case.workflow.triggers if one.event == "release" and one.types]
    events += [release(tag, action) for tag in samples for action in (types or [("published",)])[0]]
    events.append(branch_push())
    events += [other(name) for name in named if name not in {"push", "release", "workflow_call"}]
    return tuple(event for event in events if event.name in named)


def _sample_tags(case: Case) -> Iterator[str]:
    """Yield tags to try: the next one, the newest one, the usual ones, and what the patterns spell out."""
    if case.facts.next_tag:
        yield case.facts.next_tag
        return
    yield from (case.facts.tags or ())[:1]
    yield from ("v1.2.3", "1.2.3")
    for trigger in case.workflow.triggers:
        for pattern in trigger.filters.get("tags", ()):
            if not set(pattern) & set("[]?+!\\"):
                yield pattern.replace("**", "*").replace("*", "1.2.3")


def paths_to(case: Case, publishing: Publishing) -> tuple[Event, ...]:
    """Return the events of a release that get as far as this step, as far as is known."""
    return tuple(
        event
        for event in release_events(case)
        if reaches(case.workflow, event, publishing.job, publishing.step) is not False
    )


def reaches(workflow: Workflow, event: Event, job: Job, step: Step | None = None) -> bool | None:
    """Say whether this event starts the workflow and runs this job (and step), were all before it to succeed."""
    try:
        if not triggers.starts(workflow, event).starts:
            return False
    except InvalidInput:
        return None
    conditions = [one.condition for one in (*ancestors(workflow, job), job)]
    conditions += [step.condition] if step else []
    answers = [holds(condition, event, workflow) for condition in conditions]
    if False in answers:
        return False
    return None if None in answers else True


def holds(condition: Scalar | None, event: Event, workflow: Workflow) -> bool | None:
    """Say whether an `if:` holds at this event; None if it reads what is not known."""
    if condition is None:
        return True
    contexts = contexts_of(event, workflow, condition.text)
    decided: bool | None = None
    try:
        if _is_known(condition.text, event):
            return templates.condition(condition.text, contexts)
        # A chain of `&&` is false as soon as one known part is.
        parts = condition.text.replace("${{", "").replace("}}", "").split("&&")
        plain = "(" not in condition.text.replace("startsWith(", "") and "||" not in condition.text
        for part in parts if plain and len(parts) > 1 else ():
            known = _is_known(part, event)
            if known and not templates.condition(part.strip(), contexts):
                decided = False
    except ExpressionError:
        return None
    return decided


def value_of(node: Node | None, event: Event, workflow: Workflow) -> tuple[bool, Value]:
    """Return whether the value of a scalar is known at this event, and the value."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node is None or isinstance(node, Scalar), getattr(node, "value", None)
    try:
        if not _is_known(node.text, event, bare=False):
            return False, None
        return True, templates.resolve(node.text, contexts_of(event, workflow, node.text))
    except ExpressionError:
        return False, None


def contexts_of(event: Event, workflow: Workflow, text: str) -> dict[str, Any]:
    """Return `github` as far as it is known before the event; `text` may name the repository."""
    payload: dict[str, Any] = {"repository": {"fork": False}}
    if event.name == "push":
        payload["ref"] = event.ref
    if event.name == "release":
        payload["release"] = {"prerelease": event.prerelease, "tag_name": event.ref_name}
        payload["action"] = event.action
    github = {
        "event_name": event.name,
        "ref": event.ref,
        "ref_name": event.ref_name,
        "ref_type": event.ref_type,
        "workflow": workflow.title,
        "event": payload,
        "base_ref": "",
        "head_ref": "",
        **_repository(text),
    }
    return {"github": github, "inputs": {}}


def _is_known(text: str, event: Event, *, bare: bool = True) -> bool:
    named = {f"github.{name}" for name in _repository(text)}
    for path in _paths(text, bare=bare):
        lower = path.lower()
        if lower in {"github.repository", "github.repository_owner"}:
            known = lower in named
        elif event.name in OWN_PAYLOAD and (lower in HEADS or lower.startswith(OF_OTHERS)):
            known = True  # and null
        else:
            known = lower in KNOWN and not (
                lower in HEADS and event.name.startswith("pull_request")
            )
        if not known:
            return False
    return True


def _repository(text: str) -> dict[str, str]:
    """Return the repository and owner that a text compares with: forks are kept out so, and a release is of neither."""
    found: dict[str, str] = {}
    for name, value in REPOSITORY.findall(text):
        found.setdefault(name.lower(), value)
    if "repository" in found:
        found.setdefault("repository_owner", found["repository"].partition("/")[0])
    return found


def _paths(text: str, *, bare: bool) -> Iterator[str]:
    pieces: Sequence[str | templates.Expression] = templates.split(text)
    sources = [piece.source for piece in pieces if isinstance(piece, templates.Expression)]
    for source in sources or ([text] if bare else []):
        yield from references(parse(source.strip()))

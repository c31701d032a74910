"""What will be played tonight: the event, the workflows that it starts, and those among them that publish.

Everything is decided from values: the project, its workflows, the tags that exist, and what the user asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.rehearsal import plan
from bonded.rehearsal.contexts import github_context
from bonded.rehearsal.payloads import payload
from bonded.rehearsal.project import Project
from bonded.rehearsal.report import WorkflowRecord
from bonded.rehearsal.repositories import owner_id_of, repository_id_of
from bonded.workflows import triggers
from bonded.workflows.claims import Run
from bonded.workflows.events import HEADS, TAGS, Event
from bonded.workflows.expressions import truthy
from bonded.workflows.model import Input, Workflow
from bonded.workflows.publishing import Publishing, publishings

EVENTS = ("push", "release", "workflow_dispatch")
_RUN_ID = "1000000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user asked for; empty texts mean "choose for me"."""

    event: str = ""
    tag: str = ""
    branch: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    workflows: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The evening's script."""

    event: Event
    why: str
    tag: str
    """The short name of the tag under which the release is made; also set for a push to a branch before it."""
    records: tuple[WorkflowRecord, ...]
    played: tuple[Workflow, ...]
    publishings: tuple[Publishing, ...]
    inputs: Mapping[str, Any]


def run_of(workflow: Workflow, event: Event, repository: str, *, owner_id: str = "") -> Run:
    """Return the facts of a run of a workflow, with made-up numbers where only GitHub has real ones.

    `owner_id` is the owner's real number where somebody recorded it.
    """
    owner = repository.partition("/")[0]
    owner_id = owner_id or owner_id_of(repository)
    return Run(
        repository=repository,
        repository_id=repository_id_of(repository),
        repository_owner_id=owner_id,
        actor=owner,
        actor_id=owner_id,
        run_id=_RUN_ID,
        check_run_id="1",
        workflow_path=workflow.path,
        workflow_title=workflow.title,
        event=event,
    )


def write_script(
    wishes: Wishes,
    *,
    project: Project,
    workflows: Sequence[Workflow],
    repository: str,
    tags: Sequence[str],
    sha: str,
    branch: str,
) -> Script:
    """Decide what is played. Raises UsageError where nothing can be, InvalidInput where no version is known."""
    wanted = _chosen_files(workflows, wishes.workflows)
    found = [p for workflow in wanted for p in publishings(workflow)]
    if not found:
        raise UsageError(
            "no workflow publishes: none has a step with pypa/gh-action-pypi-publish or an upload command "
            "(`uv publish`, `twine upload`, …)",
            hint=f"looked at {', '.join(w.path for w in wanted) or 'no file: .github/workflows is empty'}",
        )
    names = _tags(wishes, project, tags)
    candidates = _candidates(wishes, names, sha, branch, found)
    choice = plan.choose(candidates, found, lambda event: _world(event, found, repository, wishes))
    event = choice.event if choice else _fallback(candidates, found)
    _require_inputs(event, found)
    starts = {w.path: triggers.starts(w, event) for w in workflows}
    publishing = {p.workflow.path for p in found}
    played = tuple(w for w in wanted if starts[w.path].starts and w.path in publishing)
    return Script(
        event=event,
        why=choice.why if choice else "",
        tag=event.ref_name if event.ref_type == "tag" else next(iter(names), ""),
        records=tuple(_record(w, starts[w.path], played) for w in workflows),
        played=played,
        publishings=tuple(p for p in found if p.workflow in played),
        inputs=_typed_inputs(played, event),
    )


def _chosen_files(workflows: Sequence[Workflow], wished: Sequence[str]) -> tuple[Workflow, ...]:
    if not wished:
        return tuple(workflows)
    chosen = tuple(w for w in workflows if w.path in wished or w.filename in wished)
    known = {name for w in chosen for name in (w.path, w.filename)}
    for name in wished:
        if name not in known:
            there = ", ".join(w.filename for w in workflows) or "none"
            raise UsageError(
                f"there is no workflow {name}", hint=f"workflows of this project: {there}"
            )
    return chosen


def _record(
    workflow: Workflow, start: triggers.Start, played: Sequence[Workflow]
) -> WorkflowRecord:
    is_played = workflow in played
    why = "" if is_played or not start.starts else "it publishes nothing"
    return WorkflowRecord(
        path=workflow.path,
        starts=start.starts,
        rule=start.rule,
        played=is_played,
        why_not_played=why,
    )


def _tags(wishes: Wishes, project: Project, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags under which this release could be made, likeliest first."""
    if wishes.tag:
        return (wishes.tag.removeprefix(TAGS),)
    version = project.version or _next_version(tags)
    if version:
        return plan.tag_candidates(version, project.name, tags)
    if wishes.event == "workflow_dispatch" or (wishes.branch and wishes.event != "release"):
        return ()
    raise InvalidInput(
        (
            Fault(
                Location("pyproject.toml"),
                "the version is dynamic, and there is no git tag to follow",
                "say which release to rehearse, for example --tag v1.0.0",
            ),
        )
    )


def _next_version(tags: Sequence[str]) -> str:
    """Return the version after the newest tag that names one: its last number plus one."""
    versions = []
    for tag in tags:
        try:
            versions.append(Version(plan.version_in(tag)))
        except InvalidVersion:
            continue
    if not versions:
        return ""
    *head, last = max(versions).release
    return ".".join(map(str, (*head, last + 1)))


def _candidates(
    wishes: Wishes, tags: Sequence[str], sha: str, branch: str, found: Sequence[Publishing]
) -> list[Event]:
    head = f"{HEADS}{wishes.branch or branch}"
    pushes = [
        Event(name="push", ref=f"{TAGS}{tag}", sha=sha, default_branch=branch) for tag in tags
    ]
    releases = [
        Event(
            name="release",
            action=action,
            ref=f"{TAGS}{tag}",
            sha=sha,
            default_branch=branch,
            prerelease=_is_prerelease(tag),
        )
        for tag_actions in zip(*map(_release_actions, tags), strict=True)
        for action, tag in zip(tag_actions, tags, strict=True)
    ]
    on_tag = f"{TAGS}{tags[0]}" if wishes.tag else head
    dispatch = Event(
        name="workflow_dispatch",
        ref=on_tag,
        sha=sha,
        default_branch=branch,
        inputs=_dispatch_inputs(wishes, found),
    )
    if wishes.branch:
        pushes = [Event(name="push", ref=head, sha=sha, default_branch=branch, changed_paths=None)]
    events = {"push": pushes, "release": releases, "workflow_dispatch": [dispatch]}
    if wishes.event:
        return events[wishes.event]
    return pushes if wishes.branch else [*pushes, *releases, dispatch]


def _release_actions(tag: str) -> tuple[str, ...]:
    """Return the activity types that publishing a release fires, the usual one first.

    A draft that is published fires no `created`.
    """
    return ("published", "prereleased" if _is_prerelease(tag) else "released", "created")


def _is_prerelease(tag: str) -> bool:
    try:
        return Version(plan.version_in(tag)).is_prerelease
    except InvalidVersion:
        return False


def _fallback(candidates: Sequence[Event], found: Sequence[Publishing]) -> Event:
    """Return the event to play when none publishes: one that at least starts such a workflow, else the likeliest."""
    for event in candidates:
        if any(triggers.starts(p.workflow, event).starts for p in found):
            return event
    return candidates[0]


def _world(
    event: Event, found: Sequence[Publishing], repository: str, wishes: Wishes
) -> dict[str, Any]:
    run = run_of(found[0].workflow, event, repository)
    sent = payload(run, message="", timestamp="")
    return {
        "github": github_context(run, event=sent, token=""),
        "vars": dict(wishes.variables),
        "inputs": _typed_inputs([p.workflow for p in found], event),
    }


def _declared(workflows: Sequence[Workflow]) -> dict[str, Input]:
    return {
        item.name: item
        for workflow in workflows
        for trigger in workflow.triggers
        if trigger.event == "workflow_dispatch"
        for item in trigger.inputs
    }


def _dispatch_inputs(wishes: Wishes, found: Sequence[Publishing]) -> dict[str, str]:
    """Return the inputs of a dispatch as GitHub would take them; raises UsageError for what it would refuse."""
    declared = _declared([p.workflow for p in found])
    for name, value in wishes.inputs.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise UsageError(f"the workflow has no input '{name}'", hint=f"its inputs: {known}")
        item = declared[name]
        if item.type == "choice" and value not in item.options:
            raise UsageError(
                f"the input '{name}' must be one of {', '.join(item.options)}, got '{value}'"
            )
        if item.type == "boolean" and value not in {"true", "false"}:
            raise UsageError(f"the input '{name}' must be true or false, got '{value}'")
    values: dict[str, str] = {}
    for name, item in declared.items():
        default = item.default.text if item.default is not None else _empty(item)
        values[name] = wishes.inputs.get(name, default)
    return values


def _require_inputs(event: Event, found: Sequence[Publishing]) -> None:
    """Raise UsageError for a dispatch without a required input, which GitHub would not start."""
    if event.name != "workflow_dispatch":
        return
    for name, item in _declared([p.workflow for p in found]).items():
        if item.required and not event.inputs.get(name):
            raise UsageError(f"the input '{name}' is required", hint=f"give --input {name}=…")


def _empty(item: Input) -> str:
    if item.type == "boolean":
        return "false"
    return item.options[0] if item.type == "choice" and item.options else ""


def _typed_inputs(workflows: Sequence[Workflow], event: Event) -> dict[str, Any]:
    """Return the `inputs` context: booleans and numbers typed, the rest as text."""
    if event.name != "workflow_dispatch":
        return {}
    declared = _declared(workflows)
    return {
        name: _typed(declared[name].type, text)
        for name, text in event.inputs.items()
        if name in declared
    }


def _typed(kind: str, text: str) -> Any:
    if kind == "boolean":
        return truthy(text == "true")
    if kind == "number":
        try:
            return float(text) if text else 0
        except ValueError:
            return text
    return text

"""What will be played: the order of jobs, the jobs that publish, and the event that makes them.

Nothing is played here. A publishing job is recognised by what it does: the publishing action, or an upload command in
a script. The release event is the one under which such a job's conditions hold.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from packaging.version import InvalidVersion, Version

from bonded.errors import InvalidInput
from bonded.rehearsal.conditions import holds
from bonded.workflows import triggers
from bonded.workflows.document import Mapping as MappingNode
from bonded.workflows.document import Node, Scalar
from bonded.workflows.document import Sequence as SequenceNode
from bonded.workflows.events import Event
from bonded.workflows.expressions import ExpressionError, parse, references
from bonded.workflows.model import Job, Step, Workflow
from bonded.workflows.templates import Expression, split

_PUBLISHING_ACTION = "pypa/gh-action-pypi-publish"
_COMMAND = re.compile(
    r"\b(?:uv|hatch|flit|poetry|pdm|bonded|maturin)\b[^\n|;&#]*\s(?:publish|upload)\b|\btwine\b[^\n|;&#]*\supload\b"
)
_WORLD = ("github", "vars", "inputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """One step that publishes, and the index that it publishes to (`pypi`, `testpypi`)."""

    workflow: Workflow
    job: Job
    step: Step
    index: str


def order(workflow: Workflow) -> tuple[Job, ...]:
    """Return the jobs so that each comes after those it needs, else as in the file (the reader refused cycles)."""
    done: dict[str, Job] = {}
    left = list(workflow.jobs)
    while left:
        ready = next((job for job in left if all(n.lower() in done for n in job.needs)), None)
        if ready is None:
            raise ValueError("a cycle in `needs` was let through")
        done[ready.id.lower()] = ready
        left.remove(ready)
    return tuple(done.values())


def ancestors(workflow: Workflow, job: Job) -> tuple[Job, ...]:
    """Return every job that this one needs, directly or not."""
    found: dict[str, Job] = {}
    wanted = list(job.needs)
    while wanted:
        other = next(j for j in workflow.jobs if j.id.lower() == wanted[0].lower())
        wanted.pop(0)
        if other.id not in found:
            found[other.id] = other
            wanted.extend(other.needs)
    return tuple(found.values())


def publishings(workflow: Workflow, testpypi_hosts: Sequence[str]) -> tuple[Publishing, ...]:
    """Return the steps of a workflow that publish."""
    return tuple(
        Publishing(workflow=workflow, job=job, step=step, index=_index(job, step, testpypi_hosts))
        for job in workflow.jobs
        for step in job.steps
        if publishes(step)
    )


def publishes(step: Step) -> bool:
    """Whether a step uploads distributions."""
    if step.uses is not None:
        return step.uses.text.partition("@")[0].strip().lower() == _PUBLISHING_ACTION
    return step.run is not None and bool(_COMMAND.search(step.run.text))


def upload_commands(script: str) -> tuple[str, ...]:
    """Return the commands of a script that upload distributions, each with its arguments."""
    text = script.replace("\\\n", " ")
    return tuple(found[0] for found in re.finditer(rf"(?:{_COMMAND.pattern})[^\n|;&#]*", text))


def _index(job: Job, step: Step, testpypi_hosts: Sequence[str]) -> str:
    texts = [
        scalar.text.lower()
        for node in (step.run, step.inputs, step.env, job.env)
        for scalar in scalars(node)
    ]
    marks = ("testpypi", *testpypi_hosts)
    return "testpypi" if any(mark in text for text in texts for mark in marks) else "pypi"


def pushes(workflows: Sequence[Workflow]) -> bool:
    """Whether a step of these workflows pushes to the repository."""
    steps = (step for workflow in workflows for job in workflow.jobs for step in job.steps)
    return any(step.run is not None and "git push" in step.run.text for step in steps)


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Return every value under a node."""
    match node:
        case Scalar():
            yield node
        case SequenceNode(items=items):
            for item in items:
                yield from scalars(item)
        case MappingNode(entries=entries):
            for _, value in entries:
                yield from scalars(value)


def plays(publishing: Publishing, world: Mapping[str, Any]) -> bool:
    """Whether the publishing job would run in this world (`github`, `inputs`, `vars`), were all before it to succeed.

    What only a run can tell (outputs, an expression that fails) counts as true.
    """
    jobs = (*ancestors(publishing.workflow, publishing.job), publishing.job)
    needs = {job.id: {"result": "success", "outputs": {}} for job in publishing.workflow.jobs}
    view = {**{name: world.get(name, {}) for name in _WORLD}, "needs": needs, "secrets": {}}
    return all(_may_hold(job.condition, view) for job in jobs) and _may_hold(
        publishing.step.condition, view
    )


def _may_hold(condition: Scalar | None, view: Mapping[str, Any]) -> bool:
    if condition is None:
        return True
    if any(_root(name) not in _WORLD for name in read_names(condition.text)):
        return True
    try:
        return holds(condition, view, status="success")
    except InvalidInput:
        return True


def _root(name: str) -> str:
    return re.split(r"[.\[]", name, maxsplit=1)[0].lower()


def read_names(text: str) -> tuple[str, ...]:
    """Return what the expressions of a text read, such as `secrets.TOKEN`; nothing where it cannot be parsed."""
    try:
        pieces = [piece.source for piece in split(text) if isinstance(piece, Expression)]
        return tuple(
            name for piece in pieces or [text] for name in references(parse(piece.strip()))
        )
    except ExpressionError:
        return ()


def missing_secrets(workflows: Sequence[Workflow], given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of secrets that the workflows read and nobody gave."""
    known = {name.upper() for name in given} | {"GITHUB_TOKEN"}
    found: dict[str, None] = {}
    for workflow in workflows:
        for text in _texts(workflow):
            for name in read_names(text) if "secrets" in text.lower() else ():
                root, _, key = name.partition(".")
                if root.lower() == "secrets" and key and key.upper() not in known:
                    found[key] = None
    return tuple(found)


def _texts(workflow: Workflow) -> Iterator[str]:
    nodes: list[Node | None] = [workflow.env]
    for job in workflow.jobs:
        nodes += [job.env, job.outputs, job.condition]
        for step in job.steps:
            nodes += [step.run, step.env, step.inputs, step.condition, step.name]
    for node in nodes:
        for scalar in scalars(node):
            yield scalar.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The event that is played, and why this one."""

    event: Event
    why: str


def choose(
    candidates: Sequence[Event],
    found: Sequence[Publishing],
    world: Callable[[Event], Mapping[str, Any]],
) -> Choice | None:
    """Return the first event under which something is published, to PyPI rather than to TestPyPI.

    None where none does.
    """
    for index in ("pypi", "testpypi"):
        for event in candidates:
            for publishing in found:
                if publishing.index != index:
                    continue
                start = triggers.starts(publishing.workflow, event)
                if start.starts and plays(publishing, world(event)):
                    path, job = publishing.workflow.path, publishing.job.id
                    why = f"it starts {path}, whose job '{job}' publishes: {start.rule}"
                    return Choice(event=event, why=why)
    return None


_TEMPLATES = (
    "v{v}",
    "{v}",
    "{n}-v{v}",
    "{n}-{v}",
    "{n}/v{v}",
    "{n}/{v}",
    "{n}@{v}",
    "release-{v}",
    "release/{v}",
)


def tag_candidates(version: str, name: str, existing: Sequence[str]) -> tuple[str, ...]:
    """Return tags that could mean this version: first one that exists, then the project's own style, then the usual."""
    usual = [template.format(v=version, n=name) for template in _TEMPLATES]
    exact = [tag for tag in existing if _means(tag, version)]
    styles = (tag.removesuffix(said) + version for tag in existing if (said := version_in(tag)))
    return tuple(dict.fromkeys([*exact, *islice(styles, 1), *usual]))


def _means(tag: str, version: str) -> bool:
    """Whether a tag names this version, however it writes it (PEP 440: `1.0-rc1` is `1.0rc1`)."""
    try:
        return Version(version_in(tag)) == Version(version)
    except InvalidVersion:
        return version_in(tag) == version


def version_in(tag: str) -> str:
    """Return the version that a tag names (`v1.2.0`, `tool-1.2.0`), or empty."""
    last = re.split(r"[/@]", tag)[-1]
    match = re.search(r"(?:^|[-_vV])(\d[\w.!+-]*)$", last)
    return match[1] if match else ""

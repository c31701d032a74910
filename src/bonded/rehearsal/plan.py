"""What will be played: the order of jobs, the jobs that publish, and the event that makes them.

Nothing is played here. What publishes is said by `workflows.publishing`. The release event is the one under which such
a job's conditions hold.
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
from bonded.workflows.document import Node, Scalar
from bonded.workflows.events import Event
from bonded.workflows.expressions import ExpressionError, parse, references
from bonded.workflows.model import Job, Workflow
from bonded.workflows.publishing import Publishing, ancestors, scalars
from bonded.workflows.templates import Expression, split

_WORLD = ("github", "vars", "inputs")
# What only a run can tell is more likely PyPI than not.
_BY_RANK = ("pypi", "", "testpypi", "other")


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


def pushes(workflows: Sequence[Workflow]) -> bool:
    """Whether a step of these workflows pushes to the repository."""
    steps = (step for workflow in workflows for job in workflow.jobs for step in job.steps)
    return any(step.run is not None and "git push" in step.run.text for step in steps)


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
    """Return the first event under which something is published, to PyPI rather than to TestPyPI or elsewhere.

    None where none does.
    """
    for index in _BY_RANK:
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

"""Local composite actions: `uses: ./path` runs the steps of an `action.yml` as its own.

The action is read from the workspace, because that is where GitHub's runner looks: without a checkout before it there
is nothing to find.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bonded.errors import InvalidInput
from bonded.rehearsal.actions.role import NotRehearsed, StepFailed
from bonded.rehearsal.bench import Bench, Scope
from bonded.workflows import templates
from bonded.workflows.expressions import to_text
from bonded.workflows.model import CompositeAction
from bonded.workflows.reading import OtherAction, read_composite_action

MAX_DEPTH = 10


def is_local(uses: str) -> bool:
    """Whether `uses` names an action of the same repository: `./path`, or `$/path` at the running commit."""
    return uses.startswith(("./", "$/", ".\\"))


def read(bench: Bench, uses: str, scope: Scope) -> tuple[CompositeAction, Path]:
    """Return the action and its folder; StepFailed and NotRehearsed say why not."""
    if scope.depth >= MAX_DEPTH:
        raise StepFailed(f"composite actions are nested more than {MAX_DEPTH} deep")
    relative = uses[2:].strip("/")
    root = bench.theatre.folders.source if uses.startswith("$/") else bench.workspace
    folder = (root / relative).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise StepFailed(f"the action {uses} lies outside of the repository")
    found = next(
        (folder / n for n in ("action.yml", "action.yaml") if (folder / n).is_file()), None
    )
    if found is None:
        raise StepFailed(
            f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '{uses}'.",
            hint="Did you forget to run actions/checkout before running your local action?",
        )
    try:
        if not found.resolve().is_relative_to(root.resolve()):
            raise StepFailed(f"the action {uses} lies outside of the repository")
        text = (
            found.read_text("utf-8") if uses.startswith("$/") else bench.theatre.inside.text(found)
        )
        action = read_composite_action(text, f"{relative}/{found.name}".lstrip("/"))
    except InvalidInput as error:
        raise StepFailed("\n".join(str(fault) for fault in error.faults)) from None
    except UnicodeDecodeError:
        raise StepFailed(f"{found.name} of {uses} is not UTF-8") from None
    if isinstance(action, OtherAction):
        raise NotRehearsed(
            f"the local action {uses} is a {action.kind} action; only composite actions are played",
            hint="turn it into a composite action, or rehearse without it",
        )
    return action, folder


def inputs(
    action: CompositeAction, given: Mapping[str, str], view: Mapping[str, Any]
) -> dict[str, str]:
    """Return the `inputs` context of the action: what is given, else the defaults."""
    lowered = {name.lower(): value for name, value in given.items()}
    known = {name.lower() for name in action.inputs}
    unknown = sorted(set(lowered) - known)
    if unknown:
        raise StepFailed(
            f"Unexpected input(s) {', '.join(unknown)}, valid inputs are [{', '.join(action.inputs)}]"
        )
    values: dict[str, str] = {}
    for name, spec in action.inputs.items():
        if name.lower() in lowered:
            values[name] = lowered[name.lower()]
        else:
            values[name] = (
                to_text(templates.resolve_node(spec.default, view)) if spec.default else ""
            )
    return values


def outputs(action: CompositeAction, view: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs that the action maps from its steps."""
    return {
        name: to_text(templates.resolve_node(value, view)) for name, value in action.outputs.items()
    }

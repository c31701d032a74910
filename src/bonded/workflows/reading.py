"""From the text of a workflow or an action to its model, or to every fault in it at once.

Three steps, each of which notes its faults and goes on: the YAML (`document`), the shape of every value (`schema`,
`checking`), and what no shape can say, found while the model is built (`reading_*`). Only then is anything raised.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass

from bonded.errors import Fault, InvalidInput
from bonded.workflows import core_schema, document, schema
from bonded.workflows.checking import check
from bonded.workflows.document import Mapping, Node, Scalar
from bonded.workflows.faults import Faults, got
from bonded.workflows.model import ActionInput, CompositeAction, Workflow
from bonded.workflows.reading_jobs import defaults, jobs, permissions
from bonded.workflows.reading_parts import env, mapping, scalar, text_of
from bonded.workflows.reading_steps import steps
from bonded.workflows.reading_triggers import triggers

FOLDER = ".github/workflows/"
SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAction:
    """An `action.yml` that is not composite: its code is JavaScript or a container."""

    path: str
    using: str

    @property
    def kind(self) -> str:
        """`Docker` or `JavaScript`."""
        return "Docker" if self.using == "docker" else "JavaScript"


def read_workflow(text: str, path: str) -> Workflow:
    """Return the workflow that GitHub's reader makes of `text`; `path` is relative to the repository.

    Raises InvalidInput with every fault of the file, in the order of the file. What GitHub refuses is refused.
    """
    return read_with_tree(text, path)[0]


def read_with_tree(text: str, path: str) -> tuple[Workflow, Mapping]:
    """Return the workflow and the tree that it was read from; raises InvalidInput as `read_workflow`."""
    root, faults = _read(text, path)
    check(root, schema.WORKFLOW, faults)
    node = root if isinstance(root, Mapping) else Mapping((), root.location)
    defaults_run = mapping(node.get("defaults"))
    workflow = Workflow(
        path=path,
        name=text_of(node.get("name")),
        run_name=scalar(node.get("run-name")),
        triggers=triggers(node.get("on"), faults),
        permissions=permissions(node.get("permissions")),
        env=env(node.get("env")),
        defaults=defaults(defaults_run),
        concurrency=node.get("concurrency"),
        jobs=jobs(node.get("jobs"), faults),
    )
    faults.stop()
    return workflow, node


def read_workflows(folder_listing: Table[str, str]) -> tuple[Workflow, ...]:
    """Return the workflows among files given as path and text, in the order of their paths.

    As on GitHub, only `.yml` and `.yaml` files directly in `.github/workflows/` count. Raises InvalidInput with the
    faults of all files.
    """
    found: list[Workflow] = []
    faults: list[Fault] = []
    for path in sorted(folder_listing):
        name = path.removeprefix(FOLDER)
        if name == path or "/" in name or not name.endswith(SUFFIXES):
            continue
        try:
            found.append(read_workflow(folder_listing[path], path))
        except InvalidInput as error:
            faults.extend(error.faults)
    if faults:
        raise InvalidInput(tuple(faults))
    return tuple(found)


def read_composite_action(text: str, path: str) -> CompositeAction | OtherAction:
    """Return the composite action that an `action.yml` describes, or what else it is.

    Raises InvalidInput with every fault of the file; of another kind of action only `runs.using` is looked at.
    """
    root, faults = _read(text, path)
    runs = mapping(mapping(root).get("runs"))
    using = text_of(runs.get("using"))
    if using == "docker" or (using.startswith("node") and using.removeprefix("node").isdecimal()):
        return OtherAction(path=path, using=using)
    check(root, schema.COMPOSITE_ACTION, faults)
    if using and using != "composite":
        message = f"expected `composite`, `docker` or `node…`, got `{using}`"
        node = runs.get("using")
        faults.add(node.location if node else runs.location, "runs.using", message)
    action = _composite(mapping(root), runs, path, faults)
    faults.stop()
    return action


def _composite(node: Mapping, runs: Mapping, path: str, faults: Faults) -> CompositeAction:
    return CompositeAction(
        path=path,
        name=text_of(node.get("name")),
        inputs={
            name: ActionInput(
                default=scalar(mapping(value).get("default")),
                required=core_schema.to_text(_value(mapping(value).get("required"))) == "true",
            )
            for name, value in mapping(node.get("inputs"))
        },
        outputs={
            name: output
            for name, value in mapping(node.get("outputs"))
            if (output := scalar(mapping(value).get("value"))) is not None
        },
        steps=steps(runs.get("steps"), faults, "runs.steps"),
    )


def _value(node: Node | None) -> core_schema.Value:
    return node.value if isinstance(node, Scalar) else None


def _read(text: str, path: str) -> tuple[Node, Faults]:
    """Return the tree and the faults so far; raises InvalidInput where there is no tree, or nothing in it."""
    faults = Faults(path, text)
    root, found = document.compose(text, path)
    faults.found.extend(found)
    if root is None or not isinstance(root, Mapping):
        if root is not None:
            message = f"expected a mapping with keys such as `on` and `jobs`, got {got(root)}"
            faults.add(root.location, "", message)
        faults.stop()
    assert root is not None
    return root, faults

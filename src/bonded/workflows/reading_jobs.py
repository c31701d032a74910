"""Jobs: from nodes to `Job`, with the rules that concern several keys."""

import re

from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.faults import Faults, below
from bonded.workflows.model import Defaults, Environment, Job, Permissions, Strategy
from bonded.workflows.needs import check_needs
from bonded.workflows.reading_parts import check_id, env, mapping, scalar, text_of, words
from bonded.workflows.reading_steps import steps

_FILE = r"\.github/workflows/[^/@\s]+\.ya?ml"
# A workflow file of this repository, or of another at a ref.
CALLED = re.compile(rf"[.$]/{_FILE}|[^/@\s]+/[^/@\s]+/{_FILE}@\S+")
CALLED_HINT = (
    "Write `./.github/workflows/FILE.yml`, or `OWNER/REPO/.github/workflows/FILE.yml@REF`."
)


def jobs(node: Node | None, faults: Faults) -> tuple[Job, ...]:
    """Return all jobs in the order of the file."""
    found, needs = [], {}
    for key, value in mapping(node).entries:
        check_id(key, faults, below("jobs", key.text))
        if isinstance(value, Mapping):
            found.append(_job(key, value, faults))
            needs[key.text] = tuple(words(value.get("needs")))
    if isinstance(node, Mapping) and (needs or not node.entries):
        check_needs(needs, node.location, faults)
    return tuple(found)


def _job(key: Scalar, node: Mapping, faults: Faults) -> Job:
    place = below("jobs", key.text)
    _check_job(node, faults, place)
    inputs, outputs = node.get("with"), node.get("outputs")
    return Job(
        id=key.text,
        name=scalar(node.get("name")),
        needs=tuple(text_of(need) for need in words(node.get("needs"))),
        condition=scalar(node.get("if")),
        permissions=permissions(node.get("permissions")),
        environment=_environment(node.get("environment")),
        runs_on=node.get("runs-on"),
        outputs=outputs if isinstance(outputs, Mapping) else None,
        env=env(node.get("env")),
        defaults=defaults(mapping(node.get("defaults"))),
        strategy=_strategy(node.get("strategy")),
        continue_on_error=scalar(node.get("continue-on-error")),
        timeout_minutes=scalar(node.get("timeout-minutes")),
        concurrency=node.get("concurrency"),
        container=node.get("container"),
        services=node.get("services"),
        steps=steps(node.get("steps"), faults, below(place, "steps")),
        uses=scalar(node.get("uses")),
        inputs=inputs if isinstance(inputs, Mapping) else None,
        secrets=node.get("secrets"),
        location=key.location,
    )


def permissions(node: Node | None) -> Permissions | None:
    """Return a `permissions:` block as written."""
    if isinstance(node, Scalar):
        return Permissions(shorthand=text_of(node), location=node.location)
    if isinstance(node, Mapping):
        scopes = {scope: text_of(level) for scope, level in node}
        return Permissions(scopes=scopes, location=node.location)
    return None


def defaults(node: Mapping) -> Defaults:
    """Return what `defaults.run` says."""
    run = mapping(node.get("run"))
    return Defaults(
        shell=scalar(run.get("shell")), working_directory=scalar(run.get("working-directory"))
    )


def _environment(node: Node | None) -> Environment | None:
    block = node if isinstance(node, Mapping) else None
    name = scalar(block.get("name") if block else node)
    if node is None or name is None or not text_of(name):
        return None  # an empty name is no environment
    url = scalar(block.get("url")) if block else None
    return Environment(name=name, url=url, location=node.location)


def _strategy(node: Node | None) -> Strategy | None:
    if not isinstance(node, Mapping):
        return None
    matrix = node.get("matrix")
    return Strategy(
        matrix=matrix if isinstance(matrix, Mapping) else scalar(matrix),
        fail_fast=scalar(node.get("fail-fast")),
        max_parallel=scalar(node.get("max-parallel")),
        location=node.location,
    )


def _check_job(node: Mapping, faults: Faults, place: str) -> None:
    """Note what is wrong with one job beyond the shapes of its values."""
    uses = scalar(node.get("uses"))
    if uses is not None and not CALLED.fullmatch(text_of(uses)):
        message = f"`{uses.text}` names no workflow file"
        faults.add(uses.location, below(place, "uses"), message, CALLED_HINT)
    _check_block(node.get("strategy"), faults, below(place, "strategy"))
    run = mapping(node.get("defaults")).get("run")
    _check_block(run, faults, below(place, "defaults.run"))
    _check_image(node.get("container"), faults, below(place, "container"))
    for service, container in mapping(node.get("services")):
        _check_image(container, faults, below(below(place, "services"), service))


def _check_block(node: Node | None, faults: Faults, place: str) -> None:
    """Note a block that is one expression: GitHub allows it, the model has no room for it."""
    if isinstance(node, Scalar) and "${{" in node.text:
        message = "bonded does not read a block that is one expression"
        faults.add(node.location, place, message, "Write the block, with expressions as values.")


def _check_image(node: Node | None, faults: Faults, place: str) -> None:
    """Note a container without an image; like GitHub's parser, not if the runner evaluates any part of it."""
    if isinstance(node, Mapping) and node.get("image") is None and not _evaluated(node):
        faults.add(node.location, place, "the key `image` is missing")


def _evaluated(node: Node) -> bool:
    """Say whether there is an expression anywhere inside."""
    match node:
        case Scalar():
            return "${{" in node.text
        case Sequence():
            return any(_evaluated(item) for item in node.items)
        case Mapping():
            return any(_evaluated(value) for _, value in node)

"""Jobs: from nodes to `Job`, with the rules that concern several keys."""

import re

from bonded.workflows.document import Mapping, Node, Scalar
from bonded.workflows.faults import Faults, below
from bonded.workflows.model import Defaults, Environment, Job, Permissions, Strategy
from bonded.workflows.needs import check_needs
from bonded.workflows.reading_parts import check_id, env, mapping, scalar, text_of, words
from bonded.workflows.reading_steps import steps

GROUP_LIMIT = 400
# A file in a workflows folder: of this repository, or of another at a ref.
CALLED = re.compile(
    r"(\./|\$/)\.github/workflows/[^/@\s]+\.ya?ml|[^/@\s]+/[^/@\s]+/\.github/workflows/[^/@\s]+\.ya?ml@\S+"
)


def jobs(node: Node | None, faults: Faults) -> tuple[Job, ...]:
    """Return all jobs in the order of the file."""
    found, needs = [], {}
    for key, value in mapping(node).entries:
        check_id(key, faults, below("jobs", key.text))
        if isinstance(value, Mapping):
            found.append(_job(key, value, faults))
            needs[key.text] = tuple(words(value.get("needs")))
    if isinstance(node, Mapping):
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
    if isinstance(node, Mapping):
        name = scalar(node.get("name"))
        url = scalar(node.get("url"))
        return Environment(name=name, url=url, location=node.location) if name else None
    name = scalar(node)
    return Environment(name=name, location=name.location) if name and text_of(name) else None


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
        hint = (
            "Write `./.github/workflows/FILE.yml` or `OWNER/REPO/.github/workflows/FILE.yml@REF`."
        )
        faults.add(uses.location, below(place, "uses"), message, hint)
    for key, inner in (("strategy", None), ("defaults", "run")):
        block = node.get(key) if inner is None else mapping(node.get(key)).get(inner)
        if isinstance(block, Scalar) and "${{" in block.text:
            name = below(place, key) if inner is None else below(below(place, key), inner)
            hint = "Write the block, with expressions as its values."
            faults.add(
                block.location, name, "bonded cannot plan a block that is one expression", hint
            )
    for key, least in (("container", True), ("services", False)):
        _check_images(node.get(key), faults, below(place, key), single=least)


def _check_images(node: Node | None, faults: Faults, place: str, *, single: bool) -> None:
    """Note containers without an image."""
    if single:
        if isinstance(node, Mapping) and node.get("image") is None:
            faults.add(node.location, place, "the key `image` is missing")
        return
    for key, value in mapping(node).entries:
        _check_images(value, faults, below(place, key.text), single=True)

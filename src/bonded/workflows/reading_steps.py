"""Steps: from nodes to `Step`, with the rules that concern several keys or several steps."""

import re

from bonded.workflows.document import Mapping, Node, Sequence
from bonded.workflows.faults import Faults, below
from bonded.workflows.model import Step
from bonded.workflows.reading_parts import check_id, env, mapping, scalar, text_of, words

RUN_LIMIT = 21_000
CONTROLS = ("wait", "wait-all", "cancel", "parallel")
# owner/repo[/path]@ref
ACTION = re.compile(r"[^/@\s]+/[^/@\s]+(/[^@\s]*)?@\S+")


def steps(node: Node | None, faults: Faults, place: str) -> tuple[Step, ...]:
    """Return the steps of a job or of a composite action."""
    if not isinstance(node, Sequence):
        return ()
    ids: dict[str, int] = {}
    found = []
    for index, item in enumerate(node.items):
        if isinstance(item, Mapping):
            _check_step(item, ids, faults, below(place, index))
            found.append(_step(item, index))
    return tuple(found)


def _step(node: Mapping, index: int) -> Step:
    control = next((name for name in CONTROLS if node.get(name) is not None), "")
    if not control and text_of(node.get("background")) == "true":
        control = "background"
    inputs = node.get("with")
    return Step(
        index=index,
        id=text_of(node.get("id")),
        name=scalar(node.get("name")),
        condition=scalar(node.get("if")),
        run=scalar(node.get("run")),
        shell=scalar(node.get("shell")),
        working_directory=scalar(node.get("working-directory")),
        uses=scalar(node.get("uses")),
        inputs=inputs if isinstance(inputs, Mapping) else None,
        env=env(node.get("env")),
        continue_on_error=scalar(node.get("continue-on-error")),
        timeout_minutes=scalar(node.get("timeout-minutes")),
        control=control,
        location=node.location,
    )


def _check_step(node: Mapping, ids: dict[str, int], faults: Faults, place: str) -> None:
    """Note what is wrong between the keys of one step, and between it and the steps before."""
    _check_step_id(node, ids, faults, place)
    run = scalar(node.get("run"))
    if run is not None and len(text_of(run)) > RUN_LIMIT:
        message = f"the script has {len(text_of(run)):,} characters, more than {RUN_LIMIT:,}"
        faults.add(run.location, below(place, "run"), message, "Put it in a file of its own.")
    uses = scalar(node.get("uses"))
    if uses is not None and "${{" not in uses.text and not is_action(text_of(uses)):
        message = (
            f"expected `owner/repository@ref`, `./path` or `docker://image`, got `{uses.text}`"
        )
        faults.add(uses.location, below(place, "uses"), message, "Add `@` and a tag or commit.")
    for key in ("wait", "cancel"):
        for target in words(node.get(key)):
            if text_of(target).lower() not in ids:
                message = f"no step before this one has the id `{text_of(target)}`"
                faults.add(target.location, below(place, key), message)
    wait_all = scalar(node.get("wait-all"))
    if wait_all is not None and wait_all.value is False:
        faults.add(wait_all.location, below(place, "wait-all"), "expected `true` or nothing")
    parallel = node.get("parallel")
    if isinstance(parallel, Sequence):
        _check_parallel(parallel, faults, below(place, "parallel"))


def _check_step_id(node: Mapping, ids: dict[str, int], faults: Faults, place: str) -> None:
    own = scalar(node.get("id"))
    if own is None:
        return
    check_id(own, faults, below(place, "id"))
    first = ids.setdefault(text_of(own).lower(), own.location.line)
    if first != own.location.line:
        message = f"the id `{own.text}` is already used at line {first}"
        faults.add(own.location, below(place, "id"), message)


def _check_parallel(node: Sequence, faults: Faults, place: str) -> None:
    """Judge the steps inside a parallel block, which has a scope of its own for ids."""
    steps(node, faults, place)
    for index, item in enumerate(node.items):
        background = mapping(item).get("background")
        if background is not None:
            message = "`background` is not allowed here, because all steps of the block are"
            faults.add(background.location, below(place, index), message)


def is_action(uses: str) -> bool:
    """Say whether a step can use this: an action at a ref, a path in the repository or an image.

    GitHub looks past space around it, such as the line break of a block.
    """
    uses = uses.strip()
    if uses.startswith(("./", ".\\", "$/", "docker://")):
        return True
    return ACTION.fullmatch(uses) is not None

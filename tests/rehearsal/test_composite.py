from typing import Any

import pytest

from bonded.rehearsal import composite
from bonded.rehearsal.actions.role import NotRehearsed, StepFailed
from bonded.rehearsal.bench import Scope
from stage_world import World, write

ACTION = """
name: greet
inputs:
  Who: {default: 'you of ${{ github.job }}'}
  how: {required: true}
outputs:
  said: {value: '${{ steps.say.outputs.text }}!'}
runs:
  using: composite
  steps: [{id: say, run: echo, shell: bash}]
"""
VIEW: dict[str, Any] = {"github": {"job": "build"}, "steps": {"say": {"outputs": {"text": "hi"}}}}


@pytest.mark.parametrize(
    ("uses", "local"),
    [("./a", True), ("./", True), ("$/a", True), ("octo/a@v1", False), ("docker://a", False)],
)
def test_a_local_action_is_known_by_its_beginning(uses: str, *, local: bool) -> None:
    """`./` is the workspace, `$/` the repository at the running commit."""
    assert composite.is_local(uses) is local


@pytest.mark.parametrize("name", ["action.yml", "action.yaml"])
def test_an_action_is_read_from_the_workspace(world: World, name: str) -> None:
    """Both names of the file are found, below the workspace or at its root."""
    for folder in ("tools/greet/", ""):
        write(world.workspace, {f"{folder}{name}": ACTION})
        action, found = composite.read(world.bench(), f"./{folder}", Scope(inputs={}))

        assert (action.name, found) == ("greet", world.workspace / folder)


def test_an_action_of_the_commit_needs_no_checkout(world: World) -> None:
    """`$/path` is read from the files of the rehearsed commit."""
    source = write(world.theatre.folders.source, {"greet/action.yml": ACTION})

    assert composite.read(world.bench(), "$/greet", Scope(inputs={}))[1] == source / "greet"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (None, StepFailed, "Can't find 'action.yml', 'action.yaml'"),
        ("name: [", StepFailed, "greet/action.yml:1:"),
        ("runs: {using: node20, main: x.js}", NotRehearsed, "only composite actions are played"),
        ("\udcff", StepFailed, "is not UTF-8"),
    ],
)
def test_an_action_may_not_be_played(
    world: World, text: str | None, kind: type[StepFailed], words: str
) -> None:
    """What is missing or broken fails; what is no composite action is not rehearsed."""
    if text is not None:
        write(world.workspace, {"greet/x": ""})
        (world.workspace / "greet" / "action.yml").write_bytes(
            text.encode(errors="surrogateescape")
        )

    with pytest.raises(StepFailed) as caught:
        composite.read(world.bench(), "./greet", Scope(inputs={}))

    assert type(caught.value) is kind
    assert words in caught.value.message


def test_an_action_lies_in_the_repository(world: World) -> None:
    """Neither a path nor a link leads out, and nesting has an end."""
    write(world.temp, {"action.yml": ACTION})
    (world.workspace / "link").symlink_to(world.temp)
    for uses in ("./../../../temp", "./link"):
        with pytest.raises(StepFailed, match="outside of the repository"):
            composite.read(world.bench(), uses, Scope(inputs={}))
    with pytest.raises(StepFailed, match="more than 10 deep"):
        composite.read(world.bench(), "./greet", Scope(inputs={}, depth=10))


def test_inputs_and_outputs_are_mapped(world: World) -> None:
    """Inputs have defaults that may be expressions, in any letter case; outputs come from the steps."""
    write(world.workspace, {"action.yml": ACTION})
    action, _ = composite.read(world.bench(), "./", Scope(inputs={}))

    assert composite.inputs(action, {}, VIEW) == {"Who": "you of build", "how": ""}
    assert composite.inputs(action, {"WHO": "me", "how": "x"}, VIEW) == {"Who": "me", "how": "x"}
    assert composite.outputs(action, VIEW) == {"said": "hi!"}
    with pytest.raises(
        StepFailed, match=r"Unexpected input\(s\) where, valid inputs are \[Who, how\]"
    ):
        composite.inputs(action, {"where": "x"}, VIEW)

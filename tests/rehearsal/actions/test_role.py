import pytest

from bonded.rehearsal.actions.catalogue import ACTIONS, find
from bonded.rehearsal.actions.role import Input, StandIn, StepFailed, fill_inputs
from stage_world import World, write

ACTION = StandIn(
    names=("octo/act",),
    inputs={"name": Input(required=True), "flag": Input("false"), "path": Input("."), "n": Input()},
    act=lambda call: call.outputs.update(played=call.inputs["name"]),
)


def test_an_action_is_its_function(world: World) -> None:
    """A stand-in plays by calling its function with the documented inputs filled in."""
    call = world.play(ACTION, inputs={"NAME": "x"})

    assert call.outputs == {"played": "x"}
    assert call.inputs == {"name": "x", "flag": "false", "path": ".", "n": ""}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "x", "Nome": "y"}, "Unexpected input(s) 'Nome', valid inputs are ['name'"),
        ({}, "Input required and not supplied: name"),
        ({"name": ""}, "Input required and not supplied: name"),
    ],
)
def test_inputs_are_checked(given: dict[str, str], words: str) -> None:
    """An unknown input is an error here, and a required one must say something."""
    with pytest.raises(StepFailed) as caught:
        fill_inputs(ACTION, given)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("False", False), ("", False)]
)
def test_a_flag_is_yaml(world: World, text: str, *, value: bool) -> None:
    """A boolean input is written as in YAML 1.2."""
    assert world.call(ACTION, inputs={"name": "x", "flag": text}).flag("flag") is value


def test_what_is_no_flag_and_no_number_fails(world: World) -> None:
    """Anything else than a boolean, or a whole number, fails the step."""
    call = world.call(ACTION, inputs={"name": "x", "flag": "yes", "n": "3.5"})

    with pytest.raises(StepFailed, match=r"YAML 1\.2"):
        call.flag("flag")
    with pytest.raises(StepFailed, match=r"must be a whole number, not '3\.5'"):
        call.number("n")
    assert world.call(ACTION, inputs={"name": "x", "n": " 3 "}).number("n") == 3


def test_paths_are_below_the_workspace(world: World) -> None:
    """A relative path is the workspace's, `~` is the step's home, an absolute path stays."""
    home = world.home
    for text, path in {
        "dist": world.workspace / "dist",
        "/abs": world.workspace / "/abs",
        "~/x": home / "x",
        "~": home,
        "~x": world.workspace / "~x",
    }.items():
        assert world.call(ACTION, inputs={"name": "x", "path": text}).path("path") == path


def test_lines_have_no_blanks(world: World) -> None:
    """A multi-line input is its lines."""
    assert world.call(ACTION, inputs={"name": " a \n\n b\n"}).lines("name") == ("a", "b")


def test_programs_run_on_the_stage(world: World) -> None:
    """A program has the call's environment and the workspace; its output is returned and logged."""
    write(world.workspace, {"file": ""})
    call = world.call(ACTION, name="x")

    assert call.run(["sh", "-c", "ls; echo $MORE"], env={"MORE": "more"}) == "file\nmore"
    assert call.run(["pwd"], cwd=world.temp, quiet=True) == str(world.temp)
    assert world.log == ["file", "more"]


def test_a_program_may_fail(world: World) -> None:
    """A program that fails fails the step; what it said quietly is logged then."""
    with pytest.raises(StepFailed, match="`sh` ended with exit code 3"):
        world.call(ACTION, name="x").run(["sh", "-c", "echo why; exit 3"], quiet=True)

    assert world.log == ["why"]


@pytest.mark.parametrize(
    ("uses", "found"),
    [
        ("actions/checkout@v5", True),
        ("Actions/Checkout@8ade135a41bc03ea155e62e844d188df1ea18608", True),
        ("actions/cache/restore@v4", True),
        ("actions/checkout-more@v5", False),
        ("octo/act@v1", False),
    ],
)
def test_a_stand_in_is_found_by_name(uses: str, *, found: bool) -> None:
    """Every ref of a known action has the same stand-in, in any letter case."""
    assert (find(uses) is not None) is found


def test_the_catalogue_is_in_order() -> None:
    """Each action is in the list once, under names in lower case, with inputs in lower case."""
    names = [name for action in ACTIONS for name in action.names]

    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)
    assert all(key == key.lower() for action in ACTIONS for key in action.inputs)

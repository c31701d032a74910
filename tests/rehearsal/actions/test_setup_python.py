import subprocess
from pathlib import Path

import pytest

from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.actions.setup_python import ACTION, _satisfies
from stage_world import World, write

OTHER = "3.1"


def test_a_python_is_first_on_path(world: World) -> None:
    """The job gets an environment with python and pip, and is told where it is."""
    call = world.play(ACTION)
    binaries = Path(call.paths[0])
    own = world.theatre.toolbox.own.text

    assert call.outputs["python-version"].startswith(f"{own}.")
    assert call.outputs["python-path"] == str(binaries / "python")
    assert call.outputs["cache-hit"] == "false"
    assert set(call.exports) == {"pythonLocation", "Python_ROOT_DIR"}
    assert world.theatre.report.differences == []


def test_pip_works_without_network(world: World) -> None:
    """The pip that Python brings along is lent, so that `python -m pip` and `pip` answer."""
    binaries = Path(world.play(ACTION).paths[0])

    for command in (["python", "-m", "pip"], ["pip"], ["pip3"]):
        program = [str(binaries / command[0]), *command[1:], "--version"]
        answer = subprocess.run(program, check=True, capture_output=True, text=True, env={})
        assert answer.stdout.startswith("pip ")


def test_the_environment_may_stay(world: World) -> None:
    """`update-environment: false` only gives outputs."""
    call = world.play(ACTION, update_environment="false")

    assert (call.paths, call.exports) == ([], {})
    assert call.outputs["python-path"]


def test_another_version_is_replaced_and_named(world: World) -> None:
    """A version that the machine lacks is played with its own, and the report says so."""
    call = world.play(ACTION, python_version=f"{OTHER}\npypy3.10")

    assert len(call.paths) == 2
    assert len(set(call.paths)) == 2
    assert [text.split(";")[0] for text in world.theatre.report.differences] == [
        f"setup-python was asked for Python {OTHER}",
        "setup-python was asked for Python pypy3.10",
    ]


@pytest.mark.parametrize(
    ("files", "inputs", "asked"),
    [
        ({".python-version": "# mine\n3.1.4  # old\n"}, {}, "3.1.4"),
        ({".python-version": "3.x"}, {}, ""),
        ({"v.txt": "3.1"}, {"python-version-file": "v.txt"}, "3.1"),
        (
            {"pyproject.toml": "[project]\nrequires-python = '>=3.0,<3.2'"},
            {"python-version-file": "pyproject.toml"},
            ">=3.0,<3.2",
        ),
        ({"pyproject.toml": ""}, {"python-version-file": "pyproject.toml"}, ""),
        (
            {".tool-versions": "uv 1.0\n\npython 3.1 system\npython\n"},
            {"python-version-file": ".tool-versions"},
            "3.1",
        ),
        ({".python-version": "3.1"}, {"python-version": "3.x"}, ""),
    ],
)
def test_a_file_may_name_the_version(
    world: World, files: dict[str, str], inputs: dict[str, str], asked: str
) -> None:
    """The input goes first, then the file that is named, then `.python-version`."""
    write(world.workspace, files)
    world.play(ACTION, inputs=inputs)
    told = [text.split("; ")[0].rpartition(" ")[2] for text in world.theatre.report.differences]

    assert told == ([asked] if asked else [])


def test_a_named_file_must_exist(world: World) -> None:
    """A file that is named and missing fails the step."""
    with pytest.raises(StepFailed, match="doesn't exist"):
        world.play(ACTION, python_version_file="none")


@pytest.mark.parametrize(
    ("wish", "version", "answer"),
    [
        ("3.12", "3.12", True),
        ("3.12", "3.1", False),
        ("3.1", "3.12", False),
        ("3.12.4", "3.12", True),
        ("3.12-dev", "3.12", True),
        ("3.13t", "3.13", True),
        ("3.x", "3.12", True),
        ("3", "3.12", True),
        ("x", "3.12", True),
        (">=3.11", "3.12", True),
        (">= 3.11", "3.12", True),
        (">=3.11 <3.12", "3.12", False),
        (">=3.11, <3.13", "3.12", True),
        ("~=3.11", "3.12", True),
        ("pypy3.12", "3.12", False),
        ("graalpy-24", "3.12", False),
        ("3.11 - 3.13", "3.12", False),
    ],
)
def test_a_wish_is_satisfied_or_not(wish: str, version: str, *, answer: bool) -> None:
    """Versions, ranges and `x` are understood; what is not CPython is never here."""
    assert _satisfies(wish, version) is answer

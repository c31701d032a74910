import subprocess
from pathlib import Path

import pytest

from bonded.rehearsal.actions.role import Call, StepFailed
from bonded.rehearsal.actions.setup_uv import ACTION, _wish
from stage_world import World, write


def version_of(call: Call) -> str:
    """Return the version that the uv on PATH says."""
    answer = subprocess.run(
        [f"{call.paths[0]}/uv", "--version"], env={}, check=True, capture_output=True, text=True
    )
    return answer.stdout.split()[1]


@pytest.mark.parametrize("wish", ["", "latest", "{own}", "=={own}", "v{own}"])
def test_the_stages_own_uv_is_the_newest(world: World, wish: str) -> None:
    """Without a wish, and for its own version, the stage's uv is put on PATH."""
    own = world.theatre.toolbox.uv_version
    call = world.play(ACTION, version=wish.format(own=own))

    assert version_of(call) == own
    assert call.outputs == {
        "uv-version": own,
        "uv-path": f"{call.paths[0]}/uv",
        "uvx-path": f"{call.paths[0]}/uvx",
        "cache-hit": "false",
    }
    assert (Path(call.paths[0]) / "uvx").exists()
    assert world.theatre.report.differences == []


@pytest.mark.parametrize("wish", ["0.1.2", "0.4", ">=9999"])
def test_a_version_that_cannot_be_had_is_replaced(world: World, wish: str) -> None:
    """Where a wished version cannot be installed, the stage's stands in and the report says so."""
    call = world.play(ACTION, version=wish)

    assert call.outputs["uv-version"] == world.theatre.toolbox.uv_version
    assert f"asked for uv {wish}" in world.theatre.report.differences[0]


def test_a_version_is_installed_where_it_can_be_had(world: World, tmp_path: Path) -> None:
    """A wished version comes from the index as for any tool; a folder of wheels shows it without network."""
    wheel_of_uv(tmp_path / "wheels", "99.1")
    env = world.env | {"UV_FIND_LINKS": str(tmp_path / "wheels"), "UV_NO_INDEX": "1"}
    call = world.play(ACTION, env=env, version="99.1.0")

    assert (call.outputs["uv-version"], version_of(call)) == ("99.1", "99.1")
    assert world.theatre.report.differences == []


def wheel_of_uv(folder: Path, version: str) -> None:
    """Make a wheel of something that answers as uv does."""
    import index_world

    info = f"uv-{version}.dist-info"
    script = f"#!/bin/sh\necho uv {version} here\n".encode()
    members = {
        f"uv-{version}.data/scripts/uv": script,
        f"uv-{version}.data/scripts/uvx": script,
        f"{info}/METADATA": index_world.core_metadata("uv", version),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    folder.mkdir()
    (folder / f"uv-{version}-py3-none-any.whl").write_bytes(index_world.zipped(members))


@pytest.mark.parametrize(
    ("files", "inputs", "wish"),
    [
        ({}, {}, ""),
        ({"uv.toml": "required-version = '==1.0'", "pyproject.toml": ""}, {}, "==1.0"),
        ({"uv.toml": "", "pyproject.toml": "[tool.uv]\nrequired-version = '>=2'"}, {}, ">=2"),
        ({"pyproject.toml": "[tool.uv]\nrequired-version = 3"}, {}, ""),
        ({"pyproject.toml": "[tool"}, {}, ""),
        ({"pyproject.toml": "tool = 3"}, {}, ""),
        ({"sub/uv.toml": "required-version = '4'"}, {"working-directory": "sub"}, "4"),
        ({"v.txt": " 5.1 \n"}, {"version-file": "v.txt"}, "5.1"),
        ({"uv.toml": "required-version = '1'"}, {"version": "6"}, "6"),
    ],
)
def test_a_project_may_require_a_version(
    world: World, files: dict[str, str], inputs: dict[str, str], wish: str
) -> None:
    """The input goes first, then the named file, then uv.toml and pyproject.toml."""
    write(world.workspace, files)

    assert _wish(world.call(ACTION, inputs=inputs)) == wish


def test_a_named_file_must_exist(world: World) -> None:
    """A version file that is missing fails the step."""
    with pytest.raises(StepFailed, match=r"from none\.txt: there is no such file"):
        world.play(ACTION, version_file="none.txt")


def test_settings_become_variables(world: World) -> None:
    """Tool folders and the wished Python are exported."""
    call = world.play(ACTION, tool_dir="/t", tool_bin_dir="/b", python_version="3.12")

    assert call.exports == {"UV_TOOL_DIR": "/t", "UV_TOOL_BIN_DIR": "/b", "UV_PYTHON": "3.12"}
    assert call.outputs["python-version"] == "3.12"


def test_an_environment_may_be_activated(world: World) -> None:
    """The environment is made in the working directory, first on PATH, and again without complaint."""
    own = str(world.theatre.toolbox.own.program)
    (world.workspace / "sub").mkdir()
    for _ in range(2):
        call = world.play(
            ACTION,
            env=world.env | {"UV_PYTHON": own},
            activate_environment="true",
            working_directory="sub",
            venv_path="here",
        )
    target = world.workspace / "sub" / "here"

    assert call.outputs["venv"] == call.exports["VIRTUAL_ENV"] == str(target)
    assert call.paths[-1] == str(target / "bin")
    assert (target / "bin" / "python").exists()

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bonded.rehearsal.report import CurtainRecord
from bonded.rehearsal.stage.audience import _IMPORT, _take
from stage_world import World, write

INFO = "greeter-1.0.dist-info"


def asked(folder: Path, *files: str, entry_points: str = "") -> list[object]:
    """Return what an installation of these files says of itself."""
    record = "".join(f"{name},,\n" for name in (*files, f"{INFO}/METADATA", f"{INFO}/RECORD"))
    inside = {name: "" for name in files if not name.startswith("..")}
    meta = {
        f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n",
        f"{INFO}/RECORD": record,
        f"{INFO}/entry_points.txt": entry_points,
    }
    write(folder, {**inside, **meta})
    text = f"import sys; sys.path.insert(0, {str(folder)!r})\n{_IMPORT}"
    command = [sys.executable, "-I", "-c", text, "greeter"]
    found: list[object] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return found


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["zgreeter/__init__.py", "_zhidden.py"], [["zgreeter"], "modules"]),
        (["zgreeter.py", "zgreeter.pth", "../../../bin/x"], [["zgreeter"], "modules"]),
        (["_zhidden/__init__.py"], [["_zhidden"], "modules"]),
        (["ztyped-stubs/__init__.pyi"], [[], "stubs"]),
        (["../../../share/words.txt"], [[], "data"]),
        (["z.pth"], [[], "data"]),
        (["words.txt"], [[], "data"]),
        (["my-greeter/__init__.py"], [[], "strange"]),
        (["__init__.py"], [[], "strange"]),
        (["my-words/words.txt"], [[], "data"]),
        (["../../../bin/greet"], [[], "nothing"]),
        ([], [[], "nothing"]),
    ],
)
def test_a_distribution_says_what_it_holds(
    tmp_path: Path, files: list[str], expected: list[object]
) -> None:
    """Modules are imported; without any it is stubs, data, or of no use. A script made by the installer is nothing."""
    made = "[console_scripts]\ngreet = greeter:main\n"

    assert asked(tmp_path, *files, entry_points=made) == expected


def record() -> CurtainRecord:
    return CurtainRecord(
        index="pypi", project="greeter", version="1.0", kind="wheel", ok=True, seconds=0.0
    )


@pytest.mark.parametrize(
    ("holds", "words"),
    [("strange", "no module that could be imported"), ("nothing", "nothing but its own metadata")],
)
def test_a_release_of_no_use_is_no_success(world: World, holds: str, words: str) -> None:
    """A wheel that holds nothing, or nothing with a name, installs well and helps nobody."""
    found = record()
    _take(world.theatre, found, json.dumps([[], holds]))

    assert not found.ok
    assert words in found.log[-1]


@pytest.mark.parametrize(("holds", "words"), [("stubs", "type stubs"), ("data", "data or scripts")])
def test_a_release_without_modules_may_be_meant(world: World, holds: str, words: str) -> None:
    """Stubs, data and scripts are noted."""
    found = record()
    _take(world.theatre, found, json.dumps([[], holds]))

    assert found.ok
    assert world.theatre.report.notes == [
        f"greeter 1.0 holds {words} and no module, so nothing was imported"
    ]


def test_what_was_imported_is_recorded(world: World) -> None:
    """A distribution with modules names them."""
    found = record()
    _take(world.theatre, found, '[["greeter"], "modules"]')

    assert (found.ok, found.imports) == (True, ["greeter"])

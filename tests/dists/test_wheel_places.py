"""Where the files of a wheel are installed: no two to one place, where no twins are let in."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.archives import STRICT, ArchiveFault, Contents, read_wheel
from bonded.dists.wheel_places import commands
from place_bends import PLACES
from wheel_bends import INFO, with_members

DATA = "greeter-1.0.data"
APART: dict[str, dict[str, bytes]] = {
    "two schemes, other files": {f"{DATA}/purelib/a.py": b"", f"{DATA}/platlib/b.py": b""},
    "headers and data of one name": {f"{DATA}/headers/x.h": b"", f"{DATA}/data/x.h": b""},
    "a script named like a module": {f"{DATA}/scripts/greeter": b""},
    "a script beside a command": {
        f"{DATA}/scripts/greet.sh": b"",
        f"{INFO}/entry_points.txt": b"[console_scripts]\ngreet = greeter:main\n[x]\ngreet.sh = greeter:x\n",
    },
    "a command in two spellings": {f"{INFO}/entry_points.txt": b"[console_scripts]\ngreet = x:y\nGreet=x:y\n"},
    "data in the environment": {
        f"{DATA}/data/bin/tool": b"", f"{DATA}/data/share/x": b"", f"{DATA}/data/lib/python3/site-packages/x.py": b"",
    },
    "data called like a folder of libraries": {f"{DATA}/data/share/site-packages/greeter/__init__.py": b""},
}  # fmt: skip


@pytest.mark.parametrize("bend", PLACES.values(), ids=PLACES)
def test_two_files_for_one_place_are_refused(bend: tuple[str, bytes]) -> None:
    """Of the two, pip keeps one and uv the other."""
    read = read_wheel(io.BytesIO(bend[1]), dist_info=INFO, limits=STRICT)

    assert isinstance(read, ArchiveFault), read
    assert bend[0] in read.reason


@pytest.mark.parametrize("bend", PLACES.values(), ids=PLACES)
def test_pypi_takes_them(bend: tuple[str, bytes]) -> None:
    """PyPI does not look where files go; so a rehearsal lets them pass."""
    assert isinstance(read_wheel(io.BytesIO(bend[1]), dist_info=INFO), Contents)


@pytest.mark.parametrize("more", APART.values(), ids=APART)
def test_files_for_different_places_are_taken(more: dict[str, bytes]) -> None:
    """A scheme is no reason to refuse a wheel."""
    read = read_wheel(io.BytesIO(with_members(more)), dist_info=INFO, limits=STRICT)

    assert isinstance(read, Contents), read


COMMANDS: dict[str, tuple[bytes, list[str]]] = {
    "two groups": (b"[console_scripts]\na = x:y\n[gui_scripts]\nb=x:y [extra]\n", ["a", "b"]),
    "another group": (b"[other]\na = x:y\n", []),
    "indented": (b"[console_scripts]\na = x:y\n  b = x:y\n", ["a", "b"]),
    "a value on its own line": (b"[console_scripts]\na =\n  x:y\n", ["a"]),
    "comments and nonsense": (b"\xff\n[console_scripts]\n# a = x:y\nb\n\nc c = x:y\n", []),
}


@pytest.mark.parametrize(("text", "names"), COMMANDS.values(), ids=COMMANDS)
def test_commands_are_what_any_installer_may_read(text: bytes, names: list[str]) -> None:
    """An indented line is one more entry for some, and part of the one before for others."""
    assert [name for _, name, _ in commands(text)] == names


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_any_entry_points_are_read(text: bytes) -> None:
    """Nothing in the file makes the reader raise."""
    assert all(name for _, name, _ in commands(b"[console_scripts]\n" + text))

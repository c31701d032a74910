"""Where the files of a wheel go when it is installed: no two to one place.

Strategy: a wheel has several trees (its root, and one for each scheme below `.data`), and an installer lays some of
them over each other. Root, `purelib` and `platlib` become one folder in nearly every environment, and so do `scripts`
and the commands that installers write for entry points. Which of two files stays depends on the order in which an
installer goes, and installers differ. The scheme `data` is the environment itself: through it a file can go to the
other places by their usual names. Rule: PyPA, "Binary distribution format", "The .data directory" and "Recommended
installer features".
"""

import re
from collections.abc import Collection, Iterator

from bonded.dists.limits import ArchiveRefused, Limits
from bonded.dists.member_paths import Tree

__all__ = ["check_places"]

_CLASH = "are installed to one place"
_LIBRARY = re.compile(r"(?:lib(?:64)?/[^/]+|lib)/(?:site|dist)-packages/(.+)", re.IGNORECASE)
_PROGRAMS = re.compile(r"(?:bin|scripts)/(.+)", re.IGNORECASE)
_COMMANDS = frozenset({"console_scripts", "gui_scripts"})
_COMMAND = re.compile(r"[\w.-]+")
# What an installer writes for a command: on Windows a launcher, formerly with a script beside it.
_WRITTEN = ("", ".exe", "-script.py", "-script.pyw")


def check_places(
    files: Collection[str], data: str, entry_points: bytes | None, limits: Limits
) -> None:
    """Refuse a wheel of which two files are installed to one place, by `ArchiveRefused`.

    `data` is the name of its `.data` folder, `entry_points` the bytes of `entry_points.txt`.
    """
    library, programs = Tree(limits, _CLASH), Tree(limits, _CLASH)
    for path in files:
        top, _, rest = path.partition("/")
        scheme, _, place = rest.partition("/")
        if top != data:
            library.put(path, path)
        elif scheme in {"purelib", "platlib"}:
            library.put(path, place)
        elif scheme == "scripts":
            programs.put(path, place)
        elif scheme == "data":
            _put_data(path, place, library, programs)
    told: set[tuple[str, str, str]] = set()
    for group, name, target in commands(entry_points or b""):
        # One function under two spellings of a name is the same whichever stays.
        if (same := (group, name.casefold(), target)) in told:
            continue
        told.add(same)
        for ending in _WRITTEN:
            programs.put(f"{name}{ending} of {group}", f"{name}{ending}")


def _put_data(path: str, place: str, library: Tree, programs: Tree) -> None:
    """Lay a file of the scheme `data` into the tree that it reaches, if any."""
    if (found := _LIBRARY.fullmatch(place)) is not None:
        if found[1].partition("/")[0].lower().endswith(".dist-info"):
            raise ArchiveRefused(f"{path!r} would be installed as metadata")
        library.put(path, found[1])
    elif (found := _PROGRAMS.fullmatch(place)) is not None:
        programs.put(path, found[1])


def commands(entry_points: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield the group, the name and the target of each command that an installer may read out of `entry_points.txt`.

    Line by line, whatever the indent: `configparser` takes an indented line for the value of the one before,
    `importlib.metadata` for one more entry. Whether the file is well-formed is not asked here.
    """
    group = ""
    for line in entry_points.decode(errors="replace").splitlines():
        text = line.strip()
        name, equals, target = text.partition("=")
        if text.startswith("["):
            group = text.strip("[] ")
        elif group in _COMMANDS and equals and _COMMAND.fullmatch(name.strip()):
            yield group, name.strip(), target.strip()

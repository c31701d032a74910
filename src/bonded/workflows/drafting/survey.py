"""From the files of a repository to what the writer knows of it. No code of the project is run.

The caller gives the texts of every pyproject.toml that could matter, the names of the other files, and what git says;
this file only decides.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bonded.dists.names import InvalidName, parse_project_name
from bonded.errors import Fault, InvalidInput, Location
from bonded.workflows.drafting.building import (
    builds,
    is_compiled,
    module_of,
    needs_rust,
    requires_python,
    table,
    version_from,
)
from bonded.workflows.drafting.pins import Pins
from bonded.workflows.drafting.pythons import pythons
from bonded.workflows.drafting.subject import Package, Subject
from bonded.workflows.drafting.testing import command_of_tests

__all__ = ["Found", "prefix_of_tags", "survey"]

PYPROJECT = "pyproject.toml"
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_TAGGED = re.compile(r"(?P<prefix>.*?)(?P<version>\d+(?:\.\d+)+[^/@]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the edge saw: paths are relative to the repository's root, with slashes."""

    files: frozenset[str]
    texts: Mapping[str, str]
    """The texts of every `pyproject.toml` and `setup.py`, the root's and those of members of a workspace."""
    owner: str = ""
    repository: str = ""
    default_branch: str = ""
    tags: tuple[str, ...] = field(default=())


def survey(found: Found, pins: Pins) -> Subject:
    """Return the repository's packages and how they are tested; raises InvalidInput where there are none."""
    root = _toml(found.texts, PYPROJECT)
    members = _members(root, found)
    folders = [folder for folder in ("", *members) if builds(_data(found, folder))]
    if not folders:
        message = "no package was found: none of these files has a name and a `[build-system]`"
        hint = 'a package needs [project] with `name`, and for example build-backend = "uv_build"'
        raise InvalidInput((Fault(Location(PYPROJECT), message, hint),))
    several = len(folders) > 1
    packages = tuple(_package(found, folder, several=several) for folder in folders)
    project = table(root, "project")
    narrowest = requires_python(root) or packages[0].requires_python
    classifiers = project.get("classifiers", ())
    return Subject(
        packages=packages,
        workspace=bool(members),
        owner=found.owner,
        repository=found.repository,
        default_branch=found.default_branch or "main",
        pythons=pythons(narrowest, classifiers if isinstance(classifiers, list) else ()),
        test_command=command_of_tests(
            root or _data(found, folders[0]),
            found.files,
            pins,
            module=packages[0].module,
            workspace=bool(members),
        ),
        tags=found.tags,
    )


def _data(found: Found, folder: str) -> Mapping[str, Any]:
    return _toml(found.texts, f"{folder}/{PYPROJECT}".lstrip("/"))


def _toml(texts: Mapping[str, str], path: str) -> Mapping[str, Any]:
    if path not in texts:
        message = f"there is no {PYPROJECT} here"
        raise InvalidInput((Fault(Location(path), message, "name the root of the repository"),))
    try:
        return tomllib.loads(texts[path])
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        where = Location(path, int(place[1]), int(place[2])) if place else Location(path)
        message = f"this is not TOML: {_PLACE.sub('', str(error))}"
        raise InvalidInput((Fault(where, message),)) from None


def _members(root: Mapping[str, Any], found: Found) -> tuple[str, ...]:
    """Return the folders of a uv workspace's members, by the globs of its root."""
    workspace = table(root, "tool", "uv", "workspace")
    wanted, unwanted = workspace.get("members", []), workspace.get("exclude", [])
    folders = sorted(
        path.removesuffix(f"/{PYPROJECT}") for path in found.texts if path.endswith(f"/{PYPROJECT}")
    )
    return tuple(f for f in folders if _matches(f, wanted) and not _matches(f, unwanted))


def _matches(folder: str, globs: Iterable[object]) -> bool:
    """Whether a folder is one that a glob names; as for uv, `*` does not cross a slash."""
    parts = folder.split("/")
    return any(
        len(wanted := str(glob).strip("/").removeprefix("./").split("/")) == len(parts)
        and all(map(fnmatchcase, parts, wanted))
        for glob in globs
    )


def _package(found: Found, folder: str, *, several: bool) -> Package:
    data = _data(found, folder)
    project = table(data, "project") or table(data, "tool", "poetry")
    name = str(project["name"])
    path = f"{folder}/{PYPROJECT}".lstrip("/")
    try:
        parse_project_name(name)
    except InvalidName as error:
        raise InvalidInput((Fault(Location(path), f"`project.name`: {error}"),)) from None
    base = f"{folder}/" if folder else ""
    below = [path.removeprefix(base) for path in found.files if path.startswith(base)]
    return Package(
        name=name,
        folder=folder,
        version_from=version_from(data),
        compiled=is_compiled(data, found.texts.get(f"{base}setup.py", "")),
        module=module_of(data, name, below),
        needs_rust=needs_rust(data),
        requires_python=requires_python(data),
        tag_prefix=prefix_of_tags(name, found.tags, several=several),
    )


def prefix_of_tags(name: str, tags: Iterable[str], *, several: bool) -> str:
    """Return what stands before the version in this package's tags, as most of its tags so far have it.

    Where several packages share a repository, only tags that begin with the package's name are its own.
    """
    own = str(canonicalize_name(name))
    seen: Counter[str] = Counter()
    for tag in tags:
        match = _TAGGED.fullmatch(tag)
        if match is None or not _is_version(match["version"]):
            continue
        label = str(canonicalize_name(match["prefix"].rstrip("-_/@vV"))) if match["prefix"] else ""
        if label == own or (not several and label in {"", "release", "rel"}):
            seen[match["prefix"]] += 1
    usual = f"{own}-v" if several else "v"
    return seen.most_common(1)[0][0] if seen else usual


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True

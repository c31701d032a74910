"""Which project is this: its name, version, addresses and registered publishers, read from its files.

Only static facts are read; no code of the project is run to learn them.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bonded.dists.names import InvalidName, parse_project_name
from bonded.errors import Fault, InvalidInput, Location
from bonded.publishers.recorded import EntryFault, Registration, read_entry
from bonded.rehearsal.repositories import declared_in

WORKFLOWS = ".github/workflows"
_PYPROJECT = "pyproject.toml"
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_ASSIGNED = re.compile(r"""^__version__\s*(?::\s*\w+\s*)?=\s*["']([^"']+)["']""", re.MULTILINE)
_TABLES = ("publishers", "verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a rehearsal knows of a project before it begins."""

    name: str
    version: str
    """Empty where only a build could tell it."""
    version_from: str
    """Which file says so, or `git` where it follows from tags."""
    repository: str
    """`OWNER/NAME` from `[project.urls]`, or empty."""
    requires_python: str
    owner_id: str = ""
    """The number of the repository's owner, where an entry records it; else empty."""
    registrations: tuple[Registration, ...]
    workflows: Mapping[str, bytes]


def read_project(source: Path, *, owner_id: str, pkg_info: str = "") -> Project:
    """Read the files of a commit in `source`; raises InvalidInput with every fault of pyproject.toml.

    `owner_id` stands in for the numeric id of the repository's owner where an entry names none; `pkg_info` is the
    text of an sdist's PKG-INFO that lies beside the files, or empty.
    """
    path = source / _PYPROJECT
    if not path.is_file():
        raise _fault(
            "there is no pyproject.toml at the root of the project",
            "bonded reads name and version from its [project] table; the file must be committed",
        )
    text = _decode(path)
    data = _toml(text)
    table = data.get("project") or _tool(data, "poetry") or {}
    if not isinstance(table, dict):
        raise _fault("`project` must be a table", line=_line(text, "project"))
    name = _name(table, text)
    version, version_from = _version(table, data, source, pkg_info, text)
    urls = table.get("urls") or {}
    return Project(
        name=name,
        version=version,
        version_from=version_from,
        repository=declared_in(urls),
        requires_python=str(table.get("requires-python", "")),
        owner_id=_recorded_owner(data),
        registrations=_registrations(
            data, text, project=name, owner_id=_recorded_owner(data) or owner_id
        ),
        workflows=_workflows(source),
    )


def _name(table: Mapping[str, Any], text: str) -> str:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        line = _line(text, "[project]")
        raise _fault("`project.name` is missing", 'add `name = "…"` under [project]', line)
    try:
        parse_project_name(name)
    except InvalidName as error:
        raise _fault(f"`project.name`: {error}", line=_line(text, "name")) from None
    return name


def _fault(message: str, hint: str = "", line: int = 0) -> InvalidInput:
    return InvalidInput((Fault(Location(_PYPROJECT, line, 1 if line else 0), message, hint),))


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise _fault("the file is not UTF-8", line=line) from None


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_PLACE.search(str(error))
        place = (
            Location(_PYPROJECT, int(match[1]), int(match[2])) if match else Location(_PYPROJECT)
        )
        message = _TOML_PLACE.sub("", str(error))
        raise InvalidInput((Fault(place, f"this is not TOML: {message}"),)) from None


def _line(text: str, wanted: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith(wanted):
            return number
    return 0


def _version(
    table: Mapping[str, Any], data: Mapping[str, Any], source: Path, pkg_info: str, text: str
) -> tuple[str, str]:
    """Return the version and where it was found; empty where only git or a build knows it."""
    static = table.get("version")
    if static is not None and not (isinstance(static, str) and _is_version(static)):
        raise _fault(
            f"`project.version` must be a version (PEP 440), got {static!r}",
            'for example `version = "1.2.0"`',
            _line(text, "version"),
        )
    if isinstance(static, str) and static != "0.0.0":
        return static, _PYPROJECT
    dynamic = table.get("dynamic")
    listed = isinstance(dynamic, list) and "version" in dynamic
    if not listed and "project" in data and static is None:
        raise _fault(
            "`project.version` is missing, and not dynamic either",
            'add `version = "…"` under [project], or "version" to `dynamic`',
            _line(text, "[project]"),
        )
    for line in pkg_info.splitlines():
        if line.startswith("Version: ") and _is_version(line[9:].strip()):
            return line[9:].strip(), "PKG-INFO"
    return _assigned(source, str(table["name"]))


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _assigned(source: Path, name: str) -> tuple[str, str]:
    """Look for `__version__ = "…"` in the places where projects keep it."""
    package = canonicalize_name(name).replace("-", "_")
    for base in (source / "src", source):
        for file in ("__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py"):
            path = base / package / file
            if path.is_file():
                found = _ASSIGNED.search(path.read_text(encoding="utf-8", errors="replace"))
                if found and _is_version(found[1]):
                    return found[1], path.relative_to(source).as_posix()
    return "", "git"


def _workflows(source: Path) -> dict[str, bytes]:
    folder = source / WORKFLOWS
    if not folder.is_dir():
        return {}
    return {
        f"{WORKFLOWS}/{path.name}": path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in {".yml", ".yaml"} and path.is_file()
    }


def _tool(data: Mapping[str, Any], name: str) -> Any:
    tool = data.get("tool")
    return tool.get(name, {}) if isinstance(tool, dict) else {}


def _recorded_owner(data: Mapping[str, Any]) -> str:
    tool = _tool(data, "bonded")
    entries = tool.get("publishers", []) if isinstance(tool, dict) else []
    listed = entries if isinstance(entries, list) else []
    ids = (entry.get("owner-id") for entry in listed if isinstance(entry, dict))
    return next((number for number in ids if isinstance(number, str) and number), "")


def _registrations(
    data: Mapping[str, Any], text: str, *, project: str, owner_id: str
) -> tuple[Registration, ...]:
    tool = _tool(data, "bonded")
    if not isinstance(tool, dict):
        raise _fault("`tool.bonded` must be a table", line=_line(text, "bonded"))
    faults = [_unknown(key, text) for key in tool if key not in _TABLES]
    entries = tool.get("publishers", [])
    if not isinstance(entries, list) or any(not isinstance(e, dict) for e in entries):
        raise _fault(
            "`tool.bonded.publishers` must be a list of tables",
            "write [[tool.bonded.publishers]]",
            _line(text, "publishers"),
        )
    registrations = []
    for number, entry in enumerate(entries):
        where = f"tool.bonded.publishers[{number}]"
        line = _entry_line(text, number)
        read = read_entry(entry, project=project, owner_id=owner_id)
        if isinstance(read, Registration):
            registrations.append(read)
        else:
            faults.extend(_placed(fault, where, line) for fault in read)
    if faults:
        raise InvalidInput(tuple(faults))
    return tuple(registrations)


def _unknown(key: str, text: str) -> Fault:
    near = get_close_matches(key, _TABLES, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(_TABLES)}"
    place = Location(_PYPROJECT, _line(text, key), 1)
    return Fault(place, f"`tool.bonded`: unknown key `{key}`", hint)


def _placed(fault: EntryFault, where: str, line: int) -> Fault:
    named = f"`{where}.{fault.key}` {fault.message}" if fault.key else f"`{where}`: {fault.message}"
    return Fault(Location(_PYPROJECT, line, 1 if line else 0), named, fault.hint)


def _entry_line(text: str, number: int) -> int:
    headers = [
        n
        for n, line in enumerate(text.splitlines(), 1)
        if line.strip() == "[[tool.bonded.publishers]]"
    ]
    return headers[number] if number < len(headers) else 0

"""What a lock file installs: projects, versions and files with their digests.

`pylock.toml` (PEP 751), `uv.lock` and hash-pinned requirements files say the same in three ways. What comes from
somewhere else than an index (a path, a repository, a URL) has no provenance there and is named as left out.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from bonded.attestations.identities import Identity, parse_identity
from bonded.attestations.verify import Artifact
from bonded.dists.names import InvalidName, ProjectName, parse_filename, parse_project_name
from bonded.errors import Fault, InvalidInput, Location

__all__ = [
    "LeftOut",
    "Wanted",
    "included",
    "read_lock",
    "read_pylock",
    "read_requirements",
    "read_uv_lock",
]

NOWHERE = Location("")
_HASH = re.compile(r"--hash[= ]sha256:([0-9a-f]{64})(?!\S)")
_INCLUDES = re.compile(r"(?:-r|--requirement(?=[=\s]))[=\s]*(.+)")
_OTHER_SOURCES = ("vcs", "directory", "archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One release to verify.

    `files` are the very files, as a lock names them; without any, `hashes` choose among the files of the release, and
    without these all of them are meant. `tags` choose the wheel that was installed. `identities` are those that a lock
    recorded; one of them must be the publisher. `index` is where a lock says that it comes from, empty where it does
    not. An empty `version` means the newest.
    """

    project: ProjectName
    version: str
    files: tuple[Artifact, ...] = ()
    hashes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    identities: tuple[Identity, ...] = ()
    index: str = ""
    place: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that is installed but cannot have provenance at an index, and why."""

    name: str
    reason: str
    place: Location = NOWHERE


Lock = tuple[tuple[Wanted, ...], tuple[LeftOut, ...]]


def read_lock(name: str, raw: bytes) -> Lock:
    """Read a lock file by its name: `uv.lock`, any other `.toml` as a pylock, all else as requirements.

    Raises InvalidInput that names every fault.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    if base == "uv.lock":
        return read_uv_lock(name, raw)
    return read_pylock(name, raw) if base.endswith(".toml") else read_requirements(name, raw)


def read_pylock(name: str, raw: bytes) -> Lock:
    """Read `pylock.toml` (PEP 751) with its attestation identities; raises InvalidInput."""
    document = _toml(name, raw)
    version = document.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise _broken(name, f"lock-version is 1.x, got {version!r}")
    return _packages(name, document.get("packages", []), _pylock_package)


def read_uv_lock(name: str, raw: bytes) -> Lock:
    """Read `uv.lock`; raises InvalidInput."""
    document = _toml(name, raw)
    if document.get("version") != 1:
        raise _broken(name, f"version is 1, got {document.get('version')!r}")
    return _packages(name, document.get("package", []), _uv_package)


def read_requirements(name: str, raw: bytes) -> Lock:
    """Read a requirements file of which every line is pinned with `==` and `--hash=sha256:…`; raises InvalidInput.

    Options of pip on lines of their own are left aside: they say where from, not what. Other files that it includes
    are not read here, see `included`.
    """
    found: list[Wanted | LeftOut] = []
    faults = []
    for line, text in _logical_lines(raw.decode("utf-8", "replace")):
        place = Location(name, line, 1)
        if text.startswith("-"):
            if text.startswith(("-e", "--editable")):
                found.append(LeftOut(name=text, reason="is not read", place=place))
            continue
        try:
            found.append(_requirement(text, place))
        except ValueError as error:
            faults.append(Fault(place, str(error)))
    return _lock(found, faults)


def included(name: str, raw: bytes) -> tuple[tuple[str, Location], ...]:
    """Return the files that a requirements file includes with `-r`, as it names them, and where it does."""
    lines = _logical_lines(raw.decode("utf-8", "replace"))
    found = ((_INCLUDES.fullmatch(text), line) for line, text in lines)
    return tuple(
        (match[1].strip("\"' "), Location(name, line, 1)) for match, line in found if match
    )


def _lock(found: Sequence[Wanted | LeftOut], faults: Sequence[Fault]) -> Lock:
    if faults:
        raise InvalidInput(tuple(faults))
    wanted = tuple(one for one in found if isinstance(one, Wanted))
    return wanted, tuple(one for one in found if isinstance(one, LeftOut))


def _requirement(text: str, place: Location) -> Wanted | LeftOut:
    hashes = frozenset(_HASH.findall(text))
    try:
        requirement = Requirement(text.partition(" --")[0].strip())
        project = parse_project_name(requirement.name)
    except (InvalidRequirement, InvalidName) as error:
        raise ValueError(f"is no requirement: {error}") from None
    if requirement.url is not None:
        return LeftOut(name=project, reason="comes from a URL", place=place)
    pins = [one.version for one in requirement.specifier if one.operator in {"==", "==="}]
    if len(requirement.specifier) != 1 or not pins or pins[0].endswith(".*"):
        raise ValueError(f"{project} is not pinned with ==")
    if not hashes:
        raise ValueError(f"{project} has no --hash=sha256:…")
    return Wanted(project=project, version=pins[0], hashes=hashes, place=place)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines joined at backslashes, without comments and empty ones, with the number of their first line."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if held else number
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        whole, held = re.sub(r"(^|\s)#.*$", "", held + line).strip(), ""
        if whole:
            yield first, whole
    if held.strip():
        yield first, held.strip()


def _toml(name: str, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(name, f"is not TOML: {error}") from None


def _broken(name: str, message: str) -> InvalidInput:
    return InvalidInput((Fault(Location(name), message),))


def _packages(
    name: str, packages: object, read: Callable[[Mapping[str, Any], Location], Wanted | LeftOut]
) -> Lock:
    if not isinstance(packages, list):
        raise _broken(name, "packages are a list")
    found: list[Wanted | LeftOut] = []
    faults = []
    for number, package in enumerate(packages):
        try:
            if not isinstance(package, dict):
                raise ValueError("is no table")  # noqa: TRY004 - a fault of the file
            found.append(read(package, Location(name)))
        except (ValueError, InvalidName) as error:
            faults.append(Fault(Location(name), f"packages[{number}]: {error}"))
    return _lock(found, faults)


def _pylock_package(package: Mapping[str, Any], place: Location) -> Wanted | LeftOut:
    project = _project(package)
    other = next((kind for kind in _OTHER_SOURCES if kind in package), None)
    if other is not None:
        return LeftOut(name=project, reason=f"comes from a {other}", place=place)
    index = package.get("index", "")
    files = [*_tables(package, "wheels"), *([package["sdist"]] if "sdist" in package else [])]
    artifacts = []
    for file in files:
        hashes = file.get("hashes") if isinstance(file, dict) else None
        digest = hashes.get("sha256") if isinstance(hashes, dict) else None
        artifacts.append(_artifact(_filename(file), digest))
    identities = tuple(map(parse_identity, _tables(package, "attestation-identities")))
    return Wanted(
        project=project,
        version=_version(package, artifacts),
        files=tuple(artifacts),
        identities=identities,
        index=index if isinstance(index, str) else "",
        place=place,
    )


def _uv_package(package: Mapping[str, Any], place: Location) -> Wanted | LeftOut:
    project, source = _project(package), package.get("source")
    if not isinstance(source, dict) or "registry" not in source:
        kind = next(iter(source), "nowhere") if isinstance(source, dict) else "nowhere"
        return LeftOut(name=project, reason=f"comes from {kind}", place=place)
    index = str(source["registry"])
    if not index.startswith(("https://", "http://")):
        return LeftOut(name=project, reason="comes from an index of files", place=place)
    files = [*_tables(package, "wheels"), *([package["sdist"]] if "sdist" in package else [])]
    artifacts = []
    for file in files:
        told = str(file.get("hash", "")) if isinstance(file, dict) else ""
        artifacts.append(_artifact(_filename(file), told.removeprefix("sha256:")))
    return Wanted(
        project=project,
        version=_version(package, artifacts),
        files=tuple(artifacts),
        index=index,
        place=place,
    )


def _project(package: Mapping[str, Any]) -> ProjectName:
    name = package.get("name")
    if not isinstance(name, str):
        raise ValueError("has no name")  # noqa: TRY004 - a fault of the file
    return parse_project_name(name)


def _version(package: Mapping[str, Any], artifacts: list[Artifact]) -> str:
    version = package.get("version")
    if isinstance(version, str) and version:
        return version
    if not artifacts:
        raise ValueError("has neither version nor files")
    return str(parse_filename(artifacts[0].filename).version)


def _tables(package: Mapping[str, Any], name: str) -> list[Any]:
    found = package.get(name, [])
    if not isinstance(found, list):
        raise ValueError(f"{name} is no list")  # noqa: TRY004 - a fault of the file
    return found


def _filename(file: object) -> str:
    """Return a file's name, from where the lock has it: its own key, or the end of its address."""
    if not isinstance(file, dict):
        raise ValueError("a file is no table")  # noqa: TRY004 - a fault of the file
    name = next((file[key] for key in ("name", "filename", "url", "path") if key in file), None)
    if not isinstance(name, str):
        raise ValueError("a file has no name")  # noqa: TRY004 - a fault of the file
    return name.partition("#")[0].partition("?")[0].rpartition("/")[2].replace("%2B", "+")


def _artifact(filename: str, digest: object) -> Artifact:
    parse_filename(filename)
    if not isinstance(digest, str) or re.fullmatch(r"[0-9a-f]{64}", digest) is None:
        raise ValueError(f"{filename} has no SHA-256")
    return Artifact(filename=filename, sha256=digest)

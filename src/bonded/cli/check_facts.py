"""What `bonded check` reads from disk and git: the projects under some paths, their workflows, and their facts."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bonded.cli.git_reading import git, remote_named
from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.rehearsal.project import WORKFLOWS, Project, read_project
from bonded.rehearsal.repositories import look_up, recorded_in
from bonded.workflows.case import Facts, Registered
from bonded.workflows.document import read_file_bytes
from bonded.workflows.versions import version_in

SUFFIXES = frozenset({".yml", ".yaml"})
# Other files that zizmor looks at.
BESIDE = (".github/dependabot.yml", ".github/dependabot.yaml", "action.yml", "action.yaml")
DEPTH = 3
LARGEST = 4_000_000  # bytes; a workflow has at most a million characters
NOTHING = f"a project is a folder with {WORKFLOWS}; `bonded init` writes its workflows"
PIPELINE = ".gitlab-ci.yml"
ELSEWHERE = f"{PIPELINE} is for GitLab, and only GitHub's workflows are checked"
SKIPPED = frozenset({"node_modules", "venv", "site-packages", "tests", "test", "docs", "examples"})
FROM_GIT = (
    "setuptools-scm",
    "hatch-vcs",
    "versioningit",
    "dunamai",
    "flit-scm",
    "uv-dynamic-versioning",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One project on disk: its folder, the texts of its workflows, and what is known of it."""

    root: Path
    sources: Mapping[str, str]
    """The workflows, by their paths in the repository."""
    beside: Mapping[str, str]
    """Other files of interest, likewise."""
    facts: Facts
    faults: tuple[Fault, ...] = ()
    """Files that cannot be read as what they should be."""
    only: frozenset[str] = frozenset()
    """Paths that were asked for; empty for all."""


def find_checkouts(paths: Sequence[Path], *, next_tag: str = "") -> tuple[Checkout, ...]:
    """Return every project under the paths, or around them if they are files; raises UsageError where there is none."""
    wanted: dict[Path, set[str]] = {}
    for path in paths:
        if path.is_file():
            if path.suffix not in SUFFIXES:
                hint = "a workflow's name ends in .yml or .yaml"
                raise UsageError(f"{path} is no workflow", hint=hint)
            root = _root_of(path)
            wanted.setdefault(root, set()).add(path.resolve().relative_to(root).as_posix())
            continue
        if not path.is_dir():
            raise UsageError(f"there is no {path}")
        roots = list(_projects(path.resolve(), DEPTH))
        if not roots:
            hint = ELSEWHERE if (path / PIPELINE).is_file() else NOTHING
            raise UsageError(f"there is no workflow in {path}", hint=hint)
        for root in roots:
            wanted[root] = set()
    found = tuple(
        _read(root, only=frozenset(only), next_tag=next_tag)
        for root, only in sorted(wanted.items())
    )
    if not any(one.sources or one.beside or one.faults for one in found):
        raise UsageError(f"there is no workflow in {', '.join(map(str, paths))}", hint=NOTHING)
    return found


def _root_of(path: Path) -> Path:
    """Return the project of a workflow file; for a file that lies elsewhere, its folder."""
    folder = path.resolve().parent
    if folder.as_posix().endswith(WORKFLOWS):
        return folder.parent.parent
    return folder


def _projects(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders that have workflows; inside of one none is looked for."""
    try:
        if (folder / WORKFLOWS).is_dir():
            yield folder
            return
        children = sorted(folder.iterdir()) if depth else []
    except OSError:
        return  # a folder that is closed to us is nobody's project here
    for child in children:
        if child.is_dir() and not child.is_symlink() and not child.name.startswith("."):
            yield from _projects(child, depth - 1)


def _read(root: Path, *, only: frozenset[str], next_tag: str) -> Checkout:
    texts = _Texts(root)
    folder = root / WORKFLOWS
    names = [f"{WORKFLOWS}/{path.name}" for path in sorted(folder.glob("*")) if folder.is_dir()]
    paths = dict.fromkeys([*names, *sorted(only.difference(BESIDE))])
    sources = {
        name: text
        for name in paths
        if Path(name).suffix in SUFFIXES and (text := texts.read(name)) is not None
    }
    beside = {name: text for name in BESIDE if (text := texts.read(name)) is not None}
    faults: list[Fault] = []
    facts = _facts(root, next_tag, faults)
    return Checkout(
        root=root,
        sources=sources,
        beside=beside,
        facts=facts,
        faults=(*texts.faults, *faults),
        only=only,
    )


@dataclass(slots=True)
class _Texts:
    """Reads files of one project and notes those that are no text."""

    root: Path
    faults: list[Fault] = field(default_factory=list)

    def read(self, name: str) -> str | None:
        """Return the text with its byte order mark and line breaks, or None."""
        path = self.root / name
        try:
            if not path.is_file():
                return None
            if path.stat().st_size > LARGEST:
                message = f"the file has {path.stat().st_size:,} bytes, more than {LARGEST:,}"
                self.faults.append(Fault(Location(name), message))
                return None
            data = path.read_bytes()
        except OSError as error:
            self.faults.append(Fault(Location(name), f"it cannot be read: {error.strerror}"))
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            try:
                read_file_bytes(data, name)
            except InvalidInput as error:
                self.faults += error.faults
            return None


def _facts(root: Path, next_tag: str, faults: list[Fault]) -> Facts:
    data = _toml(root / "pyproject.toml")
    project = _project(root, data, faults)
    table = data.get("project", {}) if data is not None else {}
    name = project.name if project else table.get("name") if isinstance(table, dict) else None
    names = frozenset(_names(root))
    return Facts(
        pyproject=data,
        name=name if isinstance(name, str) else None,
        names=names,
        version=_version(project, data),
        version_file=project.version_from if project else "",
        locked_version=_locked(root, str(name)) if name else None,
        repository=_repository(root, project),
        owner_id=project.owner_id if project else "",
        tags=_tags(root),
        next_tag=next_tag or None,
        dists=_dists(root),
        registered=_registered(project),
    )


def _project(root: Path, data: Mapping[str, Any] | None, faults: list[Fault]) -> Project | None:
    """Return what a rehearsal reads; None where there is no project table, which is no fault here."""
    if data is None and not (root / "pyproject.toml").is_file():
        return None
    try:
        return read_project(root, owner_id="1")
    except InvalidInput as error:
        tool = data.get("tool") if data is not None else None
        if data is None or (isinstance(tool, dict) and "bonded" in tool):
            faults += error.faults
        return None


def _repository(root: Path, project: Project | None) -> str | None:
    """Return the repository as `init` and `rehearse` look it up; None where nobody knows."""
    known = look_up(
        remote=remote_named(root),
        declared=project.repository if project else "",
        recorded=recorded_in(project.registrations) if project else "",
    )
    return known.name or None


def _registered(project: Project | None) -> tuple[Registered, ...] | None:
    if project is None or not project.registrations:
        return None
    return tuple(
        Registered(index=one.index, project=one.project, publisher=one.publisher)
        for one in project.registrations
    )


def _toml(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None


def _version(project: Project | None, data: Mapping[str, Any] | None) -> str | None:
    """Return the version that a file declares; one that a tool writes there from git counts as none."""
    if project is None or data is None or not project.version or project.version_from == "PKG-INFO":
        return None
    system = data.get("build-system")
    requires = system.get("requires", []) if isinstance(system, dict) else []
    tools = [str(one).lower().replace("_", "-") for one in requires]
    static = project.version_from == "pyproject.toml"
    if not static and any(one.startswith(FROM_GIT) for one in tools):
        return None
    return _normal(project.version)


def _names(root: Path) -> Iterator[str]:
    """Yield the names of all projects near the root, normalised."""
    for pattern in ("pyproject.toml", "*/pyproject.toml", "*/*/pyproject.toml"):
        for path in root.glob(pattern):
            parts = path.relative_to(root).parts[:-1]
            if any(part in SKIPPED or part.startswith(".") for part in parts):
                continue
            table = (_toml(path) or {}).get("project")
            name = table.get("name") if isinstance(table, dict) else None
            if isinstance(name, str):
                yield canonicalize_name(name)


def _locked(root: Path, name: str) -> str | None:
    packages = (_toml(root / "uv.lock") or {}).get("package", [])
    for package in packages if isinstance(packages, list) else ():
        source = package.get("source", {}) if isinstance(package, dict) else {}
        if (
            package.get("name") == canonicalize_name(name)
            and {"editable", "virtual"} & set(source)
            and isinstance(package.get("version"), str)
        ):
            return _normal(package["version"])
    return None


def _normal(version: str) -> str:
    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def _tags(root: Path) -> tuple[str, ...] | None:
    """Return the tags of the repository whose root this is, the newest version first; None without git."""
    if not (root / ".git").exists():
        return None
    tags = git(root, "tag", "--sort=-creatordate").split()
    if not tags:
        return None
    return tuple(sorted(tags, key=lambda tag: version_in(tag) or Version("0"), reverse=True))


def _dists(root: Path) -> tuple[str, ...] | None:
    folder = root / "dist"
    if not folder.is_dir():
        return None
    return tuple(
        path.name for path in sorted(folder.iterdir()) if path.name.endswith((".whl", ".tar.gz"))
    )

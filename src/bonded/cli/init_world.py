"""What `bonded init` reads: the project's files, git, and the pins that the user keeps. Nothing is written here."""

import os
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from bonded.cli.git_reading import git, remote_named
from bonded.errors import UsageError
from bonded.publishers.recorded import Registration, read_entry
from bonded.rehearsal.repositories import (
    REMOTES,
    declared_in,
    look_up,
    recorded_in,
    repository_of,
)
from bonded.workflows.document import read_file_bytes
from bonded.workflows.drafting.harvest import harvest
from bonded.workflows.drafting.pins import Pins, merged, read_pins
from bonded.workflows.drafting.proposal import DEPENDABOT, GITLAB, PYPROJECT, RENOVATE
from bonded.workflows.drafting.survey import Found
from bonded.workflows.reading import FOLDER, SUFFIXES

MOST_FILES = 50_000
DEEPEST = 3
"""How many folders above a workspace's member are looked through."""
_NEVER = frozenset(
    {".git", ".venv", "__pycache__", "node_modules", "dist", "build", ".tox", ".nox"}
)


def look(folder: Path) -> Found:
    """Return what survey needs to know of a folder; raises UsageError and InvalidInput."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name the root of the repository")
    is_root = (folder / ".git").exists()
    names = _listed(folder) if is_root else _walked(folder)
    texts = {
        name: _text(folder, name)
        for name in names
        if name.rpartition("/")[2] in {PYPROJECT, "setup.py"} and name.count("/") <= DEEPEST
    }
    slug = _slug(folder, texts.get(PYPROJECT, ""))
    owner, _, repository = slug.rpartition("/")
    return Found(
        files=frozenset(names),
        texts=texts,
        owner=owner,
        repository=repository,
        default_branch=_branch(folder) if is_root else "",
        tags=tuple(git(folder, "tag", "--list").splitlines()) if is_root else (),
    )


def is_inside(folder: Path) -> bool:
    """Whether a folder is part of a git repository, and not its root."""
    top = git(folder, "rev-parse", "--show-toplevel")
    return bool(top) and Path(top).resolve() != folder.resolve()


def _listed(folder: Path) -> list[str]:
    listed = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in listed.split("\0") if name and (folder / name).is_file()]


def _walked(folder: Path) -> list[str]:
    found: list[str] = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NEVER)
        found += [(Path(base) / name).relative_to(folder).as_posix() for name in sorted(names)]
        if len(found) > MOST_FILES:
            raise UsageError(f"{folder} has more than {MOST_FILES} files and is no git repository")
    return found


def _text(folder: Path, name: str) -> str:
    return read_file_bytes((folder / name).read_bytes(), name)


def _slug(folder: Path, pyproject: str) -> str:
    """Return the repository as `check` and `rehearse` look it up, or a project at GitLab likewise."""
    try:
        data = tomllib.loads(pyproject)
    except tomllib.TOMLDecodeError:
        data = {}
    project = data.get("project")
    return look_up(
        remote=remote_named(folder, _named),
        declared=declared_in(project.get("urls"), named=_named)
        if isinstance(project, dict)
        else "",
        recorded=recorded_in(_recorded(data)),
    ).name


def _recorded(data: dict[str, Any]) -> list[Registration]:
    """Return the publishers that are recorded without a fault; what is wrong in the others is told elsewhere."""
    tool = data.get("tool")
    own = tool.get("bonded") if isinstance(tool, dict) else None
    entries = own.get("publishers") if isinstance(own, dict) else None
    listed = entries if isinstance(entries, list) else []
    read = (
        read_entry(one, project="tool", owner_id="1") for one in listed if isinstance(one, dict)
    )
    return [one for one in read if isinstance(one, Registration)]


def _named(url: str) -> str:
    return repository_of(url) or gitlab_path(url)


def gitlab_path(url: str) -> str:
    """Return `NAMESPACE/PROJECT` where a URL names a project at GitLab's own host, else empty."""
    for prefix in ("https://gitlab.com/", "git@gitlab.com:", "ssh://git@gitlab.com/"):
        if url.startswith(prefix):
            path = url.removeprefix(prefix).partition("/-/")[0].strip("/").removesuffix(".git")
            return path if "/" in path else ""
    return ""


def provider_of(folder: Path, names: frozenset[str]) -> Literal["github", "gitlab"]:
    """Return the CI service that a repository is for, by its remote, else by its files."""
    urls = [git(folder, "remote", "get-url", remote) for remote in REMOTES]
    if any(map(repository_of, urls)):
        return "github"
    if any("gitlab" in url for url in urls):
        return "gitlab"
    on_github = any(name.startswith(FOLDER) for name in names)
    return "gitlab" if GITLAB in names and not on_github else "github"


def _branch(folder: Path) -> str:
    """Return the default branch as the remote says, else the usual one that exists, else the current one."""
    remote = git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return remote.partition("/")[2]
    branches = git(folder, "branch", "--format=%(refname:short)").splitlines()
    usual = next((name for name in ("main", "master") if name in branches), "")
    return usual or git(folder, "symbolic-ref", "--short", "HEAD")


def present(folder: Path, names: frozenset[str]) -> dict[str, str]:
    """Return the texts of the files that a proposal looks at; raises InvalidInput for what is not UTF-8."""
    wanted = {*DEPENDABOT, GITLAB, PYPROJECT, *RENOVATE}
    return {
        name: _text(folder, name)
        for name in sorted(names)
        if name in wanted or (name.startswith(FOLDER) and name.endswith(SUFFIXES))
    }


def shipped_pins() -> Pins:
    """Return the pins that came with bonded."""
    name = "pins.toml"
    text = files("bonded.workflows.drafting").joinpath(name).read_text("utf-8")
    return read_pins(text, name)


def pins_file(environ: Mapping[str, str], home: Path) -> Path:
    """Return where the user's own pins are kept, whether or not there are any."""
    if named := environ.get("BONDED_PINS"):
        return Path(named)
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "bonded" / "pins.toml"


def user_pins(path: Path) -> Pins:
    """Return the user's own pins, none where there is no file; raises UsageError and InvalidInput."""
    try:
        return read_pins(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        return Pins()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the pins in {path} cannot be read: {error}") from None


def pins_for(present_texts: Mapping[str, str], path: Path) -> Pins:
    """Return the newest of what bonded knows, what the user keeps and what the project's own workflows pin."""
    pins = merged(shipped_pins(), user_pins(path))
    texts = [text for name, text in present_texts.items() if name.startswith(FOLDER)]
    return merged(pins, harvest({"": texts}, pins).as_pins(pins.seen))

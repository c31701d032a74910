"""The repository of the stage: a bare copy that stands in for the one at GitHub.

The user's own repository is only read. Its copy holds the commit that is rehearsed and the tag; what is not committed
is included only on request, as a commit of the copy's own. A folder that is no repository gets one made here, whose
history is that one commit.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bonded.errors import UsageError
from bonded.rehearsal import processes
from bonded.rehearsal.repositories import REMOTES, repository_of

_IDENTITY = {
    "GIT_AUTHOR_NAME": "bonded",
    "GIT_AUTHOR_EMAIL": "bonded@localhost",
    "GIT_COMMITTER_NAME": "bonded",
    "GIT_COMMITTER_EMAIL": "bonded@localhost",
}
# A made commit has a fixed time, so that two rehearsals of the same files build the same bytes.
_MADE_AT = "2020-01-01T00:00:00+00:00"
# What an sdist has at its root and no repository has.
_SDIST_ONLY = ("PKG-INFO",)
# What lies in a folder that was worked in, and in no repository.
_NEVER_COMMITTED = (
    "__pycache__/", "*.py[co]", ".venv/", "dist/", "*.egg-info/", ".tox/", ".nox/", ".mypy_cache/",
    ".pytest_cache/", ".ruff_cache/", ".coverage*", ".hypothesis/", "node_modules/",
)  # fmt: skip
_COMMAND_NOT_FOUND = 127
_REFUSED = "dubious ownership"
_OWN_SETTINGS = ("PATH", "TMPDIR", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "SUDO_UID")
# Nobody's repository can make git run a program here; paths come as they are.
_SETTINGS = (
    "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The commit that is rehearsed."""

    sha: str
    message: str
    timestamp: str
    branch: str
    made: bool
    """Whether the stage made the repository, because the folder is none."""
    uncommitted: tuple[str, ...] = ()
    """Paths with changes that are not in the commit (as `git status` names them)."""
    left_out: tuple[str, ...] = ()


class Origin:
    """The bare repository, and git to speak with it."""

    def __init__(self, folder: Path, *, env: Mapping[str, str], stop: processes.Stop) -> None:
        self.folder = folder
        self._env = {
            **{key: env[key] for key in ("PATH", "LANG", "TMPDIR") if key in env},
            "HOME": str(folder.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            # `git status` would write down what it learnt, in the user's own index.
            "GIT_OPTIONAL_LOCKS": "0",
        }
        # Whose folders the user's own git reads, only the user's own settings say.
        self._users_env = {key: env[key] for key in _OWN_SETTINGS if key in env}
        self._stop = stop

    def check_owner(self, folder: Path) -> None:
        """Let git read a folder that belongs to another user, where the user's git may; raises UsageError elsewhere.

        Git refuses such a folder unless `safe.directory` names it (CVE-2022-24765).
        """
        _, said = processes.capture(
            ["git", "rev-parse", "--git-dir"], env=self._users_env, cwd=folder, stop=self._stop
        )
        if _REFUSED in said:
            raise UsageError(
                f"git does not read {folder}, because it belongs to another user",
                hint=f"if you trust it: git config --global --add safe.directory {folder}",
            )
        settings = self.folder.parent / "git-settings"
        settings.write_text("[safe]\n\tdirectory = *\n")
        self._env["GIT_CONFIG_GLOBAL"] = str(settings)

    def git(
        self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> str:
        """Run git and return its output; raises UsageError with git's own words."""
        command = ["git", *_SETTINGS, *arguments]
        code, output = processes.capture(
            command,
            env={**self._env, **(env or {})},
            cwd=cwd or self.folder.parent,
            stop=self._stop,
        )
        if code:
            raise UsageError(
                f"git {_verb(arguments)} failed: {output.strip() or f'exit code {code}'}",
                hint="bonded needs git 2.28 or later on PATH" if code == _COMMAND_NOT_FOUND else "",
            )
        return output.strip("\n")

    def inside(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run git in the bare repository."""
        return self.git(f"--git-dir={self.folder}", *arguments, env=env)

    def tags(self) -> tuple[str, ...]:
        """Return the names of the tags, newest version first as git sorts them."""
        return tuple(self.inside("tag", "--list", "--sort=-version:refname").split())

    def commit_of(self, ref: str) -> str:
        """Return the commit under a ref; empty where there is none."""
        try:
            return self.inside("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except UsageError:
            return ""

    def set_ref(self, ref: str, sha: str) -> None:
        """Point a ref at a commit."""
        self.inside("update-ref", ref, sha)

    def describe(self, sha: str) -> tuple[str, str]:
        """Return the message and the ISO 8601 time of a commit."""
        text = self.inside("log", "-1", "--format=%cI%n%B", sha)
        timestamp, _, message = text.partition("\n")
        return message.strip(), timestamp

    def empty_commit(self, parent: str, message: str) -> str:
        """Make a commit with the files of its parent, and return it."""
        return self.inside(
            "commit-tree", f"{parent}^{{tree}}", "-p", parent, "-m", message, env=self._authorship()
        )

    def export(self, sha: str, target: Path) -> None:
        """Write the files of a commit into an empty folder."""
        target.mkdir(parents=True, exist_ok=True)
        index = {"GIT_INDEX_FILE": str(self.folder / "export-index")}
        self.inside(f"--work-tree={target}", "checkout", "--force", sha, "--", ".", env=index)

    def snapshot(self, tree: Path, *, parent: str, message: str) -> tuple[str, tuple[str, ...]]:
        """Commit the files of a folder as they are now (what git ignores stays out).

        Returns the commit and the sdist's own files that were left out. Only the bare repository is written.
        """
        env = {"GIT_INDEX_FILE": str(self.folder / "snapshot-index")}
        work = f"--work-tree={tree}"
        self.inside(work, "add", "--all", "--", ".", env=env)
        left_out = () if parent else self._drop(work, env)
        oid = self.inside("write-tree", env=env)
        parents = ("-p", parent) if parent else ()
        sha = self.inside("commit-tree", oid, *parents, "-m", message, env=self._authorship())
        return sha, left_out

    def _drop(self, work: str, env: Mapping[str, str]) -> tuple[str, ...]:
        kept = set(self.inside(work, "ls-files", env=env).splitlines())
        out = tuple(name for name in _SDIST_ONLY if name in kept)
        if out:
            self.inside(work, "rm", "--cached", "--quiet", "--", *out, env=env)
        return out

    def _authorship(self) -> dict[str, str]:
        return {**_IDENTITY, "GIT_AUTHOR_DATE": _MADE_AT, "GIT_COMMITTER_DATE": _MADE_AT}


def _verb(arguments: Sequence[str]) -> str:
    return next(argument for argument in arguments if not argument.startswith("-"))


def is_repository_root(folder: Path) -> bool:
    """Whether the folder is the root of a git repository (or of a linked work tree)."""
    return (folder / ".git").exists()


def take(origin: Origin, folder: Path, *, dirty: bool, default_branch: str = "main") -> Commit:
    """Fill the stage's repository from the user's folder and return the commit to rehearse.

    Raises UsageError where the repository has no commit or no files, and where git refuses its owner.
    """
    if is_repository_root(folder):
        commit = _clone(origin, folder, dirty=dirty)
    else:
        commit = _make(origin, folder, default_branch)
    if not origin.inside("ls-tree", commit.sha):
        raise UsageError(
            f"{folder} has no files that could be released",
            hint="name the project's folder, the one with pyproject.toml",
        )
    # A checkout fetches by commit id, as GitHub's does.
    origin.inside("config", "uploadpack.allowAnySHA1InWant", "true")
    return commit


def _clone(origin: Origin, folder: Path, *, dirty: bool) -> Commit:
    origin.check_owner(folder)
    head = _head(origin, folder)
    branch = _or_empty(lambda: origin.git("symbolic-ref", "--short", "HEAD", cwd=folder))
    changed = _uncommitted(origin, folder)
    origin.git("clone", "--quiet", "--bare", "--no-hardlinks", str(folder), str(origin.folder))
    sha = head
    if dirty and changed:
        _ignore_alike(origin, folder)
        origin.inside(
            "read-tree", head, env={"GIT_INDEX_FILE": str(origin.folder / "snapshot-index")}
        )
        sha, _ = origin.snapshot(folder, parent=head, message="What was not committed")
        changed = ()
    message, timestamp = origin.describe(sha)
    return Commit(
        sha=sha,
        message=message,
        timestamp=timestamp,
        branch=branch or "main",
        made=False,
        uncommitted=changed,
    )


def _head(origin: Origin, folder: Path) -> str:
    head = _or_empty(
        lambda: origin.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", cwd=folder)
    )
    if not head:
        # An error of git itself, such as a broken work tree, comes first.
        origin.git("rev-parse", "--git-dir", cwd=folder)
        raise UsageError(
            f"{folder} is a git repository with no commit", hint="commit the project first"
        )
    return head


def _uncommitted(origin: Origin, folder: Path) -> tuple[str, ...]:
    text = origin.git("status", "--porcelain", "-z", "--untracked-files=normal", cwd=folder)
    entries = iter(text.split("\0"))
    paths = []
    for entry in entries:
        if entry:
            paths.append(entry[3:])
            if "R" in entry[:2] or "C" in entry[:2]:
                next(entries, "")  # the name that it had before
    return tuple(paths)


def _ignore_alike(origin: Origin, folder: Path) -> None:
    """Let the stage's repository ignore what the user's own does beyond its .gitignore."""
    named = origin.git("rev-parse", "--git-path", "info/exclude", cwd=folder)
    theirs, ours = folder / named, origin.folder / "info" / "exclude"
    if theirs.is_file():
        ours.parent.mkdir(exist_ok=True)
        ours.write_bytes(theirs.read_bytes())


def _make(origin: Origin, folder: Path, branch: str) -> Commit:
    origin.git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(origin.folder))
    exclude = origin.folder / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("\n".join(_NEVER_COMMITTED) + "\n")
    sha, left_out = origin.snapshot(folder, parent="", message="The files as they are")
    message, timestamp = origin.describe(sha)
    return Commit(
        sha=sha,
        message=message,
        timestamp=timestamp,
        branch=branch,
        made=True,
        left_out=left_out,
    )


def _or_empty(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except UsageError:
        return ""


def remote_repository(origin: Origin, folder: Path) -> str:
    """Return `OWNER/NAME` of the user's GitHub remote, or empty."""
    if not is_repository_root(folder):
        return ""
    urls = (_remote_url(origin, folder, remote) for remote in REMOTES)
    return next(filter(None, map(repository_of, urls)), "")


def _remote_url(origin: Origin, folder: Path, remote: str) -> str:
    return _or_empty(lambda: origin.git("remote", "get-url", remote, cwd=folder))


def remove_tree(path: Path) -> None:
    """Remove a folder, a file or a link, whatever its modes; what is not there is no fault.

    Folders that nobody may read lie in one another, links lead to places that are not ours, and nests are deeper than
    a stack: each folder gets its mode before it is entered, no link is followed, and what lies in a folder is moved
    up to the top before it is emptied in its turn. The folder around gets a mode only where nothing in it could be
    removed otherwise. Raises OSError where something still cannot be removed, such as another user's.
    """
    if path.parent.is_dir() and not os.access(path.parent, os.W_OK | os.X_OK):
        _make_mine(path.parent)
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    _make_mine(path)
    with _opened(path) as top:
        _empty(top)
    path.rmdir()


def _empty(top: int) -> None:
    """Remove all that a folder holds, one folder at a time."""
    numbers = map(str, count())
    waiting = _folders(top)
    while waiting:
        name = waiting.pop()
        _make_mine(name, top)
        with _opened(name, top) as folder:
            for child in _folders(folder):
                _make_mine(child, folder)  # a folder that moves has its `..` rewritten
                free = next(
                    number for number in numbers if number != name and number not in waiting
                )
                os.rename(child, free, src_dir_fd=folder, dst_dir_fd=top)
                waiting.add(free)
        os.rmdir(name, dir_fd=top)


def _folders(folder: int) -> set[str]:
    """Return the names of the folders in a folder; everything else in it is removed."""
    with os.scandir(folder) as entries:
        found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    for name, is_folder in found.items():
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return {name for name, is_folder in found.items() if is_folder}


def _make_mine(folder: Path | str, around: int | None = None) -> None:
    """Let the owner do everything in a folder, which is no link; another user's stays as it is."""
    with _opened(folder, around, os.O_PATH) as named, contextlib.suppress(PermissionError):
        # A folder that may not be read can be named only, and its mode is set through that name.
        Path(f"/proc/self/fd/{named}").chmod(stat.S_IRWXU)


@contextlib.contextmanager
def _opened(folder: Path | str, around: int | None = None, flags: int = 0) -> Iterator[int]:
    descriptor = os.open(folder, flags | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

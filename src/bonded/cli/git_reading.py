"""git, asked about a folder by `bonded check` and `bonded init`: its words, or nothing; nothing is written."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from bonded.rehearsal.repositories import REMOTES, repository_of

TIMEOUT = 20
# Nobody's repository can make git run a program here.
_GIT = ("git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints, without the last line break; empty where it fails, hangs or is not installed."""
    command = [*_GIT, *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, timeout=TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else ""


def remote_named(root: Path, named: Callable[[str], str] = repository_of) -> str:
    """Return the repository that the first remote with a known address names, or empty; `named` reads an address."""
    if not (root / ".git").exists():
        return ""
    found = (named(git(root, "remote", "get-url", remote)) for remote in REMOTES)
    return next(filter(None, found), "")

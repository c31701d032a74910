"""`OWNER/NAME`: how a repository at GitHub is named, looked up, and numbered where only GitHub knows.

`bonded check`, `init` and `rehearse` look it up alike, in the order of `look_up`.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bonded.errors import UsageError
from bonded.publishers.github import GitHubPublisher
from bonded.publishers.recorded import Registration

REMOTES = ("upstream", "origin")
"""The remotes of git that may name the repository, in their order: a fork releases what its upstream releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A repository as `OWNER/NAME`, and where that was found; both are empty where nobody knows."""

    name: str = ""
    whence: str = ""


def look_up(*, given: str = "", remote: str = "", declared: str = "", recorded: str = "") -> Known:
    """Return the repository: as told, else as the git remote, `[project.urls]` or a recorded publisher names it."""
    found = (
        (given, "--repository"),
        (remote, "the git remote"),
        (declared, "[project.urls]"),
        (recorded, "[[tool.bonded.publishers]]"),
    )
    return next((Known(name=name, whence=whence) for name, whence in found if name), Known())


def declared_in(urls: Any, *, named: Callable[[str], str] | None = None) -> str:
    """Return the first repository that the table `[project.urls]` names, or empty; `named` reads one address."""
    read = named or repository_of
    texts = urls.values() if isinstance(urls, dict) else ()
    found = (read(url) for url in texts if isinstance(url, str))
    return next((name for name in found if name and not name.startswith("sponsors/")), "")


def recorded_in(registrations: Iterable[Registration]) -> str:
    """Return the repository of the first recorded publisher of GitHub, or empty."""
    publishers = (one.publisher for one in registrations)
    return next((one.repository for one in publishers if isinstance(one, GitHubPublisher)), "")


def repository_of(url: str) -> str:
    """Return `OWNER/NAME` where a URL (https, ssh or scp-like) names a GitHub repository, else empty."""
    for prefix in (
        "https://github.com/", "http://github.com/", "git://github.com/", "https://www.github.com/",
        "ssh://git@github.com/", "git@github.com:", "git+https://github.com/",
    ):  # fmt: skip
        if url.lower().startswith(prefix):
            owner, _, rest = url[len(prefix) :].split("#", maxsplit=1)[0].strip("/").partition("/")
            name = rest.partition("/")[0].removesuffix(".git")
            if owner and name:
                return f"{owner}/{name}"
    return ""


def owner_id_of(repository: str) -> str:
    """Return a made-up numeric id for the owner of a repository; the same owner always gets the same."""
    return str(_number(repository.partition("/")[0].lower()))


def repository_id_of(repository: str) -> str:
    """Return a made-up numeric id for a repository."""
    return str(_number(repository.lower()))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) + 1


def check_repository(text: str) -> str:
    """Return `OWNER/NAME` as given, or raise UsageError."""
    owner, slash, name = text.partition("/")
    if not (owner and slash and name) or "/" in name or any(c.isspace() for c in text):
        raise UsageError(
            f"a repository is OWNER/NAME, got {text!r}", hint="for example --repository octo/tool"
        )
    return text

"""`OWNER/NAME`: how a repository at GitHub is named, found in addresses, and numbered where only GitHub knows."""

import hashlib

from bonded.errors import UsageError


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

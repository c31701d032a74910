"""Versions in tags: which version a tag names, and which tags a project would make next."""

import re
from collections.abc import Iterable, Iterator

from packaging.version import InvalidVersion, Version

LAST_PART = re.compile(r"(?:^|[-_vV])(\d[\w.!+-]*)$")


def version_in(tag: str) -> Version | None:
    """Return the version that a tag names (`v1.2.0`, `tool-1.2.0`, `tool/v1`), or None."""
    match = LAST_PART.search(re.split(r"[/@]", tag)[-1])
    try:
        return Version(match[1]) if match else None
    except InvalidVersion:
        return None


def style_of(tag: str) -> str | None:
    """Return what comes before the version in a tag (`v`, `tool-`, ``), or None for a tag without version."""
    match = LAST_PART.search(re.split(r"[/@]", tag)[-1])
    return tag.removesuffix(match[1]) if match and version_in(tag) else None


def newest(tags: Iterable[str]) -> str | None:
    """Return the tag with the highest final version, or None."""
    named = [(version, tag) for tag in tags if (version := version_in(tag)) is not None]
    final = [pair for pair in named if not pair[0].is_prerelease] or named
    return max(final)[1] if final else None


def next_finals(tag: str) -> Iterator[str]:
    """Yield the tags of the next patch, minor and major releases after this one, in its style."""
    version, style = version_in(tag), style_of(tag)
    if version is None or style is None:
        return
    release = list(version.release)
    for place in range(len(release) - 1, -1, -1):
        bumped = [*release[:place], release[place] + 1, *([0] * (len(release) - place - 1))]
        yield style + ".".join(map(str, bumped))

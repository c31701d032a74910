"""What people type when they look for a project, and by which words one is found.

A project is found by the beginning of a word: of its normalised name from the start of any of its parts (`index` finds
`devpi-index-tools`), or of its summary. So every search is a few looks into one sorted list, however many projects
there are, and means the same on every database.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bonded.index.model import Found

__all__ = ["FOUND", "MAX_QUERY", "Asked", "asked", "found_by", "ranked"]

FOUND = 500
"""Projects that one search finds at most."""

MAX_QUERY = 200
_MAX_WORD = 64
_MAX_ASKED = 6
_MAX_WORDS = 80
"""Words of one project; a summary has at most 512 characters."""

_RUNS = re.compile(r"[-_.]+")
_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query: as the name that it may be, and as words, the longest first, because the fewest projects have them.

    A project must have a word that begins with each of them.
    """

    name: str
    words: tuple[str, ...]


def found_by(name: str, summary: str) -> frozenset[str]:
    """Return the words by which a project of this normalised name and this summary is found."""
    parts = name.split("-")
    names = ["-".join(parts[start:])[:_MAX_WORD] for start in range(len(parts))]
    said = [word[:_MAX_WORD] for word in _WORD.findall(summary.casefold())]
    return frozenset(list(dict.fromkeys([*names, *said]))[:_MAX_WORDS])


def asked(query: str) -> Asked:
    """Return what a query asks for; one of signs alone asks for nothing."""
    pieces = query[:MAX_QUERY].casefold().split()
    words = dict.fromkeys(word for piece in pieces for word in _asked(piece))
    return Asked(
        name=_SIGNS.sub("-", "-".join(pieces)).strip("-"),
        words=tuple(sorted(words, key=len, reverse=True)[:_MAX_ASKED]),
    )


def _asked(piece: str) -> Iterable[str]:
    """Return one piece as the beginning of a name, or, where it cannot be one, as words of a summary."""
    name = _RUNS.sub("-", piece).strip("-")
    if name.replace("-", "").isalnum():
        return (name[:_MAX_WORD],)
    return (word[:_MAX_WORD] for word in _WORD.findall(piece))


def ranked(asked_for: Asked, found: Iterable[Found]) -> list[Found]:
    """Return projects as people expect them: the very name, names that begin so, names that have it, the others."""
    wanted = asked_for.name

    def rank(one: Found) -> tuple[int, str]:
        if one.name == wanted:
            return 0, one.name
        if one.name.startswith(wanted):
            return 1, one.name
        return (2 if wanted in one.name else 3), one.name

    return sorted(found, key=rank)

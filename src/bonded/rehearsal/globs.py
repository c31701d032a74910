"""File patterns as GitHub's own actions read them: for `hashFiles` and for what an artifact holds.

`*` and `?` stay within one folder, `**` crosses folders, `[…]` is a set, `!` takes away, `#` begins a comment; a
pattern that names a folder means everything below it. Hidden files take part in patterns; whether an artifact keeps
them is the artifact's business.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bonded.rehearsal.stage.inside import Inside


def translate(pattern: str) -> re.Pattern[str]:
    """Return the regular expression for one absolute pattern with slashes; `**` crosses folders as a whole name."""
    *folders, last = pattern.split("/")
    out = "".join("(?:[^/]+/)*" if name == "**" else f"{_name(name)}/" for name in folders)
    out += ".*" if last == "**" else _name(last)
    return re.compile(f"{out}(?:/.*)?", re.DOTALL)


def _name(pattern: str) -> str:
    """Return the expression for the name of one file or folder."""
    out, index = "", 0
    while index < len(pattern):
        char = pattern[index]
        found = _set(pattern, index) if char == "[" else None
        if found:
            expression, index = found
            out += expression
            continue
        out += {"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char)
        index += 1
    return out


def _set(pattern: str, opening: int) -> tuple[str, int] | None:
    """Return the expression for `[…]` and the place after it; None where the bracket is an ordinary character."""
    negative = pattern.startswith(("!", "^"), opening + 1)
    start = opening + 1 + negative
    closing = pattern.find("]", start + 1)
    if closing < 0:
        return None
    items, index = "", start
    while index < closing:
        first = last = pattern[index]
        if pattern[index + 1] == "-" and index + 2 < closing:
            last = pattern[index + 2]
            index += 2
        if last < first:
            return None
        items += re.escape(first) + (f"-{re.escape(last)}" if last != first else "")
        index += 1
    # A set never holds the slash between two names.
    return f"(?!/)[{'^' if negative else ''}{items}]", closing + 1


def find(patterns: Sequence[str], root: Path, inside: Inside | None = None) -> tuple[Path, ...]:
    """Return the files (not folders) that the patterns name, relative patterns below `root`, in walk order.

    The last pattern that names a file decides whether it counts; raises nothing for what does not exist. With `inside`,
    paths are those of the room, and nothing is searched that lies out of the stage.
    """
    rules = [
        (not rule.startswith("!"), translate(_absolute(rule, root, inside)))
        for rule in _rules(patterns)
    ]
    return tuple(
        path
        for start in search_roots(patterns, root, inside)
        if inside is None or inside.holds(start)
        for path in _walk(start)
        if _wanted(path.as_posix(), rules)
    )


def search_roots(
    patterns: Sequence[str], root: Path, inside: Inside | None = None
) -> tuple[Path, ...]:
    """Return the folders and files from which the patterns start to search: their parts before the first wildcard.

    One that lies below another is searched with that one.
    """
    starts = dict.fromkeys(
        _fixed_part(_absolute(rule, root, inside))
        for rule in _rules(patterns)
        if not rule.startswith("!")
    )
    return tuple(path for path in starts if not any(parent in starts for parent in path.parents))


def _rules(patterns: Sequence[str]) -> list[str]:
    return [rule for rule in map(str.strip, patterns) if rule and not rule.startswith("#")]


def _absolute(rule: str, root: Path, inside: Inside | None) -> str:
    path = root / rule.removeprefix("!").lstrip()
    return str(inside.host(path) if inside else path).rstrip("/")


def _wanted(path: str, rules: Sequence[tuple[bool, re.Pattern[str]]]) -> bool:
    deciding = (positive for positive, matcher in reversed(rules) if matcher.fullmatch(path))
    return next(deciding, False)


def _fixed_part(absolute: str) -> Path:
    parts = absolute.split("/")
    for index, part in enumerate(parts):
        if any(char in part for char in "*?["):
            return Path("/".join(parts[:index]) or "/")
    return Path(absolute)


def _walk(start: Path) -> Iterator[Path]:
    if start.is_file():
        yield start
    elif start.is_dir():
        for entry in sorted(start.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                yield from _walk(entry)
            elif entry.is_file():
                yield entry


def hash_files(patterns: Sequence[str], workspace: Path, inside: Inside | None = None) -> str:
    """Return `hashFiles(…)`: SHA-256 over the SHA-256 digests of the files; empty where none matches.

    Only files below the workspace count, as on GitHub.
    """
    if patterns and patterns[0] == "--follow-symbolic-links":
        patterns = patterns[1:]
    lines = [line for pattern in patterns for line in pattern.split("\n")]
    files = [path for path in find(lines, workspace, inside) if path.is_relative_to(workspace)]
    if not files:
        return ""
    total = hashlib.sha256()
    for path in files:
        with inside.read(path) if inside else path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()

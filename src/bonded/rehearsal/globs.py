"""File patterns as GitHub's own actions read them: for `hashFiles` and for what an artifact holds.

`*` and `?` stay within one folder, `**` crosses folders, `[…]` is a set, `!` takes away, `#` begins a comment; a
pattern that names a folder means everything below it. Hidden files take part in patterns; whether an artifact keeps
them is the artifact's business.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path


def translate(pattern: str) -> re.Pattern[str]:
    """Return the regular expression for one absolute pattern with slashes."""
    out, index = "", 0
    while index < len(pattern):
        char = pattern[index]
        if pattern.startswith("**", index):
            index += 2
            if pattern.startswith("/", index):
                out += "(?:[^/]+/)*"
                index += 1
            else:
                out += ".*"
            continue
        closing = pattern.find("]", index + 2) if char == "[" else -1
        if closing > 0:
            inside = pattern[index + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            out += f"[{'^' + inside[1:] if inside[0] == '!' else inside}]"
            index = closing + 1
            continue
        out += {"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char)
        index += 1
    return re.compile(f"{out}(?:/.*)?", re.DOTALL)


def find(patterns: Sequence[str], root: Path) -> tuple[Path, ...]:
    """Return the files (not folders) that the patterns name, relative patterns below `root`, in walk order.

    Later patterns win; raises nothing for what does not exist.
    """
    rules = [rule for rule in map(str.strip, patterns) if rule and not rule.startswith("#")]
    found: dict[Path, None] = {}
    for rule in rules:
        negative = rule.startswith("!")
        absolute = str(root / rule.removeprefix("!").lstrip()).rstrip("/")
        matcher = translate(absolute)
        if negative:
            found = {path: None for path in found if not matcher.fullmatch(path.as_posix())}
            continue
        for path in _walk(_fixed_part(absolute)):
            if matcher.fullmatch(path.as_posix()):
                found[path] = None
    return tuple(found)


def search_root(pattern: str, root: Path) -> Path:
    """Return the folder from which a pattern starts to search: its part before the first wildcard."""
    return _fixed_part(str(root / pattern.removeprefix("!").strip()).rstrip("/"))


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


def hash_files(patterns: Sequence[str], workspace: Path) -> str:
    """Return `hashFiles(…)`: SHA-256 over the SHA-256 digests of the files; empty where none matches.

    Only files below the workspace count, as on GitHub.
    """
    if patterns and patterns[0] == "--follow-symbolic-links":
        patterns = patterns[1:]
    lines = [line for pattern in patterns for line in pattern.split("\n")]
    files = [path for path in find(lines, workspace) if path.is_relative_to(workspace)]
    if not files:
        return ""
    total = hashlib.sha256()
    for path in files:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()

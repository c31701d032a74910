import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bonded.rehearsal.globs import find, hash_files, search_roots, translate
from stage_world import write

FILES = {
    "a.txt": "1",
    "b.txt": "2",
    ".hidden": "3",
    "dist/x-1.0.tar.gz": "4",
    "dist/x-1.0-py3-none-any.whl": "5",
    "dist/sub/deep.whl": "6",
    "src/pkg/__init__.py": "7",
    "[odd].txt": "8",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree of files."""
    return write(tmp_path / "work", FILES)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a/*.py", "/a/b.py", True),
        ("/a/*.py", "/a/b/c.py", False),
        ("/a/*", "/a/b/c", True),
        ("/a/?.py", "/a/b.py", True),
        ("/a/?.py", "/a/bb.py", False),
        ("/a/**", "/a/b/c.py", True),
        ("/a/**/c.py", "/a/c.py", True),
        ("/a/**/c.py", "/a/x/y/c.py", True),
        ("/a/**/c.py", "/a/xc.py", False),
        ("/a/**.py", "/a/b.py", True),
        ("/a/**.py", "/a/b/c.py", False),
        ("/a", "/a/b/c", True),
        ("/a", "/ab", False),
        ("/[ab]", "/b", True),
        ("/[a-c]", "/b", True),
        ("/[!a-c]", "/b", False),
        ("/[^a]", "/b", True),
        ("/x[!a]y", "/x/y", False),
        ("/[]a]", "/]", True),
        ("/[!]a]", "/b", True),
        ("/[a-]", "/-", True),
        ("/[z-a]", "/[z-a]", True),
        ("/[z-a]", "/b", False),
        ("/[a", "/[a", True),
        ("/[]", "/[]", True),
        ("/[+--b]", "/,", True),
        ("/[&&~|]", "/|", True),
        ("/[a/b]", "/[a/b]", True),
        ("/{a,b}.+", "/{a,b}.+", True),
    ],
)
def test_wildcards_stay_within_a_name(pattern: str, path: str, *, matches: bool) -> None:
    """`*`, `?` and sets match within one name, `**` as a whole name crosses folders; a folder means all below it."""
    assert bool(translate(pattern).fullmatch(path)) is matches


@settings(max_examples=400, deadline=None)
@given(
    st.text(st.sampled_from("ab/*?[!]-"), max_size=8),
    st.text(st.sampled_from("ab/[]-"), max_size=6),
)
@example("**/a", "a")
@example("a/**", "a/b/a")
@example("[!a]", "/")
def test_patterns_mean_what_a_naive_matcher_says(pattern: str, path: str) -> None:
    """The regular expression of a pattern agrees with its definition, letter by letter."""
    assert bool(translate(pattern).fullmatch(path)) is naive(pattern, path)


def naive(pattern: str, path: str) -> bool:
    """Match names one after the other; a path below a matching folder matches too."""
    names = path.split("/")
    return any(_names(pattern.split("/"), names[:count]) for count in range(1, len(names) + 1))


def _names(patterns: list[str], names: list[str]) -> bool:
    if not patterns:
        return not names
    if patterns == ["**"]:
        return bool(names)
    if patterns[0] == "**":
        return _names(patterns[1:], names) or bool(
            names and names[0] and _names(patterns, names[1:])
        )
    return bool(names) and _one(patterns[0], names[0]) and _names(patterns[1:], names[1:])


@cache
def _one(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return _one(pattern[1:], name) or bool(name and _one(pattern, name[1:]))
    members, rest = _bracket(pattern)
    if not name:
        return False
    if members is None:
        return pattern[0] in {"?", name[0]} and _one(pattern[1:], name[1:])
    return members(name[0]) and _one(rest, name[1:])


def _bracket(pattern: str) -> tuple[Callable[[str], bool] | None, str]:
    negative = pattern[1:2] in {"!", "^"}
    body, closed, rest = pattern[2 + negative :].partition("]")
    if pattern[0] != "[" or not closed:
        return None, ""
    body = pattern[1 + negative] + body
    members: set[str] = set()
    while body:
        first, body = body[0], body[1:]
        last = first
        if body[:1] == "-" and len(body) > 1:
            last, body = body[1], body[2:]
        if last < first:
            return None, ""
        members |= {chr(code) for code in range(ord(first), ord(last) + 1)}
    return (lambda char: (char in members) is not negative), rest


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*.txt"], ["[odd].txt", "a.txt", "b.txt"]),
        (["b.txt", "a.txt"], ["b.txt", "a.txt"]),
        (["dist"], ["dist/sub/deep.whl", "dist/x-1.0-py3-none-any.whl", "dist/x-1.0.tar.gz"]),
        (["dist/"], ["dist/sub/deep.whl", "dist/x-1.0-py3-none-any.whl", "dist/x-1.0.tar.gz"]),
        (["./dist/*.whl"], ["dist/x-1.0-py3-none-any.whl"]),
        (["**/*.whl"], ["dist/sub/deep.whl", "dist/x-1.0-py3-none-any.whl"]),
        (["dist", "!dist/sub"], ["dist/x-1.0-py3-none-any.whl", "dist/x-1.0.tar.gz"]),
        (["dist", "!**/*.whl", "dist/sub/**"], ["dist/sub/deep.whl", "dist/x-1.0.tar.gz"]),
        (["!dist", "dist/sub"], ["dist/sub/deep.whl"]),
        (["!dist"], []),
        (["# comment", "", "  a.txt  "], ["a.txt"]),
        (["dist/*.gz", "dist/*.whl"], ["dist/x-1.0-py3-none-any.whl", "dist/x-1.0.tar.gz"]),
        (["a.txt", "a.txt", "*.txt", "!b.txt", "![[]odd].txt"], ["a.txt"]),
        ([".h*"], [".hidden"]),
        (["nowhere/*", "nothing.txt"], []),
    ],
)
def test_files_are_found_in_walk_order(tree: Path, patterns: list[str], found: list[str]) -> None:
    """Patterns are searched in one walk, the last that names a file decides, and each file comes once."""
    assert [path.relative_to(tree).as_posix() for path in find(patterns, tree)] == found


def test_links_are_not_followed_into_folders(tree: Path) -> None:
    """A link to a file is a file; a link to a folder is not searched."""
    (tree / "folder").symlink_to(tree / "dist")
    (tree / "link.txt").symlink_to(tree / "a.txt")
    (tree / "gone.txt").symlink_to(tree / "nothing")

    names = [path.relative_to(tree).as_posix() for path in find(["*"], tree)]

    assert "link.txt" in names
    assert not any(name.startswith(("folder", "gone")) for name in names)


def test_absolute_patterns_are_taken_as_they_are(tree: Path, tmp_path: Path) -> None:
    """A pattern may lead out of the root."""
    write(tmp_path, {"outside.txt": ""})

    assert find([f"{tmp_path}/*.txt"], tree) == (tmp_path / "outside.txt",)


def test_a_search_begins_before_the_first_wildcard() -> None:
    """Roots below another root are searched with it; what is excluded is no root."""
    root = Path("/w")

    assert search_roots(["dist/*.whl", "dist/*.gz"], root) == (root / "dist",)
    assert search_roots(["dist/x/a.whl", "dist", "!src"], root) == (root / "dist",)
    assert search_roots(["b/*", "a/c?/x", "[a]"], root) == (root,)
    assert search_roots(["b/*", "a/x.txt"], root) == (root / "b", root / "a/x.txt")
    assert search_roots(["/*"], root) == (Path("/"),)


def test_hash_files_is_a_hash_of_hashes(tree: Path, tmp_path: Path) -> None:
    """`hashFiles` is SHA-256 over the digests in walk order, of files in the workspace only."""
    write(tmp_path, {"outside.txt": ""})
    expected = hashlib.sha256(
        b"".join(hashlib.sha256(FILES[name].encode()).digest() for name in ("a.txt", "b.txt"))
    ).hexdigest()

    assert hash_files(["?.txt"], tree) == expected
    assert hash_files(["?.txt", f"{tmp_path}/outside.txt"], tree) == expected
    assert hash_files(["--follow-symbolic-links", "[ab].txt"], tree) == expected
    assert hash_files(["?.txt\n**/*.whl\n!dist"], tree) == expected
    assert hash_files(["b.txt"], tree) != hash_files(["a.txt"], tree)
    assert hash_files(["nothing"], tree) == hash_files([], tree) == ""

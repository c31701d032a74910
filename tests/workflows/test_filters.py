import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.workflows.filters import FilterError, matches, parse_pattern

PIECES = ["*", "**", "**/", "/", "a", "b", "a?", "b+", "[ab]", "[a-b]+", ".", "\\*", "\\a", "a.b"]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("v1", ["v1"], ["v11", "xv1", "V1", "refs/tags/v1"]),
        ("v*", ["v", "v1.0"], ["v/1", "xv"]),
        ("v**", ["v", "v/1/2"], ["xv"]),
        ("*", ["", "a.b"], ["a/b"]),
        ("**", ["", "a/b"], []),
        ("**/README.md", ["README.md", "a/README.md", "a/b/README.md"], ["xREADME.md"]),
        ("docs/**/*.md", ["docs/a.md", "docs/a/b/c.md"], ["docs.md", "docs/a.txt"]),
        ("**/b", ["b", "a/b"], ["ab", "b/"]),
        ("*.jsx?", ["page.js", "page.jsx"], ["page.jsxx", "page.ts"]),
        ("v[12].[0-9]+.[0-9]+", ["v1.10.0"], ["v3.0.0", "v1..0", "v1.0.0rc1"]),
        ("v1.2.?", ["v1.2", "v1.2."], ["v1.2.3"]),
        ("[a-z]*", ["a", "abc", "a-1"], ["1a", "A"]),
        ("@s/[a-z-]+@1", ["@s/a-b@1"], ["@s/A@1"]),
        ("a.c", ["a.c"], ["abc"]),
        ("(a|b)$^", ["(a|b)$^"], ["a"]),
        ("\\*\\+\\!", ["*+!"], ["a+!"]),
        ("\\!x", ["!x"], ["x"]),
        ("x!", ["x!"], ["x"]),
        ("***", ["a/b"], []),
    ],
)
def test_patterns_match_as_documented(pattern: str, yes: list[str], no: list[str]) -> None:
    """A pattern matches the whole short name, with its letter case."""
    assert [name for name in yes if not matches(pattern, name)] == []
    assert [name for name in no if matches(pattern, name)] == []


@pytest.mark.parametrize(
    ("pattern", "position", "reason"),
    [
        ("", 0, "the pattern is empty"),
        ("!", 0, "the pattern is empty"),
        ("?a", 0, "`?` must follow"),
        ("+([0-9])", 0, "`+` must follow"),
        ("!+a", 1, "`+` must follow"),
        ("a*+", 2, "`+` must follow"),
        ("a??", 2, "`?` must follow"),
        ("a+?", 2, "`?` must follow"),
        ("**/?", 3, "`?` must follow"),
        ("v[]", 1, "`[]` is empty"),
        ("v[0-9", 1, "`[` is not closed"),
        ("[b-a]", 1, "the range b-a"),
        ("x[a1-z]", 3, "the range 1-z"),
        ("[A-z]", 1, "the range A-z"),
        ("v\\", 1, "a character must follow"),
    ],
)
def test_what_github_rejects_is_rejected_with_its_place(
    pattern: str, position: int, reason: str
) -> None:
    """The error names the pattern, the character and the rule."""
    with pytest.raises(FilterError) as caught:
        parse_pattern(pattern)

    assert (caught.value.pattern, caught.value.position) == (pattern, position)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("patterns", "name", "passes", "passes_ignore"),
    [
        ("v*", "v1", True, False),
        (["v*"], "x", False, True),
        (["v*", "!v1"], "v1", False, True),
        (["v*", "!v1*", "v10"], "v10", True, False),
        (["!v1", "v*"], "v1", True, False),
        ([], "v1", False, True),
    ],
)
def test_the_last_match_wins(
    patterns: list[str] | str, name: str, *, passes: bool, passes_ignore: bool
) -> None:
    """`!` takes back what matched before; an ignore filter passes what is not matched."""
    assert matches(patterns, name) is passes
    assert matches(patterns, name, ignore=True) is passes_ignore


def test_a_list_of_only_negatives_is_invalid() -> None:
    """There would be nothing to take back; an ignore list may hold only negatives."""
    with pytest.raises(FilterError, match="at least one pattern must be without `!`"):
        matches(["!a", "!b"], "c")

    assert matches(["!a"], "a", ignore=True)


def as_regex(pieces: list[str]) -> str:
    """Return what the pieces mean, as a regular expression: the reference."""
    table = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?", ".": r"\.", "\\a": "a", "a.b": r"a\.b"}
    return "".join(table.get(piece, piece) for piece in pieces)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.text("ab./*", max_size=7))
def test_the_matcher_agrees_with_a_reference(pieces: list[str], name: str) -> None:
    """A pattern matches what its translation to a regular expression matches."""
    try:
        pattern = parse_pattern("".join(pieces))
    except FilterError:
        return
    if any(merged(first, second) for first, second in pairs(pieces)):
        return  # put together, the pieces are cut elsewhere

    assert pattern.matches(name) == bool(re.fullmatch(as_regex(pieces), name, re.DOTALL))


def merged(first: str, second: str) -> bool:
    """Return whether the end of one piece and the start of the next make another piece."""
    return first in {"*", "**"} and second.startswith(("*", "/") if first == "**" else "*")


def pairs(pieces: list[str]) -> list[tuple[str, str]]:
    """Return each piece with the next one."""
    return list(zip(pieces, [*pieces[1:], ""], strict=True))


@settings(max_examples=200, deadline=None)
@given(st.text("ab*?+[]-\\!/", max_size=12), st.text(max_size=8))
def test_any_pattern_is_read_or_refused(pattern: str, name: str) -> None:
    """Nothing but FilterError is raised."""
    try:
        answer = matches(pattern, name)
    except FilterError:
        return

    assert answer in {True, False}


@pytest.mark.parametrize(
    "pattern", ["*a" * 200 + "c", "**/" * 200 + "c", "a+b?" * 100 + "c", "**a**" * 100 + "c"]
)
def test_hostile_patterns_cost_no_more_than_their_length(pattern: str) -> None:
    """Patterns that keep a backtracking matcher busy for ever are answered at once."""
    assert not matches(pattern, "ab" * 500 + "d")

"""By which words a project is found, and in which order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.model import Found
from bonded.index.pages.search import MAX_QUERY, asked, found_by, ranked


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("requests", "requests", ("requests",)),
        ("Zope.Interface", "zope-interface", ("zope-interface",)),
        ("types_requests-", "types-requests", ("types-requests",)),
        ("http  Client", "http-client", ("client", "http")),
        ("a a b", "a-a-b", ("a", "b")),
        ("c++", "c", ("c",)),
        ("100%", "100", ("100",)),
        ("naïve STRASSE", "naïve-strasse", ("strasse", "naïve")),
        ("ἀρχή", "ἀρχή", ("ἀρχή",)),
        ("%", "", ()),
        ("-", "", ()),
        ("' OR 1=1 --", "or-1-1", ("or", "1")),
        ("", "", ()),
    ],
)
def test_queries(query: str, name: str, words: tuple[str, ...]) -> None:
    """Case, runs of `-_.` and signs do not count; the longest word comes first."""
    wish = asked(query)

    assert (wish.name, wish.words) == (name, words)


def test_words_of_a_project() -> None:
    """A name is found from the beginning of each of its parts, a summary by its words."""
    assert found_by("types-http-client", "Stubs for HTTP, über alles: x_y") == {
        *("types-http-client", "http-client", "client"),
        *("stubs", "for", "http", "über", "alles", "x", "y"),
    }


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True), st.text(max_size=60))
def test_a_project_is_found_by_its_own_words(name: str, summary: str) -> None:
    """Its name, and each piece of its summary that has a letter, has a beginning among its words."""
    mine = found_by(name, summary)
    for query in (name, *summary.split()):
        for word in asked(query[:60]).words:
            assert any(one.startswith(word) for one in mine) or word not in summary.casefold()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=MAX_QUERY * 2))
def test_any_query_is_bounded(query: str) -> None:
    """Whatever is typed, a few short words are looked for."""
    words = asked(query).words

    assert len(words) <= 6
    assert all(0 < len(word) <= 64 for word in words)


def test_the_very_name_comes_first() -> None:
    """Then names that begin with the query, those that have it, and at last those found by their summary."""
    names = ["zz", "my-http", "http-a", "http", "aa"]
    found = [Found(name=ProjectName(name), display=name) for name in names]

    assert [one.name for one in ranked(asked("HTTP"), found)] == [
        *("http", "http-a", "my-http", "aa", "zz")
    ]

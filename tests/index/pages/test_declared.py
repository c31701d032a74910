"""What metadata declares, as a page tells it: links that may be followed, people, licence, classifiers."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.pages.declared import Declared, Group, Link, Person, declared, host_of, is_link


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://docs.example/a?b#c", "docs.example"),
        ("HTTP://Docs.Example:8080", "docs.example"),
        ("https://trusted.example@evil.example/", "evil.example"),
        ("https://[::1]:80/x", "[::1]"),
    ],
)
def test_links_are_followed_to_the_host_that_is_shown(text: str, host: str) -> None:
    """The host beside a label is the one that a browser would ask."""
    assert (is_link(text), host_of(text)) == (True, host)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://x.example",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://x.example",
        "//x.example",
        "/x",
        "x.example",
        "https://",
        "https:///x",
        "https:\\\\x.example",
        "https://x.example\\@evil.example",
        "https://x.example/a b",
        "https://x.example/a\nb",
        " https://x.example",
        "https://x.example/" + "a" * 2000,
        "",
    ],
)
def test_what_is_no_link_is_text(text: str) -> None:
    """Other schemes, relative addresses and spaces make no link."""
    (link,) = declared({"project_urls": {"Home": text}}).links

    assert (link.url, link.host, link.text) == ("", "", text)


def test_old_fields_are_links_too() -> None:
    """Homepage and download address come first, unless a label leads there already."""
    fields = {
        "home_page": "https://home.example",
        "download_url": "https://files.example",
        "project_urls": {"Files": "https://files.example", "": "https://bare.example/x"},
    }

    assert [(link.label, link.host) for link in declared(fields).links] == [
        ("Homepage", "home.example"),
        ("Files", "files.example"),
        ("bare.example", "bare.example"),
    ]


@pytest.mark.parametrize(
    ("names", "addresses", "people"),
    [
        ("Ada", "", [("Ada", "")]),
        ("", "ada@x.example", [("", "ada@x.example")]),
        ("Ada", "Ada <ada@x.example>", [("Ada", "ada@x.example")]),
        ("Ada, Bob", "ada@x.example", [("Ada, Bob", ""), ("", "ada@x.example")]),
        (
            "",
            '"Hopper, Grace" <g@x.example>, Bob <b@y.example>',
            [("Hopper, Grace", "g@x.example"), ("Bob", "b@y.example")],
        ),
        ("", "Mallory <javascript:x>", [("Mallory", "")]),
        ("", "Mallory <a@x.example?cc=all@x.example>", [("Mallory", "")]),
        ("", "", []),
    ],
)
def test_people(names: str, addresses: str, people: list[tuple[str, str]]) -> None:
    """Names and addresses are put together; only what looks like an address can be written to."""
    fields = {"author": names, "maintainer_email": addresses, "author_email": addresses}
    told = declared(fields)

    assert [(one.name, one.email) for one in told.authors] == people
    assert Person(name=names, email="") not in told.maintainers


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"license_expression": "MIT OR Apache-2.0", "license": "old"}, "MIT OR Apache-2.0"),
        ({"license": "BSD\n\nCopyright …"}, "BSD"),
        ({"license": "x" * 200}, "x" * 99 + "…"),
        ({"license": "UNKNOWN", "classifiers": ["License :: OSI Approved :: MIT License"]}, "MIT License"),
        ({"classifiers": ["License :: A", "License :: B", "License :: A"]}, "A, B"),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_licence_is_one_line(fields: dict[str, Any], licence: str) -> None:
    """The expression counts before the free field, and that before classifiers."""
    assert declared(fields).licence == licence


def test_classifiers_are_grouped() -> None:
    """Classifiers stand under their first part, in the order of the metadata; licences are told elsewhere."""
    fields = {"classifiers": ["A :: 1", "B", "License :: X", "A :: 2 :: c"]}

    assert declared(fields).classifiers == (
        Group(title="A", items=("1", "2 :: c")),
        Group(title="B", items=("B",)),
    )


def test_nothing_declared_is_nothing_told() -> None:
    """Every field may be missing."""
    assert declared({}) == Declared()


_VALUES = st.none() | st.text(max_size=30) | st.lists(st.text(max_size=20), max_size=3)
_FIELDS = st.sampled_from(
    ["summary", "author", "author_email", "license", "classifiers", "keywords", "home_page"]
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(_FIELDS, _VALUES),
    st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=3),
)
def test_any_metadata_is_told(fields: dict[str, Any], links: dict[str, str]) -> None:
    """Whatever stands in metadata, it is told without an error, and every link has a scheme that is safe."""
    told = declared({**fields, "project_urls": links})

    assert all(isinstance(link, Link) for link in told.links)
    assert all(not link.url or is_link(link.url) for link in told.links)

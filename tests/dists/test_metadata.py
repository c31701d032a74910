"""Core metadata from a form and from a file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from bonded.dists.metadata import (
    CoreMetadata,
    Declared,
    MetadataFault,
    read_declared,
    read_form,
    read_metadata,
)

GOOD = [("metadata_version", "2.1"), ("name", "Greeter"), ("version", "1.0")]


def test_a_form_becomes_metadata() -> None:
    """Fields of the form stand under packaging's names, repeated ones as lists, links by label."""
    metadata = read_form(
        [
            *GOOD,
            ("requires_python", ">=3.9"),
            ("classifiers", "A"),
            ("classifiers", "B"),
            ("platform", "any"),
            ("keywords", "x, y"),
            ("project_urls", "Source, https://x.example"),
            ("summary", ""),
            ("author", "UNKNOWN"),
            (":action", "file_upload"),
        ]
    )

    assert isinstance(metadata, CoreMetadata)
    assert (metadata.name, metadata.version) == ("Greeter", Version("1.0"))
    assert metadata.requires_python == ">=3.9"
    assert metadata.texts("classifiers") == ("A", "B")
    assert metadata.texts("platforms") == ("any",)
    assert metadata.texts("keywords") == ("x", "y")
    assert metadata.project_urls() == {"Source": "https://x.example"}
    assert (metadata.text("summary"), metadata.text("author")) == ("", "")
    assert metadata.texts("name") == ()


def test_a_form_of_distutils_is_read_as_it_is_meant() -> None:
    """It says 1.0 whatever it sends, and None for nothing; PyPI takes it at its word, and so do we unless asked."""
    pairs = [
        *[("metadata_version", "1.0"), *GOOD[1:]],
        *[("author", "None"), ("download_url", "None"), ("platform", "UNKNOWN")],
        ("classifiers", "A"),
    ]
    meant, strict = read_form(pairs, old_forms=True), read_form(pairs)

    assert isinstance(meant, CoreMetadata)
    assert sorted(meant.fields) == ["classifiers", "metadata_version", "name", "version"]
    assert not isinstance(strict, CoreMetadata)
    assert [fault.field for fault in strict] == ["classifier", "download-url"]


def test_a_form_of_others_means_what_it_says() -> None:
    """In metadata of another version, None is a text."""
    read = read_form([*GOOD, ("author", "None")], old_forms=True)

    assert isinstance(read, CoreMetadata)
    assert read.text("author") == "None"


FAULTS = [
    ([], ["metadata-version", "name", "version"]),
    ([("metadata_version", "9.9"), *GOOD[1:]], ["metadata-version"]),
    ([*GOOD, ("summary", "a"), ("summary", "b")], ["summary"]),
    ([*GOOD, ("name", "again")], ["name"]),
    ([*GOOD, ("version", "2"), ("metadata_version", "2.1")], ["metadata-version", "version"]),
    ([*GOOD[:2], ("version", "1" * 17_000)], ["version"]),
    ([*GOOD, ("license_expression", "MIT")], ["license-expression"]),
    ([*GOOD, ("requires_python", "x"), ("requires_dist", "x y z")], ["requires-dist", "requires-python"]),
    ([*GOOD, ("project_urls", "a, https://x"), ("project_urls", "a, https://y")], ["project-url"]),
    ([*GOOD, ("summary", "two\nlines")], ["summary"]),
    ([*GOOD[:2], ("version", "1" * 5000)], ["version"]),
    ([*GOOD, ("requires_python", f">={'1' * 641}"), ("summary", "x")], ["requires-python"]),
    ([*GOOD, ("requires_dist", "six"), ("requires_dist", f"a>={'1' * 641}")], ["requires-dist"]),
    ([*GOOD, ("requires_dist", f"a; python_version >= '{'1' * 5000}'")], ["requires-dist"]),
    ([*GOOD, ("requires_dist", "a; " + "(" * 16_000)], ["requires-dist"]),
    ([*GOOD, ("requires_dist", "a; 'b' == 'c'")], ["requires-dist"]),
    ([*GOOD, ("requires_dist", "a; " + "(" * 50_000)], ["requires-dist"]),
    ([*GOOD, ("license_expression", "MIT OR " * 9_000)], ["license-expression"]),
]  # fmt: skip


@pytest.mark.parametrize(("pairs", "fields"), FAULTS)
def test_every_fault_of_a_form_is_told(pairs: list[tuple[str, str]], fields: list[str]) -> None:
    """All faults come at once, the version of the form first, then name and version, then by alphabet."""
    faults = read_form(pairs)

    assert isinstance(faults, tuple)
    assert [fault.field for fault in faults] == fields
    assert str(faults[0]) == f"{faults[0].field}: {faults[0].message}"


def test_what_is_given_twice_is_not_missing() -> None:
    """Only what is true of a field is told."""
    assert read_form([*GOOD, ("name", "again")]) == (
        MetadataFault(field="name", message="given 2 times"),
    )


def test_a_file_becomes_metadata() -> None:
    """METADATA is read with its body as the description."""
    metadata = read_metadata(b"Metadata-Version: 2.1\nName: a\nVersion: 1\n\nHello.")

    assert isinstance(metadata, CoreMetadata)
    assert metadata.text("description") == "Hello."


def test_unknown_fields_of_a_file_are_faults() -> None:
    """What core metadata does not know is told."""
    faults = read_metadata(b"Metadata-Version: 2.1\nName: a\nVersion: 1\nColour: red\n")

    assert faults == (MetadataFault(field="colour", message="unknown field or invalid data"),)


def test_what_a_file_declares_is_read_without_judging_it() -> None:
    """Fields of newer tools are passed over; what is said twice, or in no UTF-8, is noted."""
    data = b"Metadata-Version: 9.9\nName: a\nVersion: one\nColour: red\nSummary: x\nSummary: y\n"
    declared = read_declared(data)

    assert (declared.fields["name"], declared.fields["version"]) == ("a", "one")
    assert declared.unclear == ("summary",)
    assert read_declared(b"Name: a\nClassifier: \xff\n\nHello").unclear == ("classifier",)
    assert read_declared(b"") == Declared(fields={})


NAMES = st.sampled_from(
    ["metadata_version", "name", "version", "summary", "keywords", "project_urls", "platform", "dynamic",
     "license_file", "license_expression", "requires_dist", "description_content_type", "import_name"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text(max_size=20))))
def test_any_form_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    """No form makes the reader raise."""
    assert isinstance(read_form([*GOOD, *pairs]), CoreMetadata | tuple)
    assert isinstance(read_form(pairs), CoreMetadata | tuple)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(
        ["Content-Type: text/plain; charset=x", "Keywords:", "Project-URL: a", "Description:"]
    ),
)
def test_any_file_is_read_or_refused(data: bytes, header: str) -> None:
    """No file makes the readers raise."""
    for whole in (data, b"Name: a\n" + header.encode() + b"\n" + data):
        assert isinstance(read_metadata(whole), CoreMetadata | tuple)
        assert isinstance(read_declared(whole), Declared)


def test_a_file_of_too_many_fields_says_nothing() -> None:
    """Reading them would take longer than the file is worth: real ones have some hundred, and some twenty different."""
    many = b"Name: a\n" + b"Requires-Dist: b\n" * 10_001
    strange = b"Name: a\n" + b"".join(b"X-%d: y\n" % number for number in range(201))

    assert (
        read_declared(many) == read_declared(strange) == Declared(fields={}, unclear=("metadata",))
    )
    assert read_declared(b"Name: a\n\n" + strange).fields["name"] == "a"

"""Pages of any index are read in both forms, and nothing on them is taken in two meanings."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.attestations.pages import JSON, MAX_PAGE, ProjectPage, previously_attested, read_page
from bonded.attestations.refusal import Malformed
from bonded.dists.names import ProjectName

PROJECT = ProjectName("greeter")
WHEEL, DIGEST = "greeter-1.0-py3-none-any.whl", "a" * 64


def page(*files: Any, version: Any = "1.4") -> ProjectPage:
    """Read a page of these files in JSON."""
    document = {"meta": {"api-version": version}, "name": "greeter", "files": list(files)}
    return read_page(json.dumps(document).encode(), JSON, PROJECT)


def listed(**bent: Any) -> dict[str, Any]:
    """Return a file as PEP 691 lists it."""
    return {"filename": WHEEL, "hashes": {"sha256": DIGEST}, "provenance": "https://p"} | bent


def shown(found: ProjectPage) -> list[tuple[str, str, str]]:
    """Return what is on a page."""
    return [(file.filename, file.sha256, file.provenance) for file in found.files]


def html(attributes: str, name: str = WHEEL, head: str = "") -> ProjectPage:
    """Read a page of one link in HTML."""
    raw = f"<html><head>{head}</head><body><a {attributes}>{name}</a></body></html>"
    return read_page(raw.encode(), "text/html; charset=utf-8", PROJECT)


def test_both_forms_say_the_same() -> None:
    """Name, digest and where the provenance is."""
    link = f'href="/f/{WHEEL}#sha256={DIGEST}" data-provenance="https://p"'

    assert shown(page(listed())) == [(WHEEL, DIGEST, "https://p")]
    assert shown(html(link)) == shown(page(listed()))
    assert shown(html(link.replace("#", "?token=1#"))) == shown(page(listed()))


@pytest.mark.parametrize(
    "file",
    [
        listed(filename="greeter.exe"),
        listed(filename=1),
        listed(filename=f"../{WHEEL}"),
        listed(hashes={}),
        listed(hashes=None),
        listed(hashes={"sha256": "A" * 64}),
        listed(hashes={"sha256": 7}),
        "not an object",
    ],
)
def test_files_that_cannot_be_read_are_left_out(file: Any) -> None:
    """Eggs, installers and files without a digest are nobody's business here."""
    assert page(file).files == ()


@pytest.mark.parametrize("provenance", [None, 1, "", "x" * 3000])
def test_a_link_that_is_none_counts_as_none(provenance: Any) -> None:
    """Only a text of sensible length is a link."""
    assert shown(page(listed(provenance=provenance))) == [(WHEEL, DIGEST, "")]


def test_a_name_with_two_meanings_is_nobodys() -> None:
    """The same line twice is one file; two lines that differ are none, whatever comes after."""
    other = listed(hashes={"sha256": "b" * 64})

    assert len(page(listed(), listed()).files) == 1
    assert page(listed(), other, listed()).files == ()


@pytest.mark.parametrize(
    ("version", "silent"),
    [("1.0", True), ("1.2", True), ("1.3", False), ("1.10", False), ("1", True), ("1.x", True)],
)
def test_old_pages_cannot_speak_of_provenance(*, version: str, silent: bool) -> None:
    """Provenance came with version 1.3 of the simple API."""
    assert page(listed(provenance=None), version=version).silent is silent


def test_a_page_in_html_speaks_by_its_version_or_by_its_links() -> None:
    """Without either nobody can know."""
    link = f'href="{WHEEL}#sha256={DIGEST}"'
    meta = '<meta name="pypi:repository-version" content="1.4">'

    assert html(link).silent
    assert not html(link, head=meta).silent
    assert not html(f'{link} data-provenance="https://p"').silent
    assert html(link, head='<meta name="pypi:repository-version">').silent


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"meta": 1, "files": []}',
        b'{"meta": {"api-version": "2.0"}, "files": []}',
    ],
)
def test_what_is_no_page_is_refused(raw: bytes) -> None:
    """A later version of the API may mean something else."""
    with pytest.raises(Malformed):
        read_page(raw, JSON, PROJECT)


def test_a_page_is_bounded() -> None:
    """More than the largest page is read by nobody."""
    with pytest.raises(Malformed, match="at most"):
        read_page(b" " * (MAX_PAGE + 1), JSON, PROJECT)


def test_the_version_before_is_the_newest_lower_one_with_provenance() -> None:
    """Versions without any, and later ones, are passed over."""
    names = ["0.8", "0.9", "1.0", "2.0"]
    found = page(
        *(
            listed(
                filename=f"greeter-{name}.tar.gz",
                provenance="p" if name in {"0.8", "2.0"} else None,
            )
            for name in names
        )
    )
    version = found.files[2].version

    assert [str(one.version) for one in previously_attested(found, version)] == ["0.8"]
    assert previously_attested(found, found.files[0].version) == ()
    assert [one.filename for one in found.of(version)] == ["greeter-1.0.tar.gz"]


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300), st.sampled_from([JSON, "text/html"]))
def test_no_bytes_break_the_reader(raw: bytes, kind: str) -> None:
    """They are a page, or they are refused."""
    try:
        assert isinstance(read_page(raw, kind, PROJECT), ProjectPage)
    except Malformed:
        assert kind == JSON

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from bonded.dists.names import InvalidName, ProjectName, parse_filename
from bonded.index.foreign import ForeignPage, UnreadablePage, _whose, read_page
from bonded.index.simple import Page, render_html, render_json

HELPER = ProjectName("helper")
SHA = "ab" * 32
WHEEL = "helper-1.0-py3-none-any.whl"
URL = "https://other.example/simple/helper/"
JSON = "application/vnd.pypi.simple.v1+json"


def entry(**more: Any) -> dict[str, Any]:
    """Return a file of a JSON page, bent."""
    return {"filename": WHEEL, "url": f"../../files/{WHEEL}", "hashes": {"sha256": SHA}, **more}


def read(*files: Any, media_type: str = JSON, **more: Any) -> ForeignPage:
    """Read a JSON page of these files, bent."""
    document = {"meta": {"api-version": "1.4"}, "name": "helper", "files": list(files), **more}
    return read_page(json.dumps(document), media_type=media_type, url=URL, name=HELPER)


def html(body: str, media_type: str = "text/html; charset=utf-8") -> ForeignPage:
    """Read an HTML page."""
    return read_page(body, media_type=media_type, url=URL, name=HELPER)


def unreadable(body: str, media_type: str = JSON) -> str:
    """Return why a page is none."""
    with pytest.raises(UnreadablePage) as caught:
        read_page(body, media_type=media_type, url=URL, name=HELPER)
    return str(caught.value)


def test_everything_that_an_installer_wants_is_taken_over() -> None:
    """Digests, Python, size, time, yank, metadata and status come through; provenance does not."""
    (file,) = read(
        entry(
            **{
                "requires-python": ">=3.9",
                "size": 7,
                "upload-time": "2024-01-02T03:04:05.678901Z",
                "yanked": "broken",
                "core-metadata": {"sha256": SHA.upper()},
                "provenance": "https://other.example/provenance",
            }
        )
    ).files

    shown = file.shown
    assert (shown.requires_python, shown.size, shown.yanked) == (">=3.9", 7, "broken")
    assert (shown.upload_time, shown.core_metadata) == ("2024-01-02T03:04:05.678901Z", SHA)
    assert shown.provenance is None
    assert file.url == f"https://other.example/files/{WHEEL}"
    assert file.metadata_url == f"{file.url}.metadata"
    assert file.uploaded == 1704164645.678901
    assert str(file.version) == "1.0"


@pytest.mark.parametrize(
    ("bent", "field", "value"),
    [
        ({"yanked": True}, "yanked", ""),
        ({"yanked": False}, "yanked", None),
        ({"yanked": 1}, "yanked", None),
        ({"size": True}, "size", None),
        ({"size": -1}, "size", None),
        ({"size": 1 << 60}, "size", None),
        ({"size": "7"}, "size", None),
        ({"requires-python": 3}, "requires_python", None),
        ({"requires-python": "\ud800"}, "requires_python", "?"),
        ({"upload-time": "soon"}, "upload_time", None),
        ({"upload-time": "0001-01-01T00:00:00+23:00"}, "upload_time", None),
        ({"upload-time": "2024-01-02T03:04:05+01:00"}, "upload_time", "2024-01-02T02:04:05Z"),
        ({"upload-time": "2024-01-02"}, "upload_time", "2024-01-02T00:00:00Z"),
        ({"core-metadata": True}, "core_metadata", None),
        ({"core-metadata": {"sha256": "ab"}}, "core_metadata", None),
        ({"data-dist-info-metadata": {"sha256": SHA}}, "core_metadata", SHA),
    ],
    ids=str,
)
def test_what_cannot_be_is_left_out(bent: dict[str, Any], field: str, value: object) -> None:
    """A fact of the wrong type or form is not passed on, the file is."""
    (file,) = read(entry(**bent)).files

    assert getattr(file.shown, field) == value


@pytest.mark.parametrize(
    "bent",
    [
        {"filename": "../evil.whl"},
        {"filename": "a/b.whl"},
        {"filename": f"{WHEEL}.metadata"},
        {"filename": "other-1.0-py3-none-any.whl"},
        {"filename": "acme_secret-1.0.tar.gz"},
        {"filename": "x" * 300},
        {"filename": ""},
        {"filename": 1},
        {"url": "file:///etc/passwd"},
        {"url": "ftp://x/y"},
        {"url": "http://[bad"},
        {"hashes": {}},
        {"hashes": {"md5": "x"}},
        {"hashes": {"sha256": "ab"}},
        {"hashes": SHA},
        {"requires-python": ">=" + "1" * 5000},
    ],
    ids=str,
)
def test_a_file_that_cannot_be_taken_over_is_left_out(bent: dict[str, Any]) -> None:
    """No unsafe name, other project's file or other scheme, none without a SHA-256 or with what would stop pip."""
    assert read(entry(**bent), 1, None, []).files == []


def test_old_files_are_shown() -> None:
    """Files whose names say no version that can be read are passed on as they are."""
    (file,) = read(entry(filename="helper-1.0-py2.7.egg")).files

    assert (file.version, file.shown.filename) == (None, "helper-1.0-py2.7.egg")


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("helper-1.0-py3-none-any.whl", "1.0"),
        ("Helper-1.0-7-py3-none-any.whl", "1.0"),
        ("helper-1.0.zip", "1.0"),
        ("HELPER-1.0rc1.tar.gz", "1rc1"),
        ("helper-1.0.tar.bz2", None),
        ("helper-1.0-py3-any.whl", None),
        ("helper-2004b-final.tar.gz", None),
        ("helper.tar.gz", None),
        ("helper-win32.exe", None),
    ],
)
def test_versions_are_read_from_names(filename: str, version: str | None) -> None:
    """Wheels and source distributions say their version; other files are shown without one."""
    (file,) = read(entry(filename=filename)).files

    assert file.version == (None if version is None else Version(version))


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://f.example:8443/a/b-1.tar.gz#sha256=x", "https://f.example:8443/a/b-1.tar.gz"),
        ("//f.example/b", "https://f.example/b"),
        ("b", f"{URL}b"),
        ("?x", f"{URL}?x"),
        ("https://f.example/a b", "https://f.example/a b"),
        ("HTTPS://f.example/", "https://f.example/"),
        ("https://f.example", "https://f.example"),
    ],
)
def test_links_are_followed_from_the_page(href: str, url: str) -> None:
    """Addresses may be whole or relative; what comes after a number sign is none of them."""
    (file,) = read(entry(url=href)).files

    assert file.url == url


def test_of_two_files_with_one_name_the_first_counts() -> None:
    """One name stands for one file, in the order of the page."""
    second = {"sha256": "cd" * 32}
    page = read(entry(), entry(hashes=second), entry(filename="helper-2.0.tar.gz"))

    assert [file.shown.sha256 for file in page.files] == [SHA, SHA]


def test_versions_come_from_the_page_or_from_the_files() -> None:
    """Where a page lists versions they count, and where it is too old for that they are found out."""
    assert read(entry(), versions=["2.0", "1.0", 1, "", "x"]).versions == ["x", "1.0", "2.0"]
    assert read(entry()).versions == ["1.0"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "archived"}, "archived"),
        ({"status": "odd"}, "active"),
        ({"status": 1}, "active"),
        ("archived", "active"),
    ],
)
def test_the_status_comes_through(told: object, status: str) -> None:
    """A status of PEP 792 is passed on, anything else is none."""
    more: dict[str, Any] = {"project-status": told}

    assert read(**more).status == status


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1" * 5000, "not JSON"),
        ("[]", "no list of files"),
        ('{"files": {}}', "no list of files"),
        ('{"files": []}', "version of the simple API"),
        ('{"files": [], "meta": {"api-version": "2.0"}}', "version of the simple API"),
        ('{"files": [], "meta": {"api-version": 1}}', "version of the simple API"),
        ('{"files": [], "meta": {"api-version": "1.0"}, "name": "other"}', "another project"),
        ('{"files": [], "meta": {"api-version": "1.0"}, "name": 1}', "another project"),
        ('{"files": [], "meta": {"api-version": "1.0"}, "name": "-"}', "another project"),
    ],
)
def test_json_that_is_no_page(body: str, reason: str) -> None:
    """What is not a project page of the known simple API is never one without files."""
    assert reason in unreadable(body)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/octet-stream", "image/png", "json"]
)
def test_only_types_of_the_simple_api_are_read(kind: str) -> None:
    """A body of another type is no page, whatever it looks like."""
    assert "came as" in unreadable('{"files": [], "meta": {"api-version": "1.0"}}', kind)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><body>Bad gateway</body></html>",
        '<form action="/login"><a href="/forgot">Forgot?</a></form>',
        f'<a href="{WHEEL}">no digest</a>',
        '<meta name="pypi:repository-version" content="2.0">',
    ],
)
def test_html_that_is_no_page(body: str) -> None:
    """A sign-in form, a proxy's error or a bare listing is never a project without files."""
    assert "its " in unreadable(body, "text/html")


def test_html_is_read() -> None:
    """Links under their base, with what their attributes say; what the page says of itself."""
    page = html(
        '<meta name="pypi:repository-version" content="1.4">'
        '<meta name="pypi:project-status" content="archived"><meta name="x">'
        f'<base href="/base/"><a>no</a><a name="x" href="{WHEEL}?x=1#sha256={SHA}&y=2"'
        f' data-requires-python="&gt;=3" data-yanked data-core-metadata="sha256={SHA}"'
        f' data-upload-time="2024-01-02T03:04:05Z">x</a><a href="http://[bad">x</a>'
    )

    (file,) = page.files
    assert file.url == f"https://other.example/base/{WHEEL}?x=1"
    assert (file.shown.requires_python, file.shown.yanked, file.shown.core_metadata) == (
        ">=3",
        "",
        SHA,
    )
    assert (page.status, page.versions, file.uploaded) == ("archived", ["1.0"], 1704164645)


def test_an_html_page_that_says_that_it_is_one_may_be_empty() -> None:
    """A project without files is told by the marker of PEP 629; a base that cannot be is not followed."""
    assert html('<meta name="pypi:repository-version" content="1.0">').files == []
    assert html(f'<base href="http://[x"><a href="{WHEEL}#sha256={SHA}">x</a>').files[0].url == (
        f"{URL}{WHEEL}"
    )


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(SHA) | st.just(WHEEL),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["filename", "url", "hashes", "sha256", "yanked", "size", "upload-time"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@examples(max_examples=150, deadline=None)
@given(JSONISH, JSONISH, JSONISH)
def test_no_page_breaks_the_reader(files: object, versions: object, meta: object) -> None:
    """Any JSON is a page that can be rendered, or is said to be none."""
    document = {"meta": {"api-version": "1.0"}, "files": [files], "versions": versions, "x": meta}
    try:
        page = read_page(json.dumps(document), media_type=JSON, url=URL, name=HELPER)
    except UnreadablePage:
        return
    shown = Page(name=HELPER, versions=page.versions, files=[file.shown for file in page.files])
    assert render_json(shown)
    assert render_html(shown)


@examples(max_examples=150, deadline=None)
@given(st.text(alphabet='<>ahref="/#=!-\n&; base', max_size=80))
def test_no_html_breaks_the_reader(body: str) -> None:
    """Any text is an HTML page, or is said to be none."""
    with suppress(UnreadablePage):
        html(body)


@examples(max_examples=200, deadline=None)
@given(
    st.from_regex(
        r"\A[A-Za-z0-9._]{1,6}-[0-9a-z.!+]{1,6}(-[0-9]{1,2})?(-py3-none-any\.whl|\.tar\.gz|\.zip)\Z"
    )
)
def test_names_are_read_as_the_house_reads_them(filename: str) -> None:
    """Where the strict reader of names takes one, the quick one says the same project and version."""
    try:
        parsed = parse_filename(filename)
    except InvalidName:
        return
    project, version = _whose(filename)
    assert (ProjectName(canonicalize_name(project)), version) == (parsed.project, parsed.version)

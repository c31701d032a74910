"""Pages for people over HTTP: their addresses, what keeps browsers in bounds, and when they are made anew."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bonded.index.book import tables
from bonded.index.readmes import Made, Readmes
from bonded.index.settings import Settings
from bonded.index.upstream.settings import UpstreamSettings
from index_world import World, wheel_offer, world
from pages_world import METADATA, PROOF, file, publish

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PIP = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, "
    "text/html; q=0.01"
)
GREETER = "/project/greeter/"
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An index with two releases of a project, the newer with provenance; nothing is written to it."""
    with world(tmp_path_factory.mktemp("index")) as opened:
        publish(opened, [file("greeter-1.0.tar.gz")], {**METADATA, "summary": "The old one"})
        publish(opened, [file("greeter-1.4.0-py3-none-any.whl", proof=PROOF)], METADATA)
        publish(opened, [file(f"tool_{n}-0.1.tar.gz") for n in range(60)], {"summary": "A tool"})
        yield opened


def text_of(stage: World, path: str, **headers: str) -> str:
    """Return a page as text."""
    response = stage.client.get(path, headers={"accept": BROWSER, **headers})
    assert response.status_code == 200, response.text
    return str(response.text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/search", 200),
        ("/search?q=greet", 200),
        (GREETER, 200),
        (f"{GREETER}1.0/", 200),
        ("/project/unknown/", 404),
        (f"{GREETER}9/", 404),
        ("/nowhere", 404),
        ("/assets/none.css", 404),
    ],
)
def test_every_page_is_guarded(shelf: World, path: str, status: int) -> None:
    """Nothing runs on a page, nothing comes from elsewhere, nobody frames it, and no shared cache keeps it."""
    response = shelf.client.get(path, headers={"accept": BROWSER})

    assert (response.status_code, response.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert response.headers.get_list("content-security-policy") == [CSP]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "public" not in response.headers.get("cache-control", "")
    assert response.text.startswith("<!DOCTYPE html>")
    assert not re.search(r"<script|\son\w+=|style=|javascript:", response.text)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/project/greeter", GREETER),
        ("/project/Greeter/", GREETER),
        ("/project/Greeter/1.0", f"{GREETER}1.0/"),
        ("/project/greeter/1.0", f"{GREETER}1.0/"),
    ],
)
def test_addresses_are_normal(shelf: World, path: str, location: str) -> None:
    """Other spellings of a name lead to the one address of its page."""
    response = shelf.client.get(path)

    assert (response.status_code, response.headers["location"]) == (301, location)


def test_the_project_page(shelf: World) -> None:
    """It shows the release that installers take: README, files, provenance, history, how to install."""
    page = text_of(shelf, GREETER)
    old = text_of(shelf, f"{GREETER}1.0/")

    for words in (
        'greeter</bdi> <span class="version">1.4.0</span>',
        '<h3 id="user-content-greeter">Greeter</h3>',
        "pip install",
        "http://testserver/simple/",
        "octo/greeter",
        "release.yml",
        "104729",
        "/integrity/greeter/1.4.0/greeter-1.4.0-py3-none-any.whl/provenance",
        'href="/project/greeter/1.0/"',
    ):
        assert words in page, words
    assert "The old one" in old
    assert "greeter==1.0" in old
    assert 'another version: <a href="/project/greeter/">1.4.0</a>' in old


def test_no_command_that_cannot_work(tmp_path: Path) -> None:
    """Of a project that is wholly yanked there is a command for a release by its version, and none by the name."""
    with world(tmp_path) as stage:
        publish(stage, [file("greeter-1.0.tar.gz", yanked="loses data")], METADATA)
        whole, one = text_of(stage, GREETER), text_of(stage, f"{GREETER}1.0/")

    assert "pip install" not in whole
    assert "Every release is yanked" in whole
    assert f'<a href="{GREETER}1.0/">How to install 1.0 all the same</a>' in whole
    assert "greeter==1.0" in one


def test_versions_are_found_in_any_spelling(shelf: World) -> None:
    """`v1.0.0` is 1.0; what nobody published, or what is no version, is a page that says so."""
    assert "greeter==1.0" in text_of(shelf, f"{GREETER}v1.0.0/")
    for version in ("2.0", "nonsense", "%00", "1" * 5000):
        response = shelf.client.get(f"{GREETER}{version}/", headers={"accept": BROWSER})
        assert response.status_code == 404
        assert "no release" in response.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=greet", "One project for"),
        ("q=tool", "60 projects for"),
        ("q=tool&page=2", "Page 2 of 3"),
        ("q=tool&page=99", "Page 3 of 3"),
        ("q=tool&page=x", "Page 1 of 3"),
        ("q=tool&page=999999999999", "Page 1 of 3"),
        ("q=%3Cscript%3E", "&lt;script&gt;"),
        ("q=%00", "No project has"),
        ("q=%ff", "No project has"),
        ("", "Type the beginning"),
        ("q=" + "a" * 3000, "No project has"),
    ],
)
def test_search(shelf: World, query: str, said: str) -> None:
    """Results come 25 on a page, whatever is asked for."""
    assert said in text_of(shelf, f"/search?{query}")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40), st.text(max_size=5))
def test_any_search_has_an_answer(shelf: World, query: str, page: str) -> None:
    """Nothing that is typed makes the index fail."""
    # What a client cannot encode it cannot ask for.
    params = {"q": query.encode(errors="replace").decode(), "page": page.encode(errors="replace").decode()}  # fmt: skip

    assert shelf.client.get("/search", params=params).status_code == 200


def test_home(shelf: World) -> None:
    """What is new stands once for each project, with the address by which the reader came."""
    page = text_of(shelf, "/")

    assert "http://testserver/legacy/" in page
    assert page.count('<li class="found">') == 12
    assert "https://other.example/simple/" not in page
    assert "http://other.example/simple/" in text_of(shelf, "/", host="other.example")


def test_assets_are_kept_for_ever(shelf: World) -> None:
    """The style sheet has its hash in its name, so it never changes under it."""
    (href,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', text_of(shelf, "/"))
    response = shelf.client.get(href)

    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["cache-control"] == "max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        (PIP, "application/json"),
        ("*/*", "text/plain"),
        ("", "text/plain"),
        ("text/plain, text/html;q=0.5", "text/plain"),
        ("application/json, text/html", "text/html"),
        ("application/problem+json, text/html", "application/problem+json"),
    ],
)
def test_browsers_are_refused_with_a_page(shelf: World, accept: str, kind: str) -> None:
    """Whoever likes HTML best reads a page; installers, which like it least, what they always read."""
    response = shelf.client.get("/project/unknown/", headers={"accept": accept})

    if accept == PIP:
        kind = "text/plain"
    assert response.headers["content-type"].partition(";")[0] == kind
    assert "unknown" in response.text


def test_programs_that_upload_read_no_page(shelf: World) -> None:
    """A refused POST is answered as before, even to a browser."""
    response = shelf.client.post("/", headers={"accept": BROWSER})

    assert (response.status_code, response.headers["content-type"]) == (
        405,
        "text/plain; charset=utf-8",
    )


def test_a_page_is_made_anew_when_its_project_changes(tmp_path: Path) -> None:
    """Until then readers hear 304; a new file, a yank and a status move it."""
    with world(tmp_path) as stage:
        stage.upload(wheel_offer())
        first = stage.client.get(GREETER)
        condition = {"if-none-match": first.headers["etag"]}
        same = stage.client.get(GREETER, headers=condition)
        before = stage.client.get("/").text
        stage.upload(wheel_offer(version="1.1"))
        after = stage.client.get("/").text
        changed = stage.client.get(GREETER, headers=condition)
        with stage.index._records.writing() as book:
            book.connection.execute(
                update(tables.project).values(status="quarantined", reason="why", serial=999)
            )
        hidden = stage.client.get(GREETER, headers=condition).text

        assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)
        assert '<span class="version">1.1</span>' in changed.text
        assert ['class="version">1.1<' in home for home in (before, after)] == [False, True]
        assert "Quarantined project" in hidden
        assert ".whl" not in hidden


def test_pages_are_compressed(shelf: World) -> None:
    """A reader who takes zstd or gzip gets less to read, under an ETag of its own."""
    sizes = {}
    for coding in ("identity", "gzip", "zstd"):
        response = shelf.client.get(GREETER, headers={"accept-encoding": coding})
        sizes[coding] = int(response.headers["content-length"])

    assert max(sizes["gzip"], sizes["zstd"]) < sizes["identity"] / 2


def test_a_readme_that_was_not_rendered_for_lack_of_time_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next reader gets it rendered."""
    answers = iter([Made("busy", lasting=False), Made("<p>done</p>"), Made("never")])
    monkeypatch.setattr(Readmes, "made", lambda *_: next(answers))
    with world(tmp_path) as stage:
        publish(stage, [file("greeter-1.0.tar.gz")], METADATA)
        seen = [stage.client.get(GREETER).text for _ in range(3)]

    assert ["busy" in seen[0], "done" in seen[1], seen[1] == seen[2]] == [True] * 3


def test_only_projects_of_this_index_are_described(tmp_path: Path) -> None:
    """With another index behind this one, a page that is not here says so, and asks nobody."""
    upstream = UpstreamSettings(url="http://127.0.0.1:1/simple/")
    with world(tmp_path, upstream=upstream) as stage:
        page = stage.client.get("/project/unknown/", headers={"accept": BROWSER}).text
        home = stage.client.get("/").text

    assert "The index behind this one may have it" in page
    assert "Another index stands behind this one." in home


def test_a_project_without_files(stage: World) -> None:
    """A project that an owner made has a page before it has a release."""
    assert "Nothing of this project is published yet." in text_of(stage, GREETER)


def test_hostile_metadata_never_breaks_a_page(stage: World) -> None:
    """Whatever stands in the book, the page comes, with its text as text."""
    evil = "</title><script>alert(1)</script>\x00\ud800"
    publish(
        stage,
        [file("greeter-1.0.tar.gz")],
        {
            "summary": evil,
            "description": evil,
            "description_content_type": evil,
            "project_urls": {evil: "javascript:alert(1)"},
            "classifiers": [evil],
        },
    )
    page = text_of(stage, GREETER)

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript' not in page


def test_settings_make_the_site(tmp_path: Path) -> None:
    """The title of the index stands on every page, whatever letters it has."""
    name = Settings.__name__ + " <b>&"
    with world(tmp_path, name=name) as stage:
        for path in ("/", "/search", "/project/unknown/"):
            page = stage.client.get(path, headers={"accept": BROWSER}).text
            assert "Settings &lt;b&gt;&amp;" in page
            assert "<b>" not in page

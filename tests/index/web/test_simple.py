"""What installers read: the simple API, files, metadata, and the JSON description."""

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bonded.index.book import tables
from bonded.index.web.accept import preferred
from index_world import World, core_metadata, sdist_offer, wheel, wheel_offer

V1_JSON = "application/vnd.pypi.simple.v1+json"
V1_HTML = "application/vnd.pypi.simple.v1+html"
OFFERS = ("text/html", V1_HTML, V1_JSON)
VARY = "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("image/png", "text/html"),
        ("text/html;q=0", "text/html"),
        (V1_JSON, V1_JSON),
        (V1_HTML, V1_HTML),
        (f"{V1_JSON}, {V1_HTML};q=0.2, text/html;q=0.01", V1_JSON),
        (f"{V1_JSON};q=0.1, {V1_HTML};q=0.2", V1_HTML),
        ("application/*;q=0.5, text/html;q=0.1", V1_HTML),
        (f"*/*, {V1_JSON};q=0.1, {V1_HTML};Q=0.3, text/html;q=x", V1_HTML),
        ("text/html;q=0.1;level=1, */*;q=9", V1_HTML),
    ],
)
def test_the_page_comes_as_the_client_likes_it(accept: str, kind: str) -> None:
    """Weights, wildcards and ties count as in RFC 9110; nobody is answered 406."""
    assert preferred(accept, OFFERS) == kind


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aq;=,./*0129 ²", max_size=40))
def test_any_accept_header_has_an_answer(accept: str) -> None:
    """Whatever a client claims to like, it gets one of the offers."""
    assert preferred(accept, OFFERS) in OFFERS


def test_the_json_page(stage: World) -> None:
    """The JSON page has every key of version 1.4, compact, sorted by version and name."""
    metadata = core_metadata(more="Requires-Python: >=3.9\n")
    stage.upload(wheel_offer(version="1.10"))
    stage.upload(wheel_offer().with_data(wheel(metadata=metadata)).bent(requires_python=">=3.9"))
    stage.upload(sdist_offer())

    response = stage.client.get("/simple/greeter/", headers={"accept": V1_JSON})
    page = response.json()
    first = page["files"][0]
    digest = stage.index.files()[1].digests.blake2b_256

    assert response.headers["content-type"] == V1_JSON
    assert response.headers["x-pypi-last-serial"] == str(page["meta"]["_last-serial"])
    assert (page["meta"]["api-version"], page["name"]) == ("1.4", "greeter")
    assert page["versions"] == ["1.0", "1.10"]
    assert page["project-status"] == {"status": "active"}
    assert [file["filename"] for file in page["files"]] == [
        "greeter-1.0-py3-none-any.whl",
        "greeter-1.0.tar.gz",
        "greeter-1.10-py3-none-any.whl",
    ]
    assert first == {
        "filename": "greeter-1.0-py3-none-any.whl",
        "url": f"../../packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/greeter-1.0-py3-none-any.whl",
        "hashes": {"sha256": hashlib.sha256(wheel(metadata=metadata)).hexdigest()},
        "requires-python": ">=3.9",
        "size": len(wheel(metadata=metadata)),
        "upload-time": "2027-01-15T08:00:00Z",
        "yanked": False,
        "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
        "data-dist-info-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
        "provenance": None,
    }
    assert page["files"][1]["core-metadata"] is False


@pytest.mark.parametrize(
    ("yanked", "html", "shown"), [("", 'data-yanked=""', True), ('"x"', "&quot;x&quot;", '"x"')]
)
def test_the_html_page(stage: World, yanked: str, html: str, shown: object) -> None:
    """The HTML page says the same in attributes, escaped."""
    metadata = core_metadata(more="Requires-Python: >=3\n")
    stage.upload(wheel_offer().with_data(wheel(metadata=metadata)).bent(requires_python=">=3"))
    with stage.index._records.writing() as book:
        book.connection.execute(update(tables.file).values(yanked=yanked))

    response = stage.client.get("/simple/greeter/")
    page = stage.client.get("/simple/greeter/", headers={"accept": V1_JSON}).json()

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert 'data-requires-python="&gt;=3"' in response.text
    assert html in response.text
    assert '<meta name="pypi:repository-version" content="1.4">' in response.text
    assert re.search(r"<!--SERIAL \d+-->$", response.text)
    assert page["files"][0]["yanked"] == shown


def test_files_and_metadata_are_where_the_page_says(stage: World) -> None:
    """Relative addresses lead to the bytes, and `.metadata` to those of METADATA; nothing else is there."""
    stage.upload(wheel_offer())
    stage.upload(sdist_offer())
    page = stage.client.get("/simple/greeter/", headers={"accept": V1_JSON}).json()
    wheel_url, sdist_url = (f"/simple/greeter/{file['url']}" for file in page["files"])

    fetched = stage.client.get(wheel_url)
    assert (fetched.content, fetched.headers["content-type"]) == (
        wheel(),
        "application/octet-stream",
    )
    assert "immutable" in fetched.headers["cache-control"]
    assert stage.client.get(f"{wheel_url}.metadata").content == core_metadata()
    assert stage.client.get(sdist_url, headers={"range": "bytes=0-1"}).content == b"\x1f\x8b"
    assert stage.client.get(f"{sdist_url}.metadata").status_code == 404
    assert stage.client.get("/packages/aa/bb/cc/greeter-1.0-py3-none-any.whl").status_code == 404
    assert stage.client.get("/packages/aa/bb/cc/nothing.whl").status_code == 404
    assert stage.client.get(f"/upstream/x/{'0' * 64}/x.whl").status_code == 404


def test_a_page_changes_with_its_serial_only(stage: World) -> None:
    """A client that has the page hears 304 until something is published."""
    stage.upload(wheel_offer())
    first = stage.client.get("/simple/greeter/")
    condition = {"if-none-match": f'"x", W/{first.headers["etag"]}'}
    same = stage.client.get("/simple/greeter/", headers=condition)
    stage.upload(sdist_offer())
    changed = stage.client.get("/simple/greeter/", headers=condition)

    assert (same.status_code, same.content, same.headers["vary"]) == (304, b"", VARY)
    assert (changed.status_code, "greeter-1.0.tar.gz" in changed.text) == (200, True)
    assert stage.client.get("/simple/", headers={"if-none-match": "*"}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/simple", 301, "/simple/"),
        ("/simple/greeter", 301, "/simple/greeter/"),
        ("/simple/Greeter/", 301, "/simple/greeter/"),
        ("/simple/unknown/", 404, None),
        ("/simple/-/", 404, None),
        ("/simple/%00/", 404, None),
        ("/pypi/Greeter/json", 301, "/pypi/greeter/json"),
        ("/pypi/Greeter/1.0/json", 301, "/pypi/greeter/1.0/json"),
        ("/pypi/unknown/json", 404, None),
        ("/pypi/greeter/json", 404, None),
        ("/project/greeter/1.0/", 404, None),
        ("/nowhere", 404, None),
        ("/legacy", 308, "/legacy/"),
        ("/legacy/", 200, None),
        ("/", 200, None),
    ],
)
def test_addresses(stage: World, path: str, status: int, location: str | None) -> None:
    """Every address answers as PyPI's does."""
    response = stage.client.get(path)

    assert (response.status_code, response.headers.get("location")) == (status, location)


def test_the_list_of_projects(stage: World) -> None:
    """The list names projects as their metadata spells them; quarantined ones are left out."""
    stage.upload(wheel_offer().bent(name="Greeter"))
    html = stage.client.get("/simple/").text
    listed = stage.client.get("/simple/", headers={"accept": V1_JSON}).json()
    with stage.index._records.writing() as book:
        serial = book.event(0, "project:quarantine", "greeter", {})
        book.connection.execute(update(tables.project).values(status="quarantined", serial=serial))

    assert '<a href="greeter/">Greeter</a>' in html
    assert [project["name"] for project in listed["projects"]] == ["Greeter"]
    assert stage.client.get("/simple/", headers={"accept": V1_JSON}).json()["projects"] == []
    assert stage.client.get("/simple/greeter/", headers={"accept": V1_JSON}).json()["files"] == []
    assert stage.client.get("/pypi/greeter/json").status_code == 404


def test_the_json_description(stage: World) -> None:
    """`/pypi/<name>/json` lists releases and their files; the latest final one is described."""
    sha256 = {}
    for version in ("1.0", "1.1", "2.0rc1"):
        metadata = core_metadata(version=version, more=f"Summary: The {version}\n")
        offer = wheel_offer(version=version).with_data(wheel("greeter", version, metadata))
        sha256[version] = hashlib.sha256(offer.data).hexdigest()
        stage.upload(offer.bent(summary=f"The {version}"))
    whole = stage.client.get("/pypi/greeter/json").json()
    one = stage.client.get("/pypi/greeter/2.0.rc1/json/").json()

    assert whole["info"]["version"] == "1.1"
    assert list(whole["releases"]) == ["1.0", "1.1", "2.0rc1"]
    assert whole["releases"]["1.0"][0]["filename"] == "greeter-1.0-py3-none-any.whl"
    assert whole["urls"][0]["digests"]["sha256"] == sha256["1.1"]
    assert (one["info"]["summary"], "releases" in one) == ("The 2.0rc1", False)
    assert stage.client.get("/pypi/greeter/9/json").status_code == 404
    assert stage.client.get("/pypi/greeter/nonsense/json").status_code == 404
    assert stage.client.get(f"/pypi/greeter/{'1' * 5000}/json").status_code == 404


@pytest.mark.parametrize(
    ("yanked", "version", "why"),
    [
        ({}, "1.1", (False, None)),
        ({"1.1": ""}, "1.0", (False, None)),
        ({"1.0": "", "1.1": ""}, "2.0rc1", (False, None)),
        ({"1.0": "", "1.1": "broken", "2.0rc1": ""}, "1.1", (True, "broken")),
    ],
)
def test_the_latest_release_is_the_one_that_pypi_would_show(
    stage: World, yanked: dict[str, str], version: str, why: object
) -> None:
    """Not yanked before yanked, final before pre-release, then the highest (PEP 592)."""
    for one in ("1.0", "1.1", "2.0rc1"):
        stage.upload(wheel_offer(version=one))
    with stage.index._records.writing() as book:
        for one, reason in yanked.items():
            files = update(tables.file).where(tables.file.c.filename.contains(f"-{one}-"))
            book.connection.execute(files.values(yanked=reason))

    info = stage.client.get("/pypi/greeter/json").json()["info"]

    assert info["version"] == version
    assert (info["yanked"], info["yanked_reason"]) == why

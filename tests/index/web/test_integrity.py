"""Provenance as installers and people read it: its address, the links to it, and what is told of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attested_world import OFFER, artifact, attest, attesting, mint, send, sigstore
from bonded.attestations.pages import read_page
from bonded.attestations.provenance import read_provenance
from bonded.attestations.verify import Attributed, verify_provenance
from bonded.dists.names import ProjectName
from bonded.index.settings import Attestations
from bonded.index.simple import Page, PageFile, render_html, render_json
from bonded.index.web.integrity import INTEGRITY
from claims_builder import SHA
from index_world import World, sdist_offer

FILENAME = artifact().filename
PATH = f"/integrity/widget/1.0/{FILENAME}/provenance"
PAGE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An index with a wheel that is attested, and a source distribution that is not."""
    with attesting(tmp_path_factory.mktemp("index")) as opened:
        assert send(opened, attest()).status_code == 200
        assert opened.upload(sdist_offer("widget"), token=mint(opened)).status_code == 200
        yield opened


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", INTEGRITY),
        ("*/*", INTEGRITY),
        (INTEGRITY, INTEGRITY),
        ("application/json", "application/json"),
        (f"application/json;q=0.5, {INTEGRITY}", INTEGRITY),
        (f"{INTEGRITY};q=0, application/*", "application/json"),
    ],
)
def test_provenance_is_served(stage: World, accept: str, kind: str) -> None:
    """Under PyPI's address, in the form that is asked for, to be kept for ever."""
    response = stage.client.get(PATH, headers={"accept": accept})

    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    assert response.headers["cache-control"] == "max-age=31536000, immutable, public"
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert response.content == stage.index.provenance(FILENAME)


def test_provenance_is_an_object_of_pep_740(stage: World) -> None:
    """Its keys and nulls are PyPI's, and it proves the file to whoever verifies it again."""
    body = stage.client.get(PATH).content
    (bundle,) = json.loads(body)["attestation_bundles"]

    assert not body.endswith(b"\n")
    assert bundle["publisher"] == {
        "kind": "GitHub",
        "claims": None,
        "repository": "octo/widget",
        "workflow": "release.yml",
        "environment": "pypi",
    }
    (one,) = verify_provenance(read_provenance(body), artifact(), sigstore().root.verifier)
    assert isinstance(one, Attributed)
    assert one.proof.signer.commit == SHA


def test_what_is_there_already_is_not_sent_again(stage: World) -> None:
    """The ETag answers 304, for each of the two forms its own."""
    tags = [
        stage.client.get(PATH, headers={"accept": kind}).headers["etag"]
        for kind in (INTEGRITY, "application/json")
    ]
    statuses = [
        stage.client.get(PATH, headers={"accept": INTEGRITY, "if-none-match": tag}).status_code
        for tag in tags
    ]

    assert statuses == [304, 200]


@pytest.mark.parametrize(
    "path",
    [
        "/integrity/widget/1.0/widget-1.0.tar.gz/provenance",
        f"/integrity/widget/2.0/{FILENAME}/provenance",
        f"/integrity/gadget/1.0/{FILENAME}/provenance",
        f"/integrity/-/1.0/{FILENAME}/provenance",
        f"/integrity/widget/one/{FILENAME}/provenance",
        "/integrity/widget/1.0/other-1.0.tar.gz/provenance",
        "/integrity/widget/1.0/%00/provenance",
    ],
)
def test_where_there_is_none_pypi_s_words_say_so(stage: World, path: str) -> None:
    """A file without provenance, another release, another project, and what cannot be."""
    response = stage.client.get(path)

    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    assert response.json()["message"].startswith("No provenance available for ")


@pytest.mark.parametrize("path", [f"/integrity/Widget/1.0.0/{FILENAME}/provenance"])
def test_names_and_versions_are_compared_as_what_they_are(stage: World, path: str) -> None:
    """Other spellings of the same release find the same provenance."""
    assert stage.client.get(path).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/xml", f"{INTEGRITY};q=0"])
def test_another_form_cannot_be_had(stage: World, accept: str) -> None:
    """Unlike pages, provenance is not sent to whoever does not want it."""
    response = stage.client.get(PATH, headers={"accept": accept})

    assert (response.status_code, response.json()) == (406, {"message": "Request not acceptable"})


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_address_makes_it_fail(
    stage: World, name: str, version: str, filename: str, accept: str
) -> None:
    """Whatever is asked for, the answer is no error of the index."""
    from urllib.parse import quote

    parts = "/".join(quote(part, safe="") for part in (name, version, filename))
    headers = {b"accept": accept.encode()}
    response = stage.client.get(f"/integrity/{parts}/provenance", headers=headers)

    assert response.status_code in {301, 404, 406}


def page(stage: World, accept: str, **headers: str) -> bytes:
    """Return the project's page."""
    return stage.client.get("/simple/widget/", headers={"accept": accept, **headers}).content


def test_pages_link_to_provenance(stage: World) -> None:
    """In JSON and in HTML the same full address (PEP 740), and nothing where there is none."""
    wheel = f"http://testserver{PATH}"
    files = json.loads(page(stage, PAGE))["files"]
    html = page(stage, "text/html").decode()

    assert [one["provenance"] for one in files] == [wheel, None]
    assert html.count("data-provenance") == 1
    assert f'data-provenance="{wheel}"' in html
    for accept in (PAGE, "text/html"):
        read = read_page(page(stage, accept), accept, ProjectName("widget"))
        assert [one.provenance for one in read.files] == [wheel, ""]


def test_the_address_is_the_one_that_a_reader_uses(stage: World) -> None:
    """Whoever reaches the index by another name is led to that name, although the page is made once."""
    links = [
        json.loads(page(stage, PAGE, host=host))["files"][0]["provenance"]
        for host in ("a.example", "b.example:8443", "a.example", "no host")
    ]

    assert links == [
        f"http://a.example{PATH}",
        f"http://b.example:8443{PATH}",
        f"http://a.example{PATH}",
        f"../..{PATH}",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text().filter(lambda text: text.isprintable()))
def test_only_links_of_the_index_are_completed(text: str) -> None:
    """Whatever an uploader writes on a page, every reader reads the same text, and the link under his own address."""
    file = PageFile(
        filename=text, url="x", sha256="0", requires_python=text, yanked=text, provenance="/y"
    )
    page = Page(name=ProjectName("widget"), files=[file])

    (shown,) = json.loads(render_json(page, "https://a.example"))["files"]
    assert (shown["filename"], shown["provenance"]) == (text, "https://a.example/y")
    assert render_html(page, "https://a.example").count(b' data-provenance="') == 1
    assert json.loads(render_json(page))["files"][0]["provenance"] == "../../y"


def test_the_description_tells_who_built_it(stage: World) -> None:
    """The project's JSON names repository, workflow, commit and log entry of what was proved."""
    described: Any = stage.client.get("/pypi/widget/json").json()
    told = {one["filename"]: one["provenance"] for one in described["urls"]}
    proved = told[FILENAME]

    assert told["widget-1.0.tar.gz"] is None
    assert proved["url"] == f"http://testserver{PATH}"
    assert (proved["publisher"]["repository"], proved["publisher"]["workflow"]) == (
        "octo/widget",
        "release.yml",
    )
    (one,) = proved["attestations"]
    assert (one["commit"], one["ref"]) == (SHA, "refs/tags/v1.0")
    assert one["log_index"] > 0


def test_what_was_only_stored_is_shown_to_nobody(tmp_path: Path) -> None:
    """Attestations that nobody verified are no provenance."""
    with attesting(tmp_path, policy=Attestations.STORE_UNVERIFIED) as opened:
        assert send(opened, {"version": 1}).status_code == 200
        link = json.loads(page(opened, PAGE))["files"][0]["provenance"]

        assert (link, opened.client.get(PATH).status_code) == (None, 404)


def test_a_second_upload_adds_nothing(tmp_path: Path) -> None:
    """What is published never changes: neither does it get provenance later, nor lose it."""
    with attesting(tmp_path) as opened:
        first = opened.upload(OFFER, token=mint(opened))
        again = send(opened, attest())

        assert (first.status_code, again.status_code) == (200, 200)
        assert opened.client.get(PATH).status_code == 404

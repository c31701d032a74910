"""Descriptions of projects of the index behind ours: by its page and verified metadata, under our rules."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.foreign_json import ForeignRelease, foreign_json, foreign_release
from bonded.index.policies import Cooldown, Names
from bonded.index.simple import Page, PageFile, to_json
from index_world import NOW, core_metadata
from upstream_world import HELPER, JSON, SHA256, Other, behind, page

METADATA = core_metadata("Helper", "1.0", "Summary: Helps\nRequires-Dist: idna\nKeywords: a, b\n")
BESIDE = {"sha256": hashlib.sha256(METADATA).hexdigest()}
DESCRIPTION = "/pypi/helper/json"
ORIGIN = "http://testserver"


def file(filename: str, version: str, **bent: Any) -> PageFile:
    """Return a file of a page."""
    return PageFile(
        filename=filename, url="../../upstream/x", sha256="0" * 64, version=version, **bent
    )


def listing(*files: dict[str, Any]) -> tuple[str, str]:
    """Return a page with these files; each has a digest and an address."""
    usual = {"url": "/f", "hashes": {"sha256": SHA256}}
    document = {"meta": {"api-version": "1.1"}, "files": [{**usual, **one} for one in files]}
    return json.dumps(document), JSON["accept"]


def test_a_project_is_described_by_its_page_and_metadata(other: Other, tmp_path: Path) -> None:
    """Its files are addressed through us, its metadata is verified, and nothing else is asked for."""
    other.pages["helper"] = page(core_metadata=BESIDE, requires_python=">=3.9", size=7)
    other.data = METADATA
    with behind(other, tmp_path) as stage:
        answer = stage.client.get(DESCRIPTION)
        again = stage.client.get(DESCRIPTION, headers={"if-none-match": answer.headers["etag"]})
        release = stage.client.get("/pypi/helper/1.0.0/json").json()
    said = answer.json()
    (found,) = said["urls"]

    assert (answer.status_code, again.status_code) == (200, 304)
    assert answer.headers["content-type"] == "application/json"
    assert (said["info"]["name"], said["info"]["version"]) == ("Helper", "1.0")
    assert (said["info"]["summary"], said["info"]["requires_dist"]) == ("Helps", ["idna"])
    assert said["info"]["keywords"] == "a,b"
    assert said["info"]["requires_python"] == ">=3.9"
    assert found["url"] == f"{ORIGIN}/upstream/helper/{SHA256}/{found['filename']}"
    assert (found["digests"], found["size"], found["yanked"]) == ({"sha256": SHA256}, 7, False)
    assert (found["packagetype"], found["python_version"]) == ("bdist_wheel", "py3")
    assert said["releases"] == {"1.0": [found]}
    assert "vulnerabilities" not in said
    assert "releases" not in release
    assert release["urls"] == [found]
    assert [path for path, _ in other.asked] == [
        "/simple/helper/",
        "/files/helper-1.0-py3-none-any.whl.metadata",
    ]


def test_without_metadata_the_page_is_all_there_is(other: Other, tmp_path: Path) -> None:
    """Nothing is made up: what nobody can know is null."""
    with behind(other, tmp_path) as stage:
        said = stage.client.get(DESCRIPTION).json()

    assert (said["info"]["name"], said["info"]["version"]) == ("helper", "1.0")
    assert (said["info"]["summary"], said["info"]["requires_dist"]) == (None, None)


def test_wrong_metadata_describes_nothing(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Other bytes than the page promises are a failure, as for installers."""
    other.pages["helper"] = page(core_metadata=BESIDE)
    other.data = b"Name: evil\n"
    with behind(other, tmp_path) as stage:
        answer = stage.client.get(DESCRIPTION)

    assert answer.status_code == 502
    assert "evil" not in answer.text
    assert "expected sha256" in caplog.text


def test_what_is_ours_is_never_described_from_elsewhere(other: Other, tmp_path: Path) -> None:
    """Own names, reserved ones, and those of projects that are here: 404 or our own description, nothing asked."""
    for name in ("secret", "acme-x", "greeter"):
        other.pages[name] = page(name)
    names = Names(own=frozenset({ProjectName("secret")}), reserved=frozenset({"acme-"}))
    with behind(other, tmp_path, names=names) as stage:
        statuses = [
            stage.client.get(f"/pypi/{name}{version}/json").status_code
            for name in ("secret", "acme-x", "greeter")
            for version in ("", "/1.0")
        ]

    assert statuses == [404] * 6
    assert other.asked == []


@pytest.mark.parametrize(
    "path", ["/pypi/none/json", "/pypi/helper/2.0/json", "/pypi/helper/x/json"]
)
def test_what_is_not_there_is_not_described(other: Other, tmp_path: Path, path: str) -> None:
    """No such project, no such release, no version at all."""
    with behind(other, tmp_path) as stage:
        assert stage.client.get(path).status_code == 404


def test_a_silent_index_is_no_absence(other: Other, tmp_path: Path) -> None:
    """Where nothing is kept, the failure is passed on as one."""
    other.status = 500
    with behind(other, tmp_path) as stage:
        assert stage.client.get(DESCRIPTION).status_code == 502


def test_what_is_held_back_is_not_described(other: Other, tmp_path: Path) -> None:
    """A release that is too young is nowhere in it, and the one before is described as the latest."""
    days = {"1.0": "2026-01-01T00:00:00Z", "2.0": "2027-01-14T00:00:00Z"}
    other.pages["helper"] = listing(
        *({"filename": f"helper-{one}.tar.gz", "upload-time": day} for one, day in days.items())
    )
    cooldown = Cooldown(min_age=7 * 86_400, trusted_dates=True)
    with behind(other, tmp_path, cooldown=cooldown) as stage:
        early = stage.client.get(DESCRIPTION).json()
        young = stage.client.get("/pypi/helper/2.0/json").status_code
        stage.clock.now = NOW + 7 * 86_400
        late = stage.client.get(DESCRIPTION).json()

    assert (early["info"]["version"], list(early["releases"]), young) == ("1.0", ["1.0"], 404)
    assert (late["info"]["version"], sorted(late["releases"])) == ("2.0", ["1.0", "2.0"])
    assert early["urls"][0]["upload_time"] == "2026-01-01T00:00:00"


def test_a_quarantined_project_is_not_described(other: Other, tmp_path: Path) -> None:
    """As one of our own is not."""
    body, kind = page()
    document = json.loads(body) | {"project-status": {"status": "quarantined"}}
    other.pages["helper"] = json.dumps(document), kind
    with behind(other, tmp_path) as stage:
        assert stage.client.get(DESCRIPTION).status_code == 404


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ([file("a-1.0.tar.gz", "1.0"), file("a-2.0rc1.tar.gz", "2.0rc1")], "1.0"),
        ([file("a-1.0.tar.gz", "1.0"), file("a-2.0.tar.gz", "2.0", yanked="")], "1.0"),
        ([file("a-1.0.tar.gz", "1.0", yanked="bad")], "1.0"),
        ([file("a-1.10.tar.gz", "1.10"), file("a-1.9.tar.gz", "1.9")], "1.10"),
        ([file("odd", "")], None),
        ([], None),
    ],
)
def test_the_latest_release_is_described(files: list[PageFile], version: str | None) -> None:
    """As for projects of our own: the highest that is final and not yanked, then what else there is."""
    found = foreign_release(Page(name=HELPER, files=files), None)

    assert (found.version if found else None) == version


def test_metadata_comes_from_a_wheel_first() -> None:
    """It is what installers read; a source's may be unfinished."""
    files = [
        file("a-1.0.tar.gz", "1.0", core_metadata="1" * 64),
        file("a-1.0-py3-none-any.whl", "1.0", core_metadata="2" * 64, yanked="bad"),
    ]
    whole = foreign_release(Page(name=HELPER, files=files), None)
    source = foreign_release(Page(name=HELPER, files=files[:1]), "1")

    assert whole is not None
    assert source is not None
    assert (whole.described_by, source.described_by) == (files[1], files[0])


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_any_metadata_is_described(data: bytes) -> None:
    """Whatever stands beside a file, there is a description, or one without what cannot be read."""
    release = ForeignRelease(version="1.0", files=[file("a-1.0.tar.gz", "1.0")], described_by=None)
    found = Page(name=HELPER, files=release.files)
    for raw in (data, b"Metadata-Version: 2.1\nName: " + data):
        assert json.loads(to_json(foreign_json(found, release, raw, "", whole=True)))["info"]

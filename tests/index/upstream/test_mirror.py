"""An index behind ours: what is fetched, kept, shown and refused, through the web of ours."""

import hashlib
import json
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.index.policies import Names
from index_world import serving, world
from upstream_world import (
    DATA,
    HELPER,
    JSON,
    NAME,
    SHA256,
    Other,
    at,
    behind,
    mirrored,
    named,
    page,
)

HTML_PAGE = (
    (
        f'<base href="/base/"><a>no</a><a name="x" href="{NAME}#sha256={SHA256}" data-requires-python="&gt;=3"'
        f' data-yanked data-core-metadata="sha256={SHA256}">x</a><a href="http://[bad">x</a><a href="b.whl">no hash</a>'
    ),
    "text/html",
)


def test_a_name_that_is_not_ours_comes_from_the_other_index(other: Other, tmp_path: Path) -> None:
    """Its page is shown with its files addressed through us, and the file comes with the right bytes."""
    with behind(other, tmp_path) as stage:
        shown = stage.client.get("/simple/helper/", headers=JSON).json()
        (file,) = shown["files"]
        fetched = stage.client.get(f"/simple/helper/{file['url']}")

    assert file["url"] == f"../../upstream/helper/{SHA256}/{NAME}"
    assert (fetched.status_code, fetched.content) == (200, DATA)
    assert shown["versions"] == ["1" * 5000, "x", "1.0"]
    assert "x-pypi-last-serial" not in fetched.headers


def test_a_file_is_fetched_once(other: Other, tmp_path: Path) -> None:
    """A second request is answered from the folder, and so is a page that is fresh."""
    with behind(other, tmp_path) as stage:
        for _ in range(2):
            stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")

    assert [path for path, _ in other.asked] == ["/simple/helper/", f"/files/{NAME}"]


def test_html_is_read_as_well(other: Other, tmp_path: Path) -> None:
    """An index without JSON is read by its links, under its base; links without a digest are left out."""
    other.pages["helper"] = HTML_PAGE
    with behind(other, tmp_path) as stage:
        (file,) = stage.client.get("/simple/helper/", headers=JSON).json()["files"]
        stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")

    assert (file["requires-python"], file["yanked"]) == (">=3", True)
    assert file["core-metadata"] == {"sha256": SHA256}
    assert other.asked[-1][0] == f"/base/{NAME}"


def test_an_own_name_is_never_looked_up(other: Other, tmp_path: Path) -> None:
    """What is ours, by setting or because the project is here, is never asked for elsewhere: not by any address."""
    for name in ("greeter", "secret"):
        other.pages[name] = page()
    with behind(other, tmp_path, names=Names(own=frozenset({ProjectName("secret")}))) as stage:
        addresses = [
            path.format(name=name)
            for name in ("greeter", "secret")
            for path in (
                "/simple/{name}/",
                "/pypi/{name}/json",
                "/pypi/{name}/1.0/json",
                f"/upstream/{{name}}/{SHA256}/{NAME}",
                f"/upstream/{{name}}/{SHA256}/{NAME}.metadata",
                f"/upstream/{{name}}/{SHA256}/{NAME}".replace("{name}", "{name}."),
            )
        ]
        statuses = {path: stage.client.get(path).status_code for path in addresses}

    assert other.asked == []
    assert statuses.pop("/simple/greeter/") == 200
    assert set(statuses.values()) == {404}


@pytest.mark.parametrize("data", [b"", DATA + b"!"])
def test_the_wrong_bytes_reach_nobody(
    other: Other, tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is not what its page says is refused, and not kept; the right one is taken later."""
    other.data = data
    with behind(other, tmp_path) as stage:
        wrong = stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
        left = [path for path in (tmp_path / "upstream" / "files").rglob("*") if path.is_file()]
        other.data = DATA
        right = stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")

    assert (wrong.status_code, left) == (502, [])
    assert "expected sha256" in caplog.text
    assert right.content == DATA


def test_metadata_is_verified_by_its_own_digest(other: Other, tmp_path: Path) -> None:
    """`.metadata` is served where the page gives its digest, and only the right bytes."""
    other.pages["helper"] = page(core_metadata={"sha256": hashlib.sha256(b"M").hexdigest()})
    address = f"/upstream/helper/{SHA256}/{NAME}.metadata"
    with behind(other, tmp_path) as stage:
        other.data = b"N"
        wrong = stage.client.get(address)
        other.data = b"M"
        right = stage.client.get(address)

    assert (wrong.status_code, right.content) == (502, b"M")
    assert other.asked[-1][0] == f"/files/{NAME}.metadata"


@pytest.mark.parametrize(
    "address", [f"{SHA256}/other.whl", f"{'0' * 64}/{NAME}", f"{SHA256}/{NAME}.metadata"]
)
def test_only_files_of_the_page_are_there(other: Other, tmp_path: Path, address: str) -> None:
    """An address that the page does not give is answered 404, and nothing is fetched for it."""
    with behind(other, tmp_path) as stage:
        assert stage.client.get(f"/upstream/helper/{address}").status_code == 404
        assert stage.client.get(f"/upstream/nobody/{SHA256}/{NAME}").status_code == 404

    assert {path for path, _ in other.asked} == {"/simple/helper/", "/simple/nobody/"}


def test_a_stale_page_is_asked_for_again(other: Other, tmp_path: Path) -> None:
    """After its time a page is revalidated by its ETag, and replaced when it has changed."""
    with behind(other, tmp_path, fresh=10.0) as stage:
        stage.client.get("/simple/helper/")
        stage.clock.now += 10
        same = stage.client.get("/simple/helper/", headers=JSON).json()
        stage.clock.now += 10
        other.etag, other.pages["helper"] = '"two"', page(yanked="broken")
        changed = stage.client.get("/simple/helper/", headers=JSON).json()

    assert len(other.asked) == 3
    assert (same["files"][0]["yanked"], changed["files"][0]["yanked"]) == (False, "broken")


def test_what_is_kept_serves_while_the_other_index_is_down(other: Other, tmp_path: Path) -> None:
    """A page and a file that were fetched once are served when the other index fails, even by the next process."""
    with (
        serving(other.app()) as address,
        world(tmp_path, upstream=at(f"{address}/simple/")) as stage,
    ):
        stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
    with world(tmp_path, upstream=at(f"{address}/simple/")) as stage:
        stage.clock.now += 10_000

        assert stage.client.get("/simple/helper/").status_code == 200
        assert stage.client.get(f"/upstream/helper/{SHA256}/{NAME}").content == DATA


def test_pages_of_two_indexes_are_two(other: Other, tmp_path: Path) -> None:
    """A cache that is shared never shows one index's page as another's."""
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
    with behind(Other(), tmp_path) as stage:
        assert stage.client.get("/simple/helper/").status_code == 404


@pytest.mark.parametrize("bend", [500, 403, "text", '{"files": 1}', "[" * 100_000])
def test_a_failure_is_never_a_no(other: Other, tmp_path: Path, bend: int | str) -> None:
    """Whatever is no page and no 404 is a failure of the other index, and said to be one."""
    if isinstance(bend, int):
        other.status = bend
    else:
        other.pages["helper"] = (bend, "application/json")
    with behind(other, tmp_path) as stage:
        response = stage.client.get("/simple/helper/")

    assert response.status_code == 502
    assert "failed to show 'helper'" in response.text


def test_what_the_other_index_does_not_have_is_404(other: Other, tmp_path: Path) -> None:
    """Its 404 is ours."""
    with behind(other, tmp_path) as stage:
        assert stage.client.get("/simple/nobody/").status_code == 404


def test_offline_serves_only_what_is_kept(other: Other, tmp_path: Path) -> None:
    """Offline nothing is asked; what was fetched before is there, the rest is a clear failure."""
    other.pages["more"] = page("more")
    other.pages["late"] = page("late", hashes={"sha256": "1" * 64})
    with serving(other.app()) as address:
        with world(tmp_path, upstream=at(f"{address}/simple/")) as stage:
            stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
            stage.client.get("/simple/late/")
        before = len(other.asked)
    with world(tmp_path, upstream=at(f"{address}/simple/", offline=True)) as stage:
        stage.clock.now += 10_000
        kept = stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
        missing = stage.client.get("/simple/more/")
        file = stage.client.get(f"/upstream/late/{'1' * 64}/{named('late')}")

    assert (kept.content, missing.status_code, file.status_code) == (DATA, 502, 502)
    assert "offline" in missing.text
    assert "offline" in file.text
    assert len(other.asked) == before


def test_a_damaged_cache_was_never_kept(other: Other, tmp_path: Path) -> None:
    """A page file that cannot be read is fetched anew."""
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
        (kept,) = (tmp_path / "upstream" / "pages").rglob("helper.json")
        kept.write_text("{")
    with behind(other, tmp_path) as stage:
        assert stage.client.get("/simple/helper/").status_code == 200


@pytest.mark.parametrize("offline", [False, True])
def test_a_wrong_file_in_the_cache_is_never_served(
    other: Other, tmp_path: Path, *, offline: bool
) -> None:
    """Wrong bytes under the right name are dropped by the next process, and fetched anew where that is allowed."""
    address = f"/upstream/helper/{SHA256}/{NAME}"
    kept = tmp_path / "upstream" / "files" / SHA256[:2] / SHA256[2:]
    with serving(other.app()) as url:
        with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
            stage.client.get(address)
        kept.write_bytes(b"evil")
        with world(tmp_path, upstream=at(f"{url}/simple/", offline=offline)) as stage:
            response = stage.client.get(address)

    assert b"evil" not in response.content
    assert (response.status_code, kept.exists()) == ((502, False) if offline else (200, True))
    assert offline or response.content == DATA


def test_a_kept_file_is_hashed_once(other: Other, tmp_path: Path) -> None:
    """What a process has verified it does not read again, and what is gone it fetches again."""
    address = f"/upstream/helper/{SHA256}/{NAME}"
    kept = tmp_path / "upstream" / "files" / SHA256[:2] / SHA256[2:]
    with serving(other.app()) as url:
        for _ in range(2):
            with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
                contents = [stage.client.get(address).content for _ in range(2)]
                assert contents == [DATA, DATA]
        with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
            stage.client.get(address)
            kept.unlink()
            assert stage.client.get(address).content == DATA

    assert [path for path, _ in other.asked].count(f"/files/{NAME}") == 2


@pytest.mark.parametrize(
    "bend",
    [
        {"checked": 9e18},
        {"checked": float("nan")},
        {"checked": float("inf")},
        {"checked": "soon"},
        {"asked": "https://elsewhere.example/simple/helper/"},
        {"asked": None},
        {"body": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("offline", [False, True])
def test_a_forged_page_in_the_cache_is_never_served(
    other: Other, tmp_path: Path, bend: dict[str, object], *, offline: bool
) -> None:
    """A page from the future, or one of another address, is no page: not with a true ETag, and not offline."""
    forged = page(yanked="forged")[0]
    with serving(other.app()) as url:
        with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
            stage.client.get("/simple/helper/")
        (kept,) = (tmp_path / "upstream" / "pages").rglob("helper.json")
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {"body": forged} | bend))
        with world(tmp_path, upstream=at(f"{url}/simple/", offline=offline)) as stage:
            shown = stage.client.get("/simple/helper/", headers=JSON)

    assert shown.status_code == (502 if offline else 200)
    assert "forged" not in shown.text


def test_a_clock_that_goes_back_makes_pages_stale(other: Other, tmp_path: Path) -> None:
    """A page that was checked later than now is asked for again."""
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
        stage.clock.now -= 10
        stage.client.get("/simple/helper/")

    assert len(other.asked) == 2


def test_credentials_go_to_their_host_and_nowhere_else(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A user name and a password in the address are sent as such, and stand in no page, message, log or cache."""
    elsewhere = Other()
    caplog.set_level("DEBUG")
    with serving(elsewhere.app()) as address:
        other.pages["away"] = page("away", url=f"{address}/a/{NAME}")
        with behind(other, tmp_path, user="me:hunter2@") as stage:
            told = stage.client.get("/simple/helper/").text
            stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
            assert [bool(authorization) for _, authorization in other.asked] == [True, True]
            (tmp_path / "upstream" / "files" / SHA256[:2] / SHA256[2:]).unlink()
            stage.client.get(f"/upstream/away/{SHA256}/{named('away')}")
            other.status = 500
            told += stage.client.get("/simple/broken/").text

    assert elsewhere.asked == [(f"/a/{NAME}", "")]
    cached = b"".join(path.read_bytes() for path in (tmp_path / "upstream").rglob("*.json"))
    assert "hunter2" not in told + caplog.text + cached.decode()


def test_a_file_that_cannot_be_fetched_is_a_failure(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that the other index shows and does not send is a failure, not a missing file."""
    other.pages["gone"] = page("gone", url="http://127.0.0.1:9/x.whl")
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
        other.status = 404
        refused = stage.client.get(f"/upstream/helper/{SHA256}/{NAME}")
        other.status = 200
        unreachable = stage.client.get(f"/upstream/gone/{SHA256}/{named('gone')}")

    assert (refused.status_code, unreachable.status_code) == (502, 502)
    assert "there is no connection" in caplog.text


def test_the_same_page_is_the_same_object(other: Other, tmp_path: Path) -> None:
    """Whoever renders pages need not do it again while nothing changes, through a revalidation too."""
    with serving(other.app()) as url, mirrored(f"{url}/simple/", tmp_path) as (mirror, clock):
        first = mirror.page(HELPER).result(10)
        clock.now += 10_000
        second = mirror.page(HELPER).result(10)
        other.pages["helper"], other.etag = page(yanked=True), '"two"'
        clock.now += 10_000
        third = mirror.page(HELPER).result(10)
        # Who comes when another has just renewed it asks nobody.
        shown = mirror._renewed(HELPER)
        assert shown is not None
        assert shown.page is third

    assert first is second
    assert third is not first
    assert len(other.asked) == 3

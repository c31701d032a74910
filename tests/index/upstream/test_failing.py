"""The index behind ours at its worst: gone, silent, refusing, wrong, and asked by many at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError
from bonded.index.upstream import mirror as mirror_module
from bonded.index.upstream import pages as pages_module
from bonded.index.upstream.settings import UpstreamSettings
from index_world import serving, world
from upstream_world import DATA, FILE, HELPER, JSON, NAME, Other, behind, mirrored, page


def test_a_project_that_is_gone_is_forgotten(other: Other, tmp_path: Path) -> None:
    """What the other index takes away is not shown again when it is down, nor are its files served."""
    with behind(other, tmp_path) as stage:
        stage.client.get(FILE)
        stage.clock.now += 10_000
        kept = other.pages.pop("helper")
        gone = stage.client.get("/simple/helper/"), stage.client.get(FILE)
        stage.clock.now += 10
        other.status = 500
        down = stage.client.get("/simple/helper/")
        other.status, other.pages["helper"] = 200, kept
        back = stage.client.get("/simple/helper/")

    assert [one.status_code for one in (*gone, down, back)] == [404, 404, 502, 200]


def test_the_log_names_the_setting_for_a_private_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Strangers hear that it failed, the owner which setting is missing."""
    with world(tmp_path, upstream=UpstreamSettings(url="https://127.0.0.1:9/simple/")) as stage:
        answer = stage.client.get("/simple/helper/")

    assert answer.status_code == 502
    assert "'private-network = true' in [upstream] allows it" in caplog.text
    assert "private-network" not in answer.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_not_hidden_by_what_is_kept(
    other: Other, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is not let in any more hears of it at once: not a page of before, and no 404."""
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
        stage.clock.now += 10_000
        other.status = status
        answers = [stage.client.get(path) for path in ("/simple/helper/", FILE)]

    assert [one.status_code for one in answers] == [502, 502]
    assert "refuses us" in caplog.text
    assert f"({status})" in caplog.text


def test_what_is_kept_serves_for_so_long(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A page serves while the other index is down up to a bound, and the log says so."""
    with behind(other, tmp_path, stale=1000.0) as stage:
        stage.client.get("/simple/helper/")
        other.status = 503
        stage.clock.now += 1000
        stale = stage.client.get("/simple/helper/")
        stage.clock.now += 1
        too_old = stage.client.get("/simple/helper/")

    assert (stale.status_code, too_old.status_code) == (200, 502)
    assert "its page of 1000 s ago is served" in caplog.text
    assert "kept for too long" in caplog.text


def test_a_failing_server_is_left_alone_for_a_moment(other: Other, tmp_path: Path) -> None:
    """Readers who come while a kept page serves do not make it worse, and one line is in the log."""
    with serving(other.app()) as url, mirrored(f"{url}/simple/", tmp_path) as (mirror, clock):
        mirror.page(HELPER).result(10)
        other.status = 503
        clock.now += 10_000
        pages = [mirror.page(HELPER).result(10) for _ in range(5)]
        asked = len(other.asked)
        clock.now += 15
        mirror.page(HELPER).result(10)

    assert asked == 2
    assert len(other.asked) == 3
    assert pages[0] is pages[4] is not None


def never(*_: object) -> object:
    """Ask where nothing should be asked."""
    raise AssertionError


def test_a_silent_server_is_not_asked_at_every_turn(
    other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After no connection nothing is asked for a while: what is kept is served, and the rest fails at once."""
    with ExitStack() as stack:
        server = ExitStack()
        url = server.enter_context(serving(other.app()))
        mirror, clock = stack.enter_context(mirrored(f"{url}/simple/", tmp_path))
        mirror.page(HELPER).result(10)
        server.close()
        clock.now += 10_000
        assert mirror.page(HELPER).result(10) is not None
        clock.now += 1
        assert mirror.page(HELPER).result(10) is not None
        assert mirror._pauses.silent(clock.now)
        monkeypatch.setattr(mirror._asking, "page", never)
        with pytest.raises(RemoteError, match="failed to show"):
            mirror.page(ProjectName("other"))
        monkeypatch.undo()
        clock.now += 100
        assert mirror.page(HELPER).result(10) is not None
        assert mirror._pauses.silent(clock.now)


@pytest.mark.parametrize(
    "bend",
    [
        ("<html><form action='/login'></form></html>", "text/html"),
        ("<html>Bad gateway</html>", "text/html"),
        (page("other")[0].replace('"versions"', '"name": "other", "versions"'), page()[1]),
        (page()[0], "text/plain"),
        (page()[0][:-5], page()[1]),
        ("", page()[1]),
        ("", ""),
    ],
    ids=["login", "error", "other", "type", "cut", "empty", "nothing"],
)
def test_what_is_no_page_is_a_failure(other: Other, tmp_path: Path, bend: tuple[str, str]) -> None:
    """Neither new nor over a kept page does a wrong body become a project without files."""
    good, other.pages["helper"], other.etag = other.pages["helper"], bend, '"bent"'
    with behind(other, tmp_path) as stage:
        new = stage.client.get("/simple/helper/")
        other.pages["helper"] = good
        stage.client.get("/simple/helper/")
        stage.clock.now += 10_000
        other.pages["helper"], other.etag = bend, '"three"'
        old = stage.client.get("/simple/helper/", headers=JSON)

    assert new.status_code == 502
    assert [file["filename"] for file in old.json()["files"]] == [NAME]


def test_a_file_that_is_larger_than_its_page_says_is_cut_off(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the page gives a size, not a byte more is read."""
    other.pages["helper"] = page(size=len(DATA) - 1)
    with behind(other, tmp_path) as stage:
        response = stage.client.get(FILE)

    assert response.status_code == 502
    assert "larger than" in caplog.text


def test_many_readers_ask_once(other: Other, tmp_path: Path) -> None:
    """Installers that come together cost the other index one page and one file."""
    with behind(other, tmp_path) as stage, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stage.client.get(FILE).content, range(24)))

    assert set(answers) == {DATA}
    assert [path for path, _ in other.asked].count(f"/files/{NAME}") == 1
    assert [path for path, _ in other.asked].count("/simple/helper/") == 1


def test_an_emptied_cache_is_filled_again(other: Other, tmp_path: Path) -> None:
    """The folder of pages may be emptied while the index runs."""
    with behind(other, tmp_path) as stage:
        stage.client.get("/simple/helper/")
        for kept in (tmp_path / "upstream" / "pages").rglob("*.json"):
            kept.unlink()
        stage.clock.now += 10_000
        assert stage.client.get("/simple/helper/").status_code == 200

    assert [kept.name for kept in (tmp_path / "upstream").rglob("pages/*/*")] == ["helper.json"]


def test_what_is_at_hand_is_bounded(
    other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that nobody asks for leave memory, by number and by their files."""
    for name in ("one", "two", "three"):
        other.pages[name] = page(name)
    monkeypatch.setattr(mirror_module, "_AT_HAND", 2)
    monkeypatch.setattr(pages_module, "_FILES_AT_HAND", 2)
    with serving(other.app()) as url, mirrored(f"{url}/simple/", tmp_path) as (mirror, _):
        for name in ("one", "two", "three"):
            mirror.page(ProjectName(name)).result(10)
        assert list(mirror._pages._at_hand) == list(mirror._shown) == ["two", "three"]
        monkeypatch.setattr(pages_module, "_FILES_AT_HAND", 0)
        mirror.page(ProjectName("one")).result(10)
        assert list(mirror._pages._at_hand) == ["one"]
        mirror._pages.drop(ProjectName("nobody"))

"""A silent index behind ours, and strangers who ask for it: our own work goes on, and nobody learns where it is."""

import hashlib
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError
from bonded.index.configuration.health import HealthTable
from bonded.index.errands import Busy
from bonded.index.running.logs import REQUEST_ID
from bonded.index.simple import iso_time
from bonded.index.upstream import mirror as mirror_module
from bonded.index.watching import Clocks, watch
from index_world import NOW, serving, wheel_offer, world
from upstream_world import DATA, FILE, HELPER, NAME, SHA256, Other, at, behind, mirrored, page

STRANGERS = 60
"""More than the threads by which an index answers."""


class Hole:
    """A server that takes every question and answers none."""

    def __init__(self, listening: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/simple/"
        self._listening = listening
        self._taken: list[socket.socket] = []

    def take(self, count: int) -> None:
        """Wait until so many questions hang."""
        for _ in range(count):
            self._taken.append(self._listening.accept()[0])

    def close(self) -> None:
        """Let go of everybody, so that nothing hangs after a test."""
        self._listening.close()
        for one in self._taken:
            one.close()


@contextmanager
def hole() -> Iterator[Hole]:
    """Open a silent server."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        listening.settimeout(20)
        made = Hole(listening)
        try:
            yield made
        finally:
            made.close()


def send(address: str, path: str) -> socket.socket:
    """Ask as a stranger does who does not wait for the answer."""
    parts = urlsplit(address)
    asking = socket.create_connection((str(parts.hostname), int(parts.port or 0)), 20)
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return asking


def test_own_names_do_not_wait_for_a_silent_index(tmp_path: Path) -> None:
    """While everybody who asks the other index hangs, pages, JSON and uploads of ours are answered."""
    with ExitStack() as stack:
        silent = stack.enter_context(hole())
        stage = stack.enter_context(world(tmp_path, upstream=at(silent.url)))
        assert stage.upload(wheel_offer()).status_code == 200
        ours = stack.enter_context(serving(stage.client.app))
        stack.callback(silent.close)  # before the server ends, which waits for its answers
        for number in range(STRANGERS):
            stack.enter_context(send(ours, f"/simple/zz{number}/"))
        silent.take(8)
        with httpx2.Client(base_url=ours, timeout=10) as client:
            answers = [
                client.get(path).status_code
                for path in ("/simple/greeter/", "/pypi/greeter/json", "/pypi/greeter/1.0/json")
            ]
            body, kind = wheel_offer(version="2.0").body()
            headers = {"content-type": kind, "authorization": f"Bearer {stage.token}"}
            answers.append(client.post("/legacy/", content=body, headers=headers).status_code)

    assert answers == [200, 200, 200, 200]


def test_who_comes_when_all_places_are_taken_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is bounded; the answer beyond it is 503 with Retry-After, at once, and never 404."""
    monkeypatch.setattr(mirror_module, "_AT_ONCE", 2)
    monkeypatch.setattr(mirror_module, "_WAITING", 0)
    with ExitStack() as stack:
        silent = stack.enter_context(hole())
        stage = stack.enter_context(world(tmp_path, upstream=at(silent.url)))
        ours = stack.enter_context(serving(stage.client.app))
        stack.callback(silent.close)
        for number in range(2):
            stack.enter_context(send(ours, f"/simple/zz{number}/"))
        silent.take(2)
        refused = httpx2.get(f"{ours}/simple/zz9/", timeout=10)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


def test_what_is_kept_serves_when_all_places_are_taken(
    other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale page is better than none, and what is not kept is refused."""
    monkeypatch.setattr(mirror_module, "_WAITING", 0)
    with serving(other.app()) as url, mirrored(f"{url}/simple/", tmp_path) as (mirror, clock):
        kept = mirror.page(HELPER).result(10)
        monkeypatch.setattr(mirror._page_errands, "_at_once", 0)
        clock.now += 10_000
        assert mirror.page(HELPER).result(0) is kept
        with pytest.raises(Busy):
            mirror.page(ProjectName("other"))

    assert len(other.asked) == 1


def test_silence_holds_for_names_that_are_not_kept(other: Other, tmp_path: Path) -> None:
    """In the pause after silence nothing is asked; the answer is a failure and no 404."""
    with ExitStack() as stack:
        server = ExitStack()
        stack.enter_context(server)
        url = server.enter_context(serving(other.app()))
        stage = stack.enter_context(world(tmp_path, upstream=at(f"{url}/simple/")))
        server.close()
        statuses = [stage.client.get("/simple/zz1/").status_code]
        port = urlsplit(url).port
        with socket.create_server(("127.0.0.1", port or 0)) as listening:
            listening.settimeout(0)
            statuses += [stage.client.get(f"/simple/zz{n}/").status_code for n in range(2, 9)]
            with pytest.raises(BlockingIOError):
                listening.accept()

    assert set(statuses) == {502}


def test_the_log_says_of_each_name_why_it_was_not_asked(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once in a pause, with the id of the request, until when and because of what; a flood does not fill it."""
    with serving(other.app()) as url:
        pass
    said: list[tuple[str, str]] = []

    def heard(record: logging.LogRecord) -> bool:
        said.append((REQUEST_ID.get(), record.getMessage()))
        return True

    caplog.handler.addFilter(heard)
    with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
        app = watch(
            stage.index,
            tmp_path,
            health=HealthTable(min_free=1),
            clocks=Clocks(stage.clock, stage.clock),
            entropy=lambda size: b"\xab" * size,
        ).app
        client = TestClient(app)
        told = [client.get(f"/simple/{name}/") for name in ("attrs", "requests", "requests")]

    ids = [answer.headers["x-request-id"] for answer in told]
    lines = [(request, line) for request, line in said if "failed to show" in line]
    assert {answer.status_code for answer in told} == {502}
    assert [request for request, _ in lines] == ids[:2]
    first, second = (line for _, line in lines)
    cause = first.partition("'attrs': ")[2]
    assert "there is no connection" in cause
    assert second.endswith(
        f"'requests': it was not asked: paused until {iso_time(int(NOW) + 15)}, because {cause}"
    )


def test_who_waits_in_the_queue_when_silence_comes_is_answered(tmp_path: Path) -> None:
    """Whoever waited for a turn does not hang in his turn."""
    with hole() as silent, mirrored(silent.url, tmp_path) as (mirror, clock):
        mirror._pauses.silence(clock.now, "it slept")
        with pytest.raises(RemoteError, match="failed to show"):
            mirror._renewed(HELPER)


def test_an_honest_no_is_remembered_for_a_moment(other: Other, tmp_path: Path) -> None:
    """Who asks for the same missing name again and again costs the other index one question in some seconds."""
    with behind(other, tmp_path) as stage:
        first = [stage.client.get("/simple/nobody/").status_code for _ in range(5)]
        asked = len(other.asked)
        stage.clock.now += 5
        other.pages["nobody"] = page("nobody")
        later = stage.client.get("/simple/nobody/").status_code

    assert (first, asked, later) == ([404] * 5, 1, 200)


@pytest.mark.parametrize("size", [None, len(DATA)])
def test_a_file_is_bounded_by_the_settings(other: Other, tmp_path: Path, size: int | None) -> None:
    """Whether its page gives a size or not, a file of more bytes than are allowed is refused and not kept."""
    other.pages["helper"] = page() if size is None else page(size=size)
    with behind(other, tmp_path, max_file=len(DATA) - 1) as stage:
        answer = stage.client.get(FILE)
        left = [path for path in (tmp_path / "upstream" / "files").rglob("*") if path.is_file()]

    assert (answer.status_code, left) == (502, [])
    assert [path for path, _ in other.asked].count(f"/files/{NAME}") == (1 if size is None else 0)


def test_metadata_is_small_enough_for_any_bound(other: Other, tmp_path: Path) -> None:
    """The metadata beside a file is served where files may be smaller than the most that metadata may have."""
    digest = hashlib.sha256(b"M").hexdigest()
    other.pages["helper"], other.data = page(core_metadata={"sha256": digest}), b"M"
    with behind(other, tmp_path, max_file=len(DATA)) as stage:
        assert stage.client.get(f"{FILE}.metadata").content == b"M"


@pytest.mark.parametrize("status", [500, 403])
def test_strangers_learn_no_address(
    other: Other, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the other index is, and what it said, is in the log; the answer says that there is something to read."""
    other.pages["far"] = page("far", url="http://127.0.0.9:9/x.whl")
    with behind(other, tmp_path) as stage:
        paths = FILE, f"/upstream/far/{SHA256}/far-1.0-py3-none-any.whl"
        stage.client.get("/simple/helper/")
        stage.client.get("/simple/far/")
        other.status = status
        told = [stage.client.get(path) for path in (*paths, "/simple/nobody/")]

    assert [answer.status_code for answer in told] == [502, 502, 502]
    for answer in told:
        assert "127.0.0" not in answer.text
        assert str(status) not in answer.text.removeprefix("502")
        assert "the log of this index says why" in answer.text
    assert "127.0.0.9" in caplog.text
    assert f"{status}" in caplog.text


def test_an_owner_alone_is_told_all(other: Other, tmp_path: Path) -> None:
    """Where nobody else asks, the answer says what the log says."""
    with behind(other, tmp_path, frank=True) as stage:
        stage.client.get("/simple/helper/")
        other.status = 500
        told = [stage.client.get(path).text for path in (FILE, "/simple/nobody/")]

    assert "it answered 500 for a file" in told[0]
    assert "127.0.0.1" in told[1]

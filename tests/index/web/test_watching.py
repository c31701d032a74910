"""What watches an index: ids, health, readiness, metrics."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bonded.index.configuration.health import HealthTable
from bonded.index.running.readiness import (
    DRAINING,
    Readiness,
    disk_has_room,
    folder_is_writable,
)
from bonded.index.running.request_log import Answered
from bonded.index.watching import Clocks, Watched, watch
from bonded.minting.upload_token import hash_token
from books import new_database, stopped
from index_world import NOW, Clock, World, serving, wheel_offer, world

SCRAPER = "a-token-for-the-scraper"


@contextmanager
def watched(
    folder: Path,
    *,
    proxies: frozenset[str] = frozenset(),
    is_open: bool = False,
    database: str | None = None,
) -> Iterator[tuple[World, Watched, TestClient, list[Answered], Clock]]:
    """Give an index under watch, a client of it, the lines of its log, and the steady clock."""
    lines: list[Answered] = []
    clock = Clock()
    with world(folder, database=database) as index:
        health = HealthTable(min_free=1, metrics_open=is_open, metrics_token=hash_token(SCRAPER))
        found = watch(
            index.index,
            folder,
            health=health,
            clocks=Clocks(lambda: NOW, clock),
            entropy=lambda size: b"\xab" * size,
            trusted_proxies=proxies,
            log=lines.append,
        )
        client = TestClient(found.app, raise_server_exceptions=False)
        yield index, found, client, lines, clock


def test_every_answer_has_an_id(tmp_path: Path) -> None:
    """It is in the answer and in the log; what a client says of itself is not believed."""
    with watched(tmp_path) as (_, _, client, lines, _):
        answers = [client.get("/simple/", headers={"x-request-id": "mine-mine-mine"})] * 2

        ids = [answer.headers["x-request-id"] for answer in answers]
        assert ids[0] == "abababab-1"
        assert [line[:4] for line in lines] == [("abababab-1", "GET", "/simple/", 200)]


@pytest.mark.parametrize(
    ("headers", "named", "client"),
    [
        ({"x-request-id": "from-the-proxy.1"}, "from-the-proxy.1", "testclient"),
        ({"x-request-id": "a b"}, "abababab-1", "testclient"),
        ({"x-request-id": "x" * 200}, "abababab-1", "testclient"),
        ({"x-request-id": "short"}, "abababab-1", "testclient"),
        ({"x-forwarded-for": "6.6.6.6, 10.1.2.3"}, "abababab-1", "10.1.2.3"),
        ({"x-forwarded-for": "not an address"}, "abababab-1", "testclient"),
    ],
)
def test_a_trusted_proxy_is_believed(
    tmp_path: Path, headers: dict[str, str], named: str, client: str
) -> None:
    """It names requests, if the names are well formed, and says for whom it speaks."""
    with watched(tmp_path, proxies=frozenset({"testclient"})) as (_, _, asking, lines, _):
        answer = asking.get("/simple/", headers=headers)

        assert answer.headers["x-request-id"] == named
        assert (lines[0][0], lines[0][6]) == (named, client)


def test_another_proxy_is_not_believed(tmp_path: Path) -> None:
    """What a stranger writes into the headers of proxies counts for nothing."""
    with watched(tmp_path, proxies=frozenset({"10.0.0.9"})) as (_, _, client, lines, _):
        headers = {"x-request-id": "from-a-stranger", "x-forwarded-for": "10.0.0.1"}
        answer = client.get("/simple/", headers=headers)

        assert answer.headers["x-request-id"] == "abababab-1"
        assert lines[0][6] == "testclient"


def test_two_names_are_none(tmp_path: Path) -> None:
    """Of two ids nobody knows which a proxy wrote."""
    with watched(tmp_path, proxies=frozenset({"testclient"})) as (_, _, client, _, _):
        twice = [("x-request-id", "one-one-one"), ("x-request-id", "two-two-two")]

        assert client.get("/simple/", headers=twice).headers["x-request-id"] == "abababab-1"


def test_alive_and_ready(tmp_path: Path) -> None:
    """Both are open to everybody, and say no more than that."""
    with watched(tmp_path) as (_, _, client, _, _):
        alive, ready = client.get("/health"), client.get("/ready")

        assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "failed": []})
        assert ready.headers["cache-control"] == "no-store"
        assert client.head("/ready").status_code == 200
        assert client.post("/ready").status_code == 405


def test_a_server_that_ends_is_not_ready(tmp_path: Path) -> None:
    """Balancers are told before connections are refused."""
    with watched(tmp_path) as (_, found, client, _, clock):
        before = found.readiness.is_watched
        client.get("/ready")
        asked = found.readiness.is_watched
        found.readiness.drain()
        draining = client.get("/ready")
        clock.now += 61
        later = found.readiness.is_watched

        assert (before, asked, later) == (False, True, False)
        assert (draining.status_code, draining.json()["failed"]) == (503, [DRAINING])


def test_a_book_that_does_not_answer_is_told_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Strangers hear which check fails; why is for the log, once; the metrics go on without the book."""
    with watched(tmp_path, is_open=True) as (index, _, client, _, clock):
        administration = index.index.administration

        def broken() -> bool:
            raise RuntimeError("the disk is gone")

        index.index.administration.has_token = broken  # type: ignore[method-assign]  # a database that breaks
        first, again = client.get("/ready"), client.get("/ready")
        metrics = client.get("/metrics").text
        clock.now += 2
        still = client.get("/ready")
        del administration.has_token
        clock.now += 2
        healed = client.get("/ready")

    codes = [answer.status_code for answer in (first, again, still, healed)]
    assert codes == [503, 503, 503, 200]
    assert first.json() == {"status": "not ready", "failed": ["book"]}
    assert "bonded_ready 0.0" in metrics
    assert "bonded_files" not in metrics
    assert [one.getMessage() for one in caplog.records] == [
        "not ready, book: RuntimeError: the disk is gone",
        "ready again, book",
    ]


def test_a_disk_and_a_folder_are_looked_at(tmp_path: Path) -> None:
    """No room, no right to write and no folder at all are told in words for the log."""
    assert folder_is_writable(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    assert "cannot be written: No such file" in folder_is_writable(tmp_path / "none")
    assert disk_has_room(tmp_path, 1) == ""
    assert "are wanted" in disk_has_room(tmp_path, 1 << 70)
    assert "cannot be looked at" in disk_has_room(tmp_path / "none", 1)


def test_readiness_asks_once_a_second() -> None:
    """Whoever asks often costs nothing."""
    questions: list[str] = []
    clock = Clock()

    def check() -> str:
        questions.append("?")
        return ""

    readiness = Readiness({"x": check}, clock)
    for seconds in (0.0, 0.5, 1.5):
        clock.now = NOW + seconds
        readiness.failed()

    assert len(questions) == 2


def ended() -> None:
    """Wait until no check is under way."""
    for thread in threading.enumerate():
        if thread.name == "errand":
            thread.join(20)


def test_a_check_that_hangs_fails() -> None:
    """It is not waited for any longer, costs one thread however often somebody asks, and holds again when it ends."""
    go, clock, asked = threading.Event(), Clock(), []

    def hang() -> str:
        asked.append("?")
        go.wait(20)
        return ""

    readiness = Readiness({"book": hang, "disk": str}, clock, patience=0.05)
    answers = []
    for second in range(3):
        clock.now = NOW + 2 * second
        answers.append(readiness.failed())
    begun = len(asked)
    go.set()
    ended()
    clock.now = NOW + 60

    assert (answers, begun) == ([("book",)] * 3, 1)
    assert readiness.failed() == ()


def test_a_database_that_hangs_is_told(tmp_path: Path) -> None:
    """A PostgreSQL that is stopped as it is, connections and all, makes the index not ready."""
    database = new_database()
    with watched(tmp_path, database=database) as (_, _, client, _, clock):
        before = client.get("/ready").json()
        clock.now += 2
        with stopped(database):
            answer = client.get("/ready")
        ended()
        clock.now += 2

        assert before["failed"] == []
        assert (answer.status_code, answer.json()["failed"]) == (503, ["book"])
        assert client.get("/ready").json()["failed"] == []


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Bearer ", 401),
        ("Basic {scraper}", 401),
        ("Bearer {upload}", 401),
        ("Bearer {scraper}", 200),
        ("bearer {admin}", 200),
    ],
)
def test_metrics_are_for_owners(tmp_path: Path, authorization: str | None, status: int) -> None:
    """An admin token reads them, and the token that the settings name; nobody else does."""
    with watched(tmp_path) as (index, _, client, _, _):
        admin = index.index.administration.new_token("admin")
        headers = {}
        if authorization is not None:
            said = authorization.format(scraper=SCRAPER, admin=admin, upload=index.token)
            headers = {"authorization": said}
        answer = client.get("/metrics", headers=headers)

        assert answer.status_code == status
        assert ("www-authenticate" in answer.headers) is (status == 401)
        assert ("'metrics-token-file' in [health]" in answer.text) is (status == 401)


def test_answers_before_a_request_are_noted(tmp_path: Path) -> None:
    """What the server says to whoever it cannot read has an id, a line in the log, and is counted."""
    with watched(tmp_path, is_open=True) as (_, found, client, lines, _):
        name = found.refused(503, 33, "10.0.0.1")

        assert lines[-1] == (name, "*", "*", 503, 0.0, 33, "10.0.0.1")
        assert client.get("/health").headers["x-request-id"] != name
        told = 'bonded_request_seconds_count{family="other",method="other",status="503"} 1.0'
        assert told in client.get("/metrics").text


def test_metrics_tell_what_happened(tmp_path: Path) -> None:
    """Uploads by what came of them, exchanges by code, sizes; a second look reads the book again after a minute."""
    with watched(tmp_path, is_open=True) as (index, found, _, _, clock):
        index.client = TestClient(found.app)
        empty = index.client.get("/metrics").text
        codes = [index.upload(wheel_offer()).status_code for _ in range(2)]
        codes.append(index.upload(wheel_offer().bent(name="odd name!")).status_code)
        codes.append(index.client.post("/_/oidc/mint-token", json={"token": "x"}).status_code)
        kept = index.client.get("/metrics").text
        clock.now += 61
        text = index.client.get("/metrics").text

    assert codes == [200, 200, 400, 422]
    assert "bonded_files 0.0" in empty
    assert "bonded_files 0.0" in kept
    assert "bonded_files 1.0" in text
    assert 'bonded_uploads_total{check="",outcome="accepted"} 1.0' in text
    assert 'bonded_uploads_total{check="",outcome="unchanged"} 1.0' in text
    assert 'bonded_uploads_total{check="' in text.replace('check=""', "")
    assert 'bonded_mint_exchanges_total{code="' in text
    assert f"bonded_start_time_seconds {NOW:g}" in text.replace("1.8e+09", f"{NOW:g}")


def test_no_secret_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever sends secrets in every place of a request finds none of them in the lines, whatever the answer is."""
    from io import StringIO

    from bonded.index.running.logs import logged_to
    from bonded.index.running.request_log import RequestLog
    from bonded.minting.upload_token import make_token

    token, word = make_token(b"z" * 32), "hunter2-hunter2"
    stream = StringIO()
    end = logged_to(stream, form="json", level="debug")
    try:
        with world(tmp_path) as index:
            log = RequestLog(stream, lambda: NOW, lambda _do: None, as_text=False)
            found = watch(
                index.index,
                tmp_path,
                health=HealthTable(min_free=1),
                clocks=Clocks(lambda: NOW, Clock()),
                entropy=lambda size: b"a" * size,
                log=log,
            )
            client = TestClient(found.app, raise_server_exceptions=False)
            for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
                for path in (
                    f"/simple/{token}/",
                    f"/{token}",
                    "/legacy/",
                    "/_/oidc/mint-token",
                    "/-/api/publishers",
                ):
                    client.request(
                        method,
                        f"{path}?token={word}&password={word}",
                        headers={
                            "authorization": f"Bearer {token}",
                            "cookie": f"s={word}",
                            "user-agent": word,
                            "referer": f"https://u:{word}@host/{token}",
                            "x-request-id": word,
                        },
                        content=json.dumps({"token": token, "password": word}),
                    )
            log.flush()
    finally:
        end()

    said = stream.getvalue()
    assert said.count("\n") >= 25
    assert token not in said
    assert word not in said


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
def test_a_bug_is_told_with_the_id_of_the_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    """Whoever sees it can say which line of the log it was."""
    with watched(tmp_path, is_open=True) as (index, _, client, _, _):

        def broken() -> dict[str, float]:
            raise RuntimeError("an odd book")

        # what reads sizes is asked when somebody looks
        index.index.meter.watch(broken)
        answer = client.get("/metrics", headers={"accept": accept})

    assert answer.status_code == 500
    assert "the log of the index says where (request abababab-1)" in answer.text
    assert "bonded failed to answer GET /metrics" in caplog.text


def test_readiness_does_not_wait_for_the_threads_of_others(tmp_path: Path) -> None:
    """An index whose shared threads are all at work says that it is ready."""
    import httpx2
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from bonded.index.web.health import Health

    begun, go = threading.Semaphore(0), threading.Event()

    def hang(_request: Request) -> Response:
        begun.release()
        go.wait(30)
        return Response()

    health = Health(Readiness({}, Clock()), lambda: b"", is_admin=lambda _: False)
    app = Starlette(routes=[Route("/hang", hang), *health.routes()])
    with serving(app) as url, ThreadPoolExecutor(40) as strangers:
        try:
            for _ in range(40):
                strangers.submit(httpx2.get, f"{url}/hang", timeout=60)
            for _ in range(40):
                assert begun.acquire(timeout=20)
            answers = [httpx2.get(f"{url}/ready", timeout=10).status_code for _ in range(3)]
        finally:
            go.set()

    assert answers == [200, 200, 200]

"""A served index against those who are slow, and at its end."""

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from bonded.errors import UsageError
from bonded.index import serving
from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock, Patient, Refused, sweep
from served_world import certificate, started

QUICK = Patience(connections=4, head=0.3, idle=0.3, head_size=2000, grace=5, linger=0.1)
NEVER = 20.0
"""Seconds after which a test gives up on a server that should have answered long before."""


class Asked:
    """An app that answers when it is let, and notes what became of requests."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.ended = threading.Event()
        self.bodies: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and send as many bytes as the path says."""
        self.entered.set()
        size, more = 0, True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                self.bodies.append("cut off")
                self.ended.set()
                return
            size += len(message["body"])
            more = message["more_body"]
        self.bodies.append(str(size))
        length = int(scope["path"][1:] or 2)
        headers = [(b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * length})
        self.ended.set()


@contextmanager
def served(
    patience: Patience = QUICK, refused: Refused | None = None
) -> Iterator[tuple[Asked, int]]:
    """Serve the app in a process-wide loop of a thread of its own, and give its port."""
    import asyncio

    app, clock = Asked(), Clock()
    listener = serving.listen("127.0.0.1", 0)
    ready, ends = threading.Event(), threading.Event()
    server = serving._Server(
        serving._config(app, None, patience, clock, refused), clock, patience, ready.set, None
    )

    async def live() -> None:
        loop = asyncio.get_running_loop()
        sweeping = loop.create_task(server._sweep(loop))
        await server._serve([listener])
        sweeping.cancel()
        ends.set()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        assert ready.wait(NEVER)
        yield app, listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(NEVER)
        assert ends.is_set()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Connect, and never wait for ever."""
    with socket.create_connection(("127.0.0.1", port), timeout=NEVER) as client:
        yield client


def everything(client: socket.socket) -> bytes:
    """Return all that comes until the other end closes."""
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.1 408 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 3000, b"HTTP/1.1 431 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 3000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 "),
    ],
    ids=["nothing", "half a head", "half a body", "a long head", "a large head", "nonsense"],
)
def test_nobody_holds_a_connection(sent: bytes, answer: bytes) -> None:
    """Whoever sends nothing, half of something or too much is told so where that is possible, and cut off.

    What is told without the app has an id too, and is noted.
    """
    noted: list[tuple[int, int, str]] = []

    def refused(status: int, size: int, client: str) -> str:
        noted.append((status, size, client))
        return "refused-1"

    with served(refused=refused) as (app, port), connected(port) as client:
        client.sendall(sent)
        said = everything(client)
        is_post = sent.startswith(b"POST")
        if is_post:
            assert app.ended.wait(NEVER)

    head, _, body = said.partition(b"\r\n\r\n")
    assert said.startswith(answer)
    assert bool(said) is bool(answer)
    assert (b"\r\nx-request-id: refused-1" in head) is bool(answer)
    assert noted == ([(int(answer[9:12]), len(body), "127.0.0.1")] if answer else [])
    assert app.bodies == (["cut off"] if is_post else [])


def test_an_answer_that_is_not_taken_is_cut_off() -> None:
    """A client that asks for much and reads nothing holds no memory for long."""
    with served() as (app, port), connected(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /50000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert app.ended.wait(NEVER)


def test_too_many_connections_are_told_to_come_again() -> None:
    """Beyond the bound, whoever idles makes room; where nobody does, the answer is 503."""
    patience = Patience(connections=2, head=NEVER, idle=NEVER)
    with (
        served(patience) as (_, port),
        connected(port) as first,
        connected(port) as second,
        connected(port) as third,
        connected(port) as fourth,
    ):
        refused = [everything(third)[:12], everything(fourth)[:12]]
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = first.recv(65536)[:12]
        with connected(port) as fifth:
            idle = everything(first)
            fifth.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            in_its_place = everything(fifth)[:12]
        second.close()

    assert refused == [b"HTTP/1.1 503"] * 2
    assert (answered, in_its_place) == (b"HTTP/1.1 200",) * 2
    assert idle in {b"", b"xx"}  # the body may come apart from its head


def test_a_steady_body_is_taken_whole() -> None:
    """Whoever sends as fast as it can is never cut off, and neither is a second request."""
    patience = Patience(connections=4)  # a loaded machine is slow, too
    with (
        served(patience) as (app, port),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        codes = [client.post("/", content=b"x" * 3_000_000).status_code for _ in range(2)]

    assert codes == [200, 200]
    assert app.bodies == ["3000000"] * 2


class Wire:
    """A transport that notes what is done to it."""

    def __init__(self) -> None:
        self.closing = False
        self.done: list[str] = []

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closing

    def abort(self) -> None:
        """Note it."""
        self.done.append("abort")

    def close(self) -> None:
        """Note it."""
        self.closing = True
        self.done.append("close")


def bare(**state: object) -> tuple[Patient, Wire]:
    """Return a connection in some state, with the wire under it."""
    connection = Patient.__new__(Patient)
    wire = Wire()
    known: dict[str, object] = {
        "transport": wire,
        "patience": Patience(idle=10),
        "clock": Clock(),
        "flow": type("Flow", (), {"read_paused": False})(),
        "cycle": None,
        "timeout_keep_alive_task": None,
    }
    for name, value in {**known, **state}.items():
        object.__setattr__(connection, name, value)
    return connection, wire


@pytest.mark.parametrize(
    ("state", "now", "done"),
    [
        ({"_deadline": 0.0}, 1e9, []),
        ({"_deadline": 5.0}, 4.0, []),
        ({"_deadline": 5.0}, 6.0, ["close"]),
        ({"_deadline": 5.0, "_in_body": True}, 6.0, ["abort"]),
        ({"_stuck_since": 1.0}, 10.0, []),
        ({"_stuck_since": 1.0}, 12.0, ["abort"]),
    ],
)
def test_each_moment_is_kept(state: dict[str, object], now: float, done: list[str]) -> None:
    """A connection is cut off when its moment is past, and not before."""
    connection, wire = bare(**state)
    clock = Clock()
    sweep({connection, object()}, clock, now)

    assert (wire.done, clock.now) == (done, now)


def test_the_app_may_take_its_time() -> None:
    """While the app does not read, its client is not blamed."""
    connection, wire = bare(_deadline=5.0, _in_body=True)
    connection.flow.read_paused = True
    connection.look(6.0)

    assert (wire.done, connection._deadline) == ([], 16.0)


def test_a_client_that_takes_its_answer_again_is_forgiven() -> None:
    """The time counts from the last moment at which nothing could be written, and ends when something can."""
    connection, wire = bare(clock=Clock(5.0))
    told: list[str] = []
    flow = {"pause_writing": lambda: told.append("p"), "resume_writing": lambda: told.append("r")}
    for name, do in flow.items():
        setattr(connection.flow, name, do)
    connection.pause_writing()
    since = connection._stuck_since
    connection.resume_writing()
    connection.look(1000.0)

    assert (since, connection._stuck_since, told, wire.done) == (5.0, 0.0, ["p", "r"], [])


def test_an_end_that_does_not_end_is_cut_off() -> None:
    """A closed connection that is not taken to its end goes after a while, too."""
    connection, wire = bare()
    wire.closing = True
    for now in (1.0, 5.0, 12.0):
        connection.look(now)

    assert wire.done == ["abort"]


def test_a_certificate_is_read_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SIGHUP shows the new certificate to new connections; a wrong one changes nothing. The log says what was done."""
    caplog.set_level("INFO", "bonded.index")
    tls = certificate(tmp_path, "localhost")
    kept = serving.Tls(tls.chain, tls.key)
    before = tls.chain.read_bytes()
    tls.chain.write_text("no certificate")
    with pytest.raises(UsageError):
        kept.renew()
    serving._renew(kept)
    serving._renew(None)
    tls.chain.write_bytes(before)
    serving._renew(kept)
    wrong, nothing, renewed = caplog.messages

    assert wrong.startswith("SIGHUP: the certificate stays as it was: ")
    assert nothing.startswith("SIGHUP: nothing is read anew: there is no certificate")
    assert f"{tls.chain} (for localhost, until 2" in renewed
    assert f"with the key {tls.key}" in renewed
    assert "settings are read at the start only" in renewed


def test_a_certificate_without_names_is_told(tmp_path: Path) -> None:
    """It serves, whoever believes it."""
    tls = certificate(tmp_path)

    assert "(for no host, until " in str(serving.Tls(tls.chain, tls.key))


def told(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    """End a server and return its code and its log."""
    process.send_signal(number)
    _, err = process.communicate(timeout=NEVER)
    return process.returncode, err


def test_an_open_request_is_finished_after_the_signal(tmp_path: Path) -> None:
    """After SIGTERM a watcher hears that the server is not ready, and an open upload ends in order."""
    process, said = started(
        tmp_path, "--data", "d", "--port", "0", environ={"BONDED_LISTEN_LINGER": "0.5"}
    )
    port = int(said["listen"].rpartition(":")[2])
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as watcher, connected(port) as client:
        before = watcher.get("/ready").status_code
        client.sendall(b"POST /legacy/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        process.send_signal(signal.SIGTERM)
        after = before
        while after == 200:
            after = watcher.get("/ready").status_code
        client.sendall(b"cd")
        answer = everything(client)
    code, err = told(process)

    assert (before, after) == (200, 503)
    assert answer.startswith(b"HTTP/1.1 400")
    assert code == 143
    assert "Traceback" not in err


def test_an_upload_that_never_ends_is_told_to_come_again(tmp_path: Path) -> None:
    """When the time for open requests is over, the answer is 503 and says when to come again; the log says the same."""
    environ = {"BONDED_LISTEN_GRACE": "1", "BONDED_LOG_REQUESTS": "true"}
    process, said = started(tmp_path, "--data", "d", "--port", "0", environ=environ)
    port = int(said["listen"].rpartition(":")[2])
    form = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99\r\n\r\n--b\r\n"
    with connected(port) as client:
        client.sendall(b"POST /legacy/ HTTP/1.1\r\nHost: x\r\n" + form)
        assert httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        answer = everything(client)
    _, err = process.communicate(timeout=NEVER)

    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.lower().splitlines()
    assert first == b"http/1.1 503 service unavailable"
    assert {b"retry-after: 5", b"connection: close"} <= set(lines)
    assert body == b"503 Service Unavailable\n\nThe index is being stopped; try again.\n"
    uploads = [line for line in err.splitlines() if "/legacy/" in line]
    assert [line.count('"status": 503') for line in uploads] == [1]
    assert (process.returncode, "Traceback" in err, "uvicorn" in err) == (143, False, False)
    warned = '"level": "warning", "logger": "bonded.index", "message": "requests had not ended'
    assert err.count(warned) == 1


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """Whoever sends it does not want to wait for a client that sends nothing more."""
    process, said = started(tmp_path, "--data", "d", "--port", "0")
    port = int(said["listen"].rpartition(":")[2])
    with connected(port) as client:
        client.sendall(b"POST /legacy/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
        assert httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        # The listener closes when the first signal was heard; until then a second would be the first.
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=NEVER).close()
            except OSError:
                break
        code, err = told(process, signal.SIGINT)

    assert code == 143
    assert "Traceback" not in err


def test_files_are_allowed_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of open files is raised as far as connections need and the machine lets."""
    import resource

    limits = {"now": (256, 4096)}

    def limited(_: int, both: tuple[int, int]) -> None:
        limits["now"] = both

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", limited)
    serving._raise_files(1000)
    enough = limits["now"]
    serving._raise_files(1_000_000)
    most = limits["now"]
    serving._raise_files(10)

    assert (enough, most, limits["now"]) == ((2256, 4096), (4096, 4096), (4096, 4096))

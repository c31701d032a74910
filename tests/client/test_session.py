"""Requests as they really go out, against servers that fail."""

import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from bonded.client.crew import Stop
from bonded.client.flows import Patience, patiently
from bonded.client.messages import Answer, Ask, FilePart, Identify, Unreached, Wait
from bonded.client.secrets import Secrets
from bonded.client.session import Session, drive
from bonded.errors import Interrupted
from faulty_server import How, faulty
from served_world import certificate

TOKEN = "upload-token-of-the-test"


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that shows nothing."""
    with Session(stop=Stop(), secrets=Secrets(), user_agent="bonded/test") as opened:
        yield opened


def upload(url: str, path: Path, **bent: object) -> Ask:
    """Return an upload of a file."""
    part = FilePart(path=path, filename=path.name, size=path.stat().st_size)
    form = ((":action", "file_upload"), ("classifiers", "a"), ("classifiers", "b"))
    good: dict[str, object] = {
        "method": "POST", "url": url, "form": form, "file": part, "secret": TOKEN, "seconds": 5.0,
    }  # fmt: skip
    return Ask(**(good | bent))  # type: ignore[arg-type]  # bent by name


def test_a_file_goes_up_as_a_form(tmp_path: Path, session: Session) -> None:
    """Fields in order, repeated ones repeated, the file's bytes and name, the token as Basic; bytes are counted."""
    path = tmp_path / "greeter-1.0.tar.gz"
    path.write_bytes(b"x" * 200_000)
    counted: list[int] = []
    with (
        faulty() as server,
        Session(stop=Stop(), secrets=Secrets(), user_agent="a", sent=counted.append) as watched,
    ):
        outcome = watched(upload(server.url, path))

        assert isinstance(outcome, Answer)
        assert (outcome.status, outcome.phrase, outcome.to_object()) == (200, "As told", {"ok": 1})
        body = server.bodies[0]
        assert body.count(b'name="classifiers"') == 2
        assert b'name="content"; filename="greeter-1.0.tar.gz"' in body
        assert b"x" * 200_000 in body
        assert server.authorizations[0].startswith("Basic ")
        assert sum(counted) == 200_000


@pytest.mark.parametrize("how", ["cut", "cut early", "endless"])
def test_a_server_that_breaks_off_is_not_reached(
    tmp_path: Path, session: Session, how: How
) -> None:
    """A connection that ends, before or after the file, and an answer without end are no answers."""
    path = tmp_path / "greeter-1.0.tar.gz"
    path.write_bytes(b"x" * 1000)
    with faulty(how) as server:
        outcome = session(upload(server.url, path))

        assert isinstance(outcome, Unreached)
        assert outcome.passing is (how != "endless")


def test_a_server_that_says_nothing_is_left(session: Session) -> None:
    """Each wait for bytes is bounded."""
    with faulty("silent") as server:
        outcome = session(Ask(method="GET", url=server.url, seconds=0.05))
        server.ended.set()

    assert isinstance(outcome, Unreached)
    assert (outcome.passing, outcome.sent) == (True, True)


def test_nothing_listens(session: Session) -> None:
    """A port without a server is told as such, and may be there later."""
    with faulty() as server:
        url = server.url
    outcome = session(Ask(method="GET", url=url))

    assert isinstance(outcome, Unreached)
    assert (outcome.passing, outcome.sent) == (True, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_follows_nobody(session: Session, method: str) -> None:
    """A redirect is an answer; the other server hears nothing, neither token nor identity."""
    with faulty() as other, faulty("redirect") as server:
        server.location = f"{other.url}/elsewhere"
        ask = Ask(method=method, url=server.url, secret=TOKEN, body={"token": "identity"})
        outcome = session(ask)

        assert isinstance(outcome, Answer)
        assert outcome.status == 307
        assert other.paths == []


def test_netrc_does_not_count(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password that lies about for the host is not sent."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with faulty() as server:
        session(Ask(method="GET", url=server.url))

        assert server.authorizations == [""]


def test_a_wrong_certificate_is_not_asked_again(session: Session, tmp_path: Path) -> None:
    """It stays wrong; and its name is told."""
    tls = certificate(tmp_path, "elsewhere.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.chain, tls.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def shake() -> None:
        raw, _ = listener.accept()
        with raw:
            try:
                context.wrap_socket(raw, server_side=True).close()
            except (ssl.SSLError, OSError):
                return

    thread = threading.Thread(target=shake)
    thread.start()
    outcome = session(Ask(method="GET", url=f"https://127.0.0.1:{listener.getsockname()[1]}/"))
    thread.join()
    listener.close()

    assert isinstance(outcome, Unreached)
    assert not outcome.passing
    assert "certificate" in outcome.reason.lower()


def test_a_signal_ends_an_upload(tmp_path: Path) -> None:
    """The next piece of the file is not read any more."""
    path = tmp_path / "greeter-1.0.tar.gz"
    path.write_bytes(b"x" * 10_000_000)
    stop = Stop()

    def sent(_: int) -> None:
        stop.set(signal.SIGTERM)

    with (
        faulty() as server,
        Session(stop=stop, secrets=Secrets(), user_agent="a", sent=sent) as watched,
        pytest.raises(Interrupted),
    ):
        watched(upload(server.url, path))


def test_a_file_that_is_gone_is_told(tmp_path: Path, session: Session) -> None:
    """A file that was removed meanwhile is not sent as an empty one."""
    path = tmp_path / "greeter-1.0.tar.gz"
    path.write_bytes(b"x")
    with faulty() as server:
        request = upload(server.url, path)
        path.unlink()

        assert isinstance(session(request), Unreached)
        assert server.paths == []


def test_500s_pass(session: Session) -> None:
    """Driven for real, a conversation waits as long as it wants to, a little less by chance, and gets its answer."""
    slept: list[float] = []
    waits: list[Wait] = []

    def nobody(_: str) -> NoReturn:
        raise AssertionError(Identify)

    with faulty("500", "cut", "ok") as server:
        outcome = drive(
            patiently(Ask(method="GET", url=server.url), Patience(tries=3, first=4.0)),
            transport=session,
            identify=nobody,
            sleep=slept.append,
            jitter=lambda: 0.5,
            waiting=waits.append,
        )

    assert isinstance(outcome, Answer)
    assert outcome.status == 200
    assert slept == [3.0, 6.0]
    assert len(waits) == 2

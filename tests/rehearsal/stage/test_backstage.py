import http.client
import socket
import ssl
import threading
from typing import Any

import pytest

from bonded.rehearsal.stage.backstage import App, Backstage, BackstageError, Message, Receive, Send
from proxy_world import authority, trusting


def saying(text: str) -> App:
    """An app that says who it is, and does as its path tells."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/boom":
            raise KeyError("boom")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/late-boom":
            raise KeyError("late")
        if scope["path"] == "/wait":
            while (await receive())["type"] != "http.disconnect":
                pass
            raise ConnectionError("the client left")
        await send({"type": "http.response.body", "body": text.encode()})

    return app


def ask(stage: Backstage, host: str, path: str = "/", asked: str | None = None) -> tuple[int, str]:
    """Ask through the proxy, over TLS."""
    client = http.client.HTTPSConnection("127.0.0.1", stage.proxy_port, context=trusting())
    client.set_tunnel(host)
    try:
        client.request("GET", path, headers={"Host": asked or host})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def test_each_host_has_its_app() -> None:
    """One server gives every request to the app of its host; a builder of two hosts builds once."""
    built: list[str] = []

    def both() -> App:
        built.append("both")
        return saying("both")

    apps = {"one.example": both, "two.example": both, "three.example": lambda: saying("three")}
    with Backstage(apps, authority(), offline=True) as stage:
        stage.wait_ready()
        assert [ask(stage, host) for host in apps] == [(200, "both"), (200, "both"), (200, "three")]
        assert ask(stage, "one.example", asked="three.example:443") == (200, "three")
        assert built == ["both"]
    assert {seen.went for seen in stage.log} == {"stage"}


def test_an_unknown_host_is_misdirected() -> None:
    """A request for a host that is not on the stage gets 421, whatever name TLS was for."""
    with Backstage({"one.example": lambda: saying("one")}, authority(), offline=True) as stage:
        status, text = ask(stage, "one.example", asked="other.example")

    assert (status, text) == (421, "bonded: other.example is not on this stage\n")


def test_the_rest_of_the_world_follows_the_rules() -> None:
    """The proxy of the stage refuses what is offline or refused."""
    with (
        Backstage(
            {"one.example": lambda: saying("one")},
            authority(),
            offline=True,
            refused={"closed.example": "no"},
        ) as stage,
        pytest.raises(OSError, match="403"),
    ):
        ask(stage, "closed.example")
    assert [seen.reason for seen in stage.log] == [
        "closed.example is not reached during a rehearsal: no"
    ]


def test_early_clients_wait_for_their_app() -> None:
    """A request that comes before its app is built is answered when it is."""
    go = threading.Event()

    def slow() -> App:
        go.wait(10)
        return saying("slow")

    with Backstage({"one.example": slow}, authority(), offline=True) as stage:
        with pytest.raises(BackstageError, match=r"not ready within 0\.01 seconds"):
            stage.wait_ready(0.01)
        answers: list[tuple[int, str]] = []
        client = threading.Thread(target=lambda: answers.append(ask(stage, "one.example")))
        client.start()
        go.set()
        client.join()
        assert answers == [(200, "slow")]


def test_an_app_that_cannot_be_built_is_told() -> None:
    """The host answers 503, and who waits for the stage gets the reason."""

    def broken() -> App:
        raise RuntimeError("no disk")

    stage = Backstage(
        {"one.example": broken, "two.example": lambda: saying("two")}, authority(), offline=True
    )
    stage.start()
    assert ask(stage, "one.example") == (
        503,
        "bonded: the stand-in for one.example could not be set up\n",
    )
    assert ask(stage, "two.example") == (200, "two")
    with pytest.raises(BackstageError, match="could not be set: RuntimeError: no disk"):
        stage.wait_ready()
    stage.close()


@pytest.mark.parametrize("path", ["/boom", "/late-boom"])
def test_an_app_that_breaks_is_told_at_the_end(path: str) -> None:
    """The client gets an error, the evening goes on, and closing raises what broke."""
    stage = Backstage({"one.example": lambda: saying("one")}, authority(), offline=True)
    stage.start()
    if path == "/boom":
        assert ask(stage, "one.example", path) == (
            500,
            "bonded: the stand-in for one.example broke: KeyError\n",
        )
    else:
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(stage, "one.example", path)
    assert ask(stage, "one.example") == (200, "one")
    with pytest.raises(BackstageError, match="KeyError"):
        stage.close()
    stage.close()


def test_a_client_that_leaves_is_no_fault() -> None:
    """What an app raises after its client has left is nobody's error."""
    with Backstage({"one.example": lambda: saying("one")}, authority(), offline=True) as stage:
        client = http.client.HTTPSConnection("127.0.0.1", stage.proxy_port, context=trusting())
        client.set_tunnel("one.example")
        client.request("GET", "/wait")
        assert client.getresponse().status == 200
        client.close()


def test_it_serves_another_door() -> None:
    """A listening socket that is handed in is served by the same proxy, and closed with it."""
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    with Backstage({"one.example": lambda: saying("one")}, authority(), offline=True) as stage:
        stage.admit(door)
        stage.proxy_port = port
        assert ask(stage, "one.example") == (200, "one")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_nothing_remains() -> None:
    """After the end there is no thread, and neither port answers; ending twice, or without a start, is fine."""
    before = threading.active_count()
    stage = Backstage({"one.example": lambda: saying("one")}, authority(), offline=True)
    stage.close()
    stage = Backstage({"one.example": lambda: saying("one")}, authority(), offline=True)
    assert stage.log == ()
    stage.start()
    assert stage.proxy_url == f"http://127.0.0.1:{stage.proxy_port}"
    stage.close()
    stage.close()

    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", stage.proxy_port))
    with pytest.raises(BackstageError, match="not there"), socket.socket() as door:
        stage.admit(door)


def test_a_thread_that_breaks_is_told() -> None:
    """A stage that cannot be set at all ends by itself; waiting and closing say why."""
    stage = Backstage({}, authority(), offline=True)
    stage.start()

    with pytest.raises(BackstageError, match="ValueError: a server without names"):
        stage.wait_ready()
    stage.close()


def test_a_machine_without_sockets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing can be bound, that is the message."""

    def refuse(*_: Any) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "create_server", refuse)

    with pytest.raises(BackstageError, match="Too many open files"):
        Backstage({"one.example": lambda: saying("one")}, authority(), offline=True).start()


def test_the_name_in_tls_must_be_staged() -> None:
    """A handshake for another name fails, even inside a tunnel to a staged host."""
    with (
        Backstage({"one.example": lambda: saying("one")}, authority(), offline=True) as stage,
        socket.create_connection(("127.0.0.1", stage.proxy_port)) as raw,
    ):
        raw.sendall(b"CONNECT one.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(999).startswith(b"HTTP/1.1 200")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            trusting().wrap_socket(raw, server_hostname="other.example")

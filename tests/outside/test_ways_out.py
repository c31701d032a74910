"""The guarded client through a proxy, along a redirect that is judged, and with those who dawdle."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bonded.outside.client import GuardedClient
from bonded.outside.errors import AddressRefused, NotReached, SentOn, TooSlow
from bonded.outside.proxies import Proxies, proxies_of
from issuer_server import (
    Server,
    answer,
    at_home,
    authority_bundle,
    server_tls,
    serving,
)


@dataclass
class Proxy:
    """A proxy that knows every name as this machine, and writes down what it is asked."""

    url: str = ""
    refuses: bool = False
    heads: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        self.heads.append(head.decode())
        method, target, *_ = self.heads[-1].split(" ")
        if self.refuses:
            connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
            return
        port = int(target.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as far:
            if method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = "/" + target.split("/", 3)[3]
                far.sendall(head.replace(target.encode(), path.encode(), 1))
            back = threading.Thread(target=_pump, args=(far, connection))
            back.start()
            _pump(connection, far)
            back.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def proxying(*, refuses: bool = False) -> Iterator[Proxy]:
    """Run a proxy for the block."""
    proxy, threads, closing = Proxy(refuses=refuses), [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.url = f"http://me:hunter2@127.0.0.1:{listener.getsockname()[1]}"

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                if not closing.is_set():
                    proxy.serve(connection)

        def accept() -> None:
            while not closing.is_set():
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield proxy
        finally:
            closing.set()
            socket.create_connection(listener.getsockname()).close()
            accepting.join()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the authority's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    authority_bundle(folder)
    return folder


@contextmanager
def through(proxy: Proxy, folder: Path, *, plain: bool = False) -> Iterator[GuardedClient]:
    """Give a client that goes through a proxy, and can resolve nothing itself but the proxy's address."""
    with GuardedClient(
        clock=time.monotonic,
        ca_bundle=folder / "authority.pem",
        resolve=at_home(),
        proxies=proxies_of({"all_proxy": proxy.url, "no_proxy": "direct.test"}),
        plain_http=plain,
    ) as client:
        yield client


def test_a_tunnel_leads_to_the_host_itself(folder: Path) -> None:
    """Through a proxy, TLS is still with the server, and the password of the proxy is for the proxy."""
    with (
        serving({"/": answer(b"{}")}, tls=server_tls(folder)) as server,
        proxying() as proxy,
        through(proxy, folder) as client,
    ):
        assert client.body(f"{server.url}/", max_bytes=10) == b"{}"

    assert proxy.heads[0].startswith(f"CONNECT {server.url[8:]} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6aHVudGVyMg==" in proxy.heads[0]
    assert "roxy-" not in server.heads[0]


def test_plain_http_goes_through_where_it_is_allowed(folder: Path) -> None:
    """An address without TLS is asked by those whose own tools ask so, and by nobody else."""
    with (
        serving({"/a": answer(b"{}")}) as server,
        proxying() as proxy,
        through(proxy, folder, plain=True) as plain,
        through(proxy, folder) as strict,
    ):
        url = f"http://far.example:{server.port}/a"
        assert plain.body(url, max_bytes=10, private_network=True) == b"{}"
        with pytest.raises(AddressRefused, match="only https"):
            strict.body(url, max_bytes=10, private_network=True)

    assert len(proxy.heads) == 1


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "https://[::1]/", "https://localhost/"])
def test_a_proxy_opens_no_way_inside(folder: Path, url: str) -> None:
    """What stands in the address itself is judged before the proxy hears of it."""
    with proxying() as proxy, through(proxy, folder) as client:
        with pytest.raises(AddressRefused, match="not asked"):
            client.body(url, max_bytes=10)
        with pytest.raises(AddressRefused, match="link-local"):
            client.body("https://169.254.169.254/", max_bytes=10, private_network=True)

    assert proxy.heads == []


def test_a_proxy_that_refuses_is_no_connection(folder: Path) -> None:
    """The proxy's own no is not taken for the server's."""
    with (
        proxying(refuses=True) as proxy,
        through(proxy, folder) as client,
        pytest.raises(NotReached, match="407"),
    ):
        client.body("https://far.example/", max_bytes=10)


def test_some_hosts_are_asked_without_the_proxy(folder: Path) -> None:
    """What the environment excepts is resolved and judged here."""
    with (
        proxying() as proxy,
        through(proxy, folder) as client,
        pytest.raises(NotReached, match="cannot be resolved"),
    ):
        client.body("https://direct.test/", max_bytes=10)

    assert proxy.heads == []


@pytest.mark.parametrize("proxy", ["socks5://me:hunter2@x", "http://", "http://hunter2:port"])
def test_a_proxy_that_cannot_be_gone_through_is_said(proxy: str) -> None:
    """Another kind of proxy is an error of the settings; its address is not repeated."""
    with (
        GuardedClient(clock=time.monotonic, proxies=Proxies(by_scheme={"https": proxy})) as client,
        pytest.raises(NotReached, match="gone through") as caught,
    ):
        client.body("https://far.example/", max_bytes=10)

    assert "hunter2" not in str(caught.value)


def test_a_proxy_may_be_spoken_to_over_tls(folder: Path) -> None:
    """Its certificate is checked by the same authorities."""
    with (
        GuardedClient(
            clock=time.monotonic,
            ca_bundle=folder / "authority.pem",
            proxies=Proxies(by_scheme={"https": "https://127.0.0.1:9"}),
        ) as client,
        pytest.raises(NotReached),
    ):
        client.body("https://far.example/", max_bytes=10)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server."""
    with serving() as running:
        yield running


@pytest.fixture
def client() -> Iterator[GuardedClient]:
    """Give a client."""
    with GuardedClient(clock=time.monotonic) as made:
        yield made


def test_a_redirect_is_a_value(server: Server, client: GuardedClient) -> None:
    """Whoever asked may look at where it leads; nobody has gone there."""
    server.answers["/"] = answer(b"", "Location: /other", status="301 Moved")

    with pytest.raises(SentOn) as sent:
        client.body(f"{server.url}/", max_bytes=10, private_network=True)

    assert sent.value.location == "/other"
    assert server.paths == ["/"]


def test_who_keeps_pace_may_take_long(server: Server, client: GuardedClient) -> None:
    """Bytes that come earn the time that they take; a few now and then do not."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 60000\r\n\r\n"
    for size, ok in ((2000, True), (1, False)):
        pieces = itertools.repeat(b"x" * size, 30)
        server.answers["/"] = server.drip(itertools.chain([head], pieces))

        def ask() -> bytes:
            return client.get(
                f"{server.url}/", max_bytes=60_000, seconds=0.15, pace=20_000, private_network=True
            ).body

        if ok:
            assert len(ask()) == 60_000
        else:
            with pytest.raises(TooSlow):
                ask()

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from bonded.errors import InvalidInput
from bonded.outside.client import GuardedClient
from bonded.outside.errors import (
    AddressRefused,
    AnswerRefused,
    NotReached,
    OutsideError,
    TooSlow,
)
from bonded.outside.network import resolve
from issuer_server import (
    HANG,
    NAME,
    Answer,
    Server,
    answer,
    at_home,
    authority_bundle,
    server_tls,
    serving,
)

LIMIT = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the authority's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    authority_bundle(folder)
    return folder


@pytest.fixture
def client(folder: Path) -> Iterator[GuardedClient]:
    """Return a client that believes the tests' authority and knows the tests' names."""
    with GuardedClient(
        clock=time.monotonic,
        ca_bundle=folder / "authority.pem",
        resolve=at_home("localhost", "other.test"),
    ) as client:
        yield client


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """Return a server over TLS."""
    with serving(tls=server_tls(folder)) as server:
        yield server


def asked(client: GuardedClient, url: str, *, seconds: float = 5, private: bool = True) -> bytes:
    """Ask as an index does."""
    return client.body(url, max_bytes=LIMIT, seconds=seconds, private_network=private)


def refused(
    client: GuardedClient, url: str, *, seconds: float = 5, private: bool = True
) -> OutsideError:
    """Return why a request gave nothing."""
    with pytest.raises(OutsideError) as caught:
        asked(client, url, seconds=seconds, private=private)
    return caught.value


def test_a_body_comes_whole(client: GuardedClient, server: Server) -> None:
    """A good answer gives its bytes; its name was resolved, and its certificate is for that name."""
    server.answers["/a?b=c"] = answer(b"{}")

    assert asked(client, f"{server.url}/a?b=c") == b"{}"
    assert server.paths == ["/a?b=c"]
    assert f"host: {NAME}:{server.port}\r\n" in server.heads[0].lower()


def test_only_what_is_needed_is_sent(
    client: GuardedClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy of the environment, nor a cookie that was set, nor a password changes a request."""
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers["/"] = answer(b"x", "Set-Cookie: session=1; Path=/; Secure")

    asked(client, f"{server.url}/")
    asked(client, f"{server.url}/")

    names = {line.split(":")[0].lower() for line in server.heads[1].split("\r\n")[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding"}


def test_headers_of_the_caller_win(client: GuardedClient, server: Server) -> None:
    """A caller may ask for another form, and sees every status that is no redirect."""
    server.answers["/"] = answer(b"", status="304 Not Modified")

    got = client.get(
        f"{server.url}/", max_bytes=LIMIT, private_network=True, headers={"Accept": "text/html"}
    )

    assert (got.status, got.body) == (304, b"")
    assert got.headers["connection"] == "close"
    assert "accept: text/html\r\n" in server.heads[0].lower()


@pytest.mark.parametrize("size", [0, 1, LIMIT])
def test_gzip_is_unpacked(client: GuardedClient, server: Server, size: int) -> None:
    """A packed answer is the same answer."""
    body = b"x" * size
    server.answers["/"] = answer(gzip.compress(body), "Content-Encoding: gzip")

    assert asked(client, f"{server.url}/") == body


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(b"x" * (LIMIT + 1)), "larger than 1000 bytes"),
        (answer(gzip.compress(b"x" * (LIMIT + 1)), "Content-Encoding: gzip"), "larger than"),
        (answer(gzip.compress(bytes(10**7)), "Content-Encoding: gzip"), "larger than"),
        (answer(gzip.compress(b"abc")[:-9], "Content-Encoding: gzip"), "ends in the middle"),
        (answer(b"no gzip", "Content-Encoding: gzip"), "is not gzip"),
        (answer(b"x", "Content-Encoding: br"), "packed with 'br'"),
        (answer(b"x", "Content-Encoding: gzip, gzip"), "packed with 'gzip, gzip'"),
        (answer(b"x")[:-1], "broke off"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "broke off, or does not speak HTTP"),
        (b"", "broke off"),
        (answer(b"", status="500 Oh"), "answered 500"),
        (answer(b"", status="204 No Content"), "answered 204"),
        (answer(b"", "Location: https://169.254.169.254/", status="302 Found"), "sends us on to"),
        (answer(b"", status="308 Permanent Redirect"), "sends us on to ''"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "broke off, or does not speak HTTP"),
    ],
    ids=lambda value: value if isinstance(value, str) else "answer",
)
def test_a_bad_answer_is_refused(
    client: GuardedClient, server: Server, said: bytes, reason: str
) -> None:
    """Too large, packed in another way, broken, redirected: each is said, with the host."""
    server.answers["/"] = said

    failure = refused(client, f"{server.url}/")

    assert isinstance(failure, AnswerRefused)
    assert reason in failure.reason
    assert failure.host == NAME
    assert server.paths == ["/"]


def test_an_endless_answer_ends_at_its_bound(client: GuardedClient, server: Server) -> None:
    """A body without a length is counted as it comes, and the chunks before the bound are given."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    server.answers["/"] = (head if number == 0 else b"x" * 300 for number in range(10**6))
    got: list[bytes] = []

    with (
        pytest.raises(AnswerRefused, match="larger than"),
        client.stream(
            f"{server.url}/", max_bytes=LIMIT, seconds=5, private_network=True
        ) as incoming,
    ):
        got.extend(incoming.chunks)

    assert sum(map(len, got)) <= LIMIT


@pytest.mark.parametrize("where", ["nothing", "head", "body"])
def test_a_slow_answer_ends_at_its_time(client: GuardedClient, server: Server, where: str) -> None:
    """The time is for the whole request: silence ends, and so does one byte now and then."""
    endless = (b"x" for _ in range(10**6))
    starts: dict[str, Answer] = {
        "nothing": HANG,
        "head": server.drip([b"HTTP/1.1 200 OK\r\nX: ", *endless][:2000]),
        "body": server.drip([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 900]),
    }
    server.answers["/"] = starts[where]

    assert isinstance(refused(client, f"{server.url}/", seconds=0.15), TooSlow)


def test_bytes_after_the_deadline_are_not_read(folder: Path) -> None:
    """What is there in time is not enough: the clock decides, even if the rest lies ready."""
    now = [0.0]

    def late() -> Iterator[bytes]:
        now[0] = 100.0
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"

    with (
        serving({"/": late()}, tls=server_tls(folder)) as server,
        GuardedClient(
            clock=lambda: now[0], ca_bundle=folder / "authority.pem", resolve=at_home()
        ) as client,
    ):
        assert isinstance(refused(client, f"{server.url}/", seconds=50), TooSlow)


def test_a_handshake_that_hangs_ends_at_its_time(client: GuardedClient) -> None:
    """A server that takes the connection and then says nothing holds nobody."""
    with serving({"/": HANG}) as server:
        failure = refused(client, f"https://{NAME}:{server.port}/", seconds=0.1)

    assert isinstance(failure, TooSlow)


@pytest.mark.parametrize("fault", ["name", "time", "authority"])
def test_a_certificate_must_be_the_hosts(folder: Path, fault: str) -> None:
    """A certificate for another name, of yesterday, or of an authority that is not believed is none."""
    name = "other.test" if fault == "name" else NAME
    bundle = None if fault == "authority" else folder / "authority.pem"
    with (
        serving(tls=server_tls(folder, name, expired=fault == "time")) as server,
        GuardedClient(clock=time.monotonic, ca_bundle=bundle, resolve=at_home()) as client,
    ):
        failure = refused(client, f"{server.url}/")

    assert isinstance(failure, NotReached)
    assert "certificate" in failure.reason.lower()
    assert server.heads == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://issuer.test/", "only https"),
        ("http://issuer.test/", "only https"),
        ("http://10.0.0.1/", "only https"),
        ("file:///etc/passwd", "a host"),
        ("https:///x", "a host"),
        ("https://user:secret@issuer.test/", "neither user nor fragment"),
        ("https://issuer.test/#x", "neither user nor fragment"),
        ("https://issuer.test:99999/", "a port is 1 to 65535"),
        ("https://issuer.test:0/", "a port is 1 to 65535"),
        ("https://issuer.test/\x00", "not an address"),
        ("issuer.test", "a host"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is not asked: link-local"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[::ffff:169.254.169.254]/", "link-local"),
        ("https://0.0.0.0/", "unspecified"),
        ("https://255.255.255.255/", "reserved"),
    ],
)
def test_some_addresses_are_never_asked(client: GuardedClient, url: str, reason: str) -> None:
    """Not even on a private network; and a secret in an address is not repeated."""
    failure = refused(client, url)

    assert isinstance(failure, AddressRefused)
    assert reason in failure.reason
    assert "secret" not in str(failure)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", f"https://{NAME}/", "http://127.0.0.1/"])
def test_this_machine_is_not_asked_for_strangers(client: GuardedClient, url: str) -> None:
    """A name or an address that leads to this machine is refused where no private network is said to be."""
    assert isinstance(refused(client, url, private=False), AddressRefused)


def test_plain_http_is_for_this_machine(client: GuardedClient) -> None:
    """A server on this machine's own address may speak plain http, by address and by the name localhost."""
    with serving({"/": answer(b"x")}) as server:
        assert asked(client, f"http://127.0.0.1:{server.port}/") == b"x"
        assert asked(client, f"http://localhost:{server.port}/") == b"x"


def test_a_name_with_one_bad_address_is_refused() -> None:
    """All addresses of a name are judged before any is asked: the good one does not excuse the other."""
    mixed = (ip_address("1.1.1.1"), ip_address("169.254.169.254"))
    with GuardedClient(clock=time.monotonic, resolve=lambda _: mixed) as client:
        failure = refused(client, "https://issuer.test/")

    assert isinstance(failure, AddressRefused)
    assert failure.address == "169.254.169.254"


def test_localhost_must_be_this_machine() -> None:
    """A name server that says where localhost is does not decide what plain http is spoken with."""
    with GuardedClient(clock=time.monotonic, resolve=lambda _: (ip_address("10.0.0.1"),)) as client:
        failure = refused(client, "http://localhost/")

    assert isinstance(failure, AddressRefused)
    assert "not this machine" in failure.reason


def test_a_name_is_resolved_once(folder: Path) -> None:
    """A name server that changes its answer after the check (rebinding) is not asked again."""
    answers = iter([(ip_address("127.0.0.1"),), (ip_address("169.254.169.254"),)])
    with (
        serving({"/": answer(b"x")}, tls=server_tls(folder)) as server,
        GuardedClient(
            clock=time.monotonic,
            ca_bundle=folder / "authority.pem",
            resolve=lambda _: next(answers),
        ) as client,
    ):
        assert asked(client, f"{server.url}/") == b"x"

    assert len(list(answers)) == 1


def test_the_next_address_is_tried(folder: Path) -> None:
    """A dead address of a name does not matter if another one answers."""
    both = (ip_address("::1"), ip_address("127.0.0.1"))
    with (
        serving({"/": answer(b"x")}, tls=server_tls(folder)) as server,
        GuardedClient(
            clock=time.monotonic, ca_bundle=folder / "authority.pem", resolve=lambda _: both
        ) as client,
    ):
        assert asked(client, f"{server.url}/") == b"x"


def test_nobody_there_is_said(client: GuardedClient) -> None:
    """A closed port, an unknown name and a name without an address are named as such."""
    with serving() as server:
        pass
    with GuardedClient(clock=time.monotonic, resolve=lambda _: ()) as nowhere:
        failures = [
            refused(client, f"https://{NAME}:{server.port}/"),
            refused(client, "https://unknown.test/"),
            refused(nowhere, "https://issuer.test/"),
        ]

    assert all(isinstance(failure, NotReached) for failure in failures)
    assert [failure.reason.split(":")[0] for failure in failures] == [
        "there is no connection",
        "its name cannot be resolved",
        "there is no connection",
    ]


def test_the_machines_own_resolver_is_the_default() -> None:
    """Without another resolver, names are looked up as every program here does."""
    assert ip_address("127.0.0.1") in resolve("localhost")


def test_a_name_that_is_not_resolved_in_time_holds_nobody() -> None:
    """The system's resolver may wait for as long as it likes; the request does not."""
    waiting = threading.Event()

    def stuck(_host: str) -> tuple[()]:
        waiting.wait(10)
        return ()

    with GuardedClient(clock=time.monotonic, resolve=stuck) as client:
        failure = refused(client, "https://issuer.test/", seconds=0.05)
    waiting.set()

    assert isinstance(failure, TooSlow)
    assert "not resolved in time" in failure.reason


def test_an_address_that_is_silent_is_too_slow() -> None:
    """A server whose queue is full and that takes no connection is given up at the deadline."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        with GuardedClient(clock=time.monotonic) as client:
            failure = refused(client, url, seconds=0.1)
        for one in waiting:
            one.close()

    assert isinstance(failure, TooSlow)
    assert failure.reason == "nobody answered in time"


def test_a_bundle_must_be_one(tmp_path: Path) -> None:
    """A file of certificates that is missing or none is an error with its name, before anything is asked."""
    (tmp_path / "empty.pem").write_text("nothing")

    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(InvalidInput, match=name):
            GuardedClient(clock=time.monotonic, ca_bundle=tmp_path / name)

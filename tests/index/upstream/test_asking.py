"""What the answers of another index mean, on the wire: good ones, broken ones, and those that lead astray."""

import gzip
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError, UsageError
from bonded.index.upstream import asking as asking_module
from bonded.index.upstream.asking import Asking, Denied, Found, Said, Silent, Unanswered
from bonded.index.upstream.settings import Credentials, UpstreamSettings
from bonded.outside.client import GuardedClient
from issuer_server import (
    HANG,
    NAME,
    Server,
    answer,
    at_home,
    authority_bundle,
    server_tls,
    serving,
)

HELPER = ProjectName("helper")
PAGE = b'{"meta":{"api-version":"1.0"},"files":[]}'
PATH = "/simple/helper/"
TYPE = "Content-Type: application/vnd.pypi.simple.v1+json"


class Clock:
    """A steady clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def turn(self, seconds: float) -> None:
        """Go on."""
        self.now += seconds


@pytest.mark.parametrize("url", ["", "x", "ftp://x/", "http://", "http://me:hunter2@x:y/"])
def test_an_address_that_is_none_is_said(client: GuardedClient, url: str) -> None:
    """What cannot be asked is an error at the start, and is not repeated."""
    with pytest.raises(UsageError, match="not one that can be asked") as caught:
        Asking(UpstreamSettings(url=url), client)

    assert "hunter2" not in str(caught.value)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server that says what it is told to."""
    with serving() as running:
        yield running


@pytest.fixture
def client() -> Iterator[GuardedClient]:
    """Give the way out."""
    with GuardedClient(clock=time.monotonic, resolve=at_home("localhost", "other.test")) as made:
        yield made


def asking(server: Server, client: GuardedClient, *, user: str = "me") -> Asking:
    """Ask the server as the index behind, as a user."""
    credentials = Credentials(user=user, password="hunter2") if user else None
    settings = UpstreamSettings(
        url=f"{server.url}/simple", credentials=credentials, private_network=True
    )
    return Asking(settings, client)


def failure(server: Server, client: GuardedClient) -> RemoteError:
    """Return why asking for the page failed."""
    with pytest.raises(RemoteError) as caught:
        asking(server, client).page(HELPER, "")
    return caught.value


def test_a_page_comes_with_what_is_needed_to_read_it(server: Server, client: GuardedClient) -> None:
    """The body, its type and ETag, and where it came from; JSON is preferred, and the ETag is shown again."""
    server.answers[PATH] = answer(PAGE, TYPE, 'ETag: "one"')

    found = asking(server, client).page(HELPER, '"zero"')

    assert found == Found(
        url=f"{server.url}{PATH}",
        media_type="application/vnd.pypi.simple.v1+json",
        etag='"one"',
        body=PAGE.decode(),
    )
    head = server.heads[0].lower()
    assert "accept: application/vnd.pypi.simple.v1+json," in head
    assert 'if-none-match: "zero"' in head


@pytest.mark.parametrize(
    ("status", "etag", "said"),
    [
        ("404 Not Found", "", Said.ABSENT),
        ("410 Gone", "", Said.ABSENT),
        ("304 Not Modified", '"x"', Said.UNCHANGED),
    ],
)
def test_what_may_be_said_without_a_page(
    server: Server, client: GuardedClient, status: str, etag: str, said: Said
) -> None:
    """No such project, and nothing new; nothing else is either."""
    server.answers[PATH] = answer(b"", status=status)

    assert asking(server, client).page(HELPER, etag) is said


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_refusal_is_no_absence(server: Server, client: GuardedClient, status: int) -> None:
    """Who is not let in is told to look at the password, and not that there is no such project."""
    server.answers[PATH] = answer(b"no", status=f"{status} No")

    refused = failure(server, client)

    assert isinstance(refused, Denied)
    assert str(status) in refused.message
    assert "password" in refused.hint


@pytest.mark.parametrize(
    "said",
    [
        answer(b"", status="500 Oops"),
        answer(b"", status="503 Busy"),
        answer(b"", status="429 Slow down"),
        answer(b"", status="204 No Content"),
        answer(b"", status="206 Partial Content"),
        answer(b"", status="304 Not Modified"),
        answer(b"\xff{}", TYPE),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + PAGE,
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"fil\r\n',
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<a href='helper-1.tar.gz#sha256=",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
        answer(gzip.compress(PAGE)[:-9], TYPE, "Content-Encoding: gzip"),
        answer(PAGE, TYPE, "Content-Encoding: br"),
    ],
    ids=lambda said: said[:40].decode("latin-1").split("\r")[0] + str(len(said)),
)
def test_everything_else_is_a_failure(server: Server, client: GuardedClient, said: bytes) -> None:
    """Errors, other statuses, and bodies that are cut off, broken or packed strangely are no answers."""
    server.answers[PATH] = said

    assert isinstance(failure(server, client), Unanswered)


def test_a_page_without_a_length_must_show_its_end(server: Server, client: GuardedClient) -> None:
    """JSON shows by itself whether it is whole, HTML by its last tag."""
    for body in (PAGE, b"<html></html>\n"):
        server.answers[PATH] = b"HTTP/1.0 200 OK\r\n\r\n" + body
        assert isinstance(asking(server, client).page(HELPER, ""), Found)


def test_who_is_silent_is_told_apart(
    server: Server, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection, no answer in time, and an answer that drips are silence."""
    monkeypatch.setattr(asking_module, "_PAGE_SECONDS", 0.2)
    server.answers[PATH] = HANG
    assert isinstance(failure(server, client), Silent)

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    server.answers[PATH] = server.drip(itertools.chain([head], itertools.repeat(b"x", 9999)))
    assert isinstance(failure(server, client), Silent)

    gone = UpstreamSettings(url="http://127.0.0.1:9/simple/", private_network=True)
    with pytest.raises(Silent):
        Asking(gone, client).page(HELPER, "")


def test_an_endless_page_is_cut_off(
    server: Server, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is read up to its bound, as it comes and unpacked."""
    monkeypatch.setattr(asking_module, "MAX_PAGE", 1000)
    server.answers[PATH] = itertools.chain(
        [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"], itertools.repeat(b"x" * 500, 20)
    )
    assert "larger than" in failure(server, client).message

    server.answers[PATH] = answer(gzip.compress(b" " * 50_000), TYPE, "Content-Encoding: gzip")
    assert "larger than" in failure(server, client).message


@pytest.mark.parametrize(
    ("location", "ends"),
    [
        ("/other/simple/helper/", True),
        ("/simple/helper", True),
        ("../helper/?x=1", True),
        ("/simple/helper/index.html", True),
        ("/login?next=/simple/helper/", False),
        ("/simple/other/", False),
        ("https://elsewhere.example/simple/helper/", False),
        ("//elsewhere.example/simple/helper/", False),
        ("http://[bad", False),
        ("http://me:pw@127.0.0.1:9/simple/helper/", False),
        ("", False),
    ],
)
def test_a_page_is_followed_on_its_own_host_only(
    server: Server, client: GuardedClient, location: str, *, ends: bool
) -> None:
    """A redirect to another server, to a sign-in form or to another project is a failure."""
    server.answers[PATH] = answer(b"", f"Location: {location}", status="302 Found")
    for path in (
        "/other/simple/helper/",
        "/simple/helper",
        "/simple/helper/?x=1",
        "/simple/helper/index.html",
    ):
        server.answers[path] = answer(PAGE, TYPE)

    if ends:
        found = asking(server, client).page(HELPER, "")
        assert isinstance(found, Found)
        assert found.url == f"{server.url}{server.paths[-1]}"
        assert all("authorization: basic" in head.lower() for head in server.heads)
    else:
        assert isinstance(failure(server, client), Unanswered)


def test_some_pages_may_lead_elsewhere(server: Server, client: GuardedClient) -> None:
    """Where that is allowed, a page is followed to other servers: without the password, never to another project."""
    with serving({PATH: answer(PAGE, TYPE)}) as far:
        server.answers[PATH] = answer(b"", f"Location: {far.url}{PATH}", status="302 Found")
        settings = UpstreamSettings(
            url=f"http://me:hunter2@{server.url[7:]}/simple/", private_network=True, follows=True
        )
        found = Asking(settings, client).page(HELPER, "")
        server.answers[PATH] = answer(b"", f"Location: {far.url}/login", status="302 Found")
        with pytest.raises(Unanswered, match="not the project's page"):
            Asking(settings, client).page(HELPER, "")

    assert isinstance(found, Found)
    assert found.url == f"{far.url}{PATH}"
    assert "authorization" not in far.heads[0].lower()


def test_a_circle_ends(server: Server, client: GuardedClient) -> None:
    """Redirects that lead nowhere are given up, for pages and for files."""
    server.answers[PATH] = answer(b"", f"Location: {PATH}", status="302 Found")

    assert "on and on" in failure(server, client).message
    with pytest.raises(Unanswered, match="on and on"):
        asking(server, client).fetch(f"{server.url}{PATH}", bytes, max_bytes=10)


def test_a_file_is_followed_and_the_password_is_not(server: Server, client: GuardedClient) -> None:
    """A file may lie on another host, for its digest is known; what is for the one host stays there."""
    with serving() as store:
        server.answers["/f"] = answer(b"", f"Location: {store.url}/blob?sig=1", status="307 There")
        store.answers["/blob?sig=1"] = answer(b"DATA")
        got: list[bytes] = []
        asking(server, client).fetch(f"http://x:y@{server.url[7:]}/f#z", got.append, max_bytes=10)

    assert b"".join(got) == b"DATA"
    assert "authorization: basic bwu6ahvudgvymg==" in server.heads[0].lower()
    assert "accept-encoding: identity" in server.heads[0].lower()
    assert "authorization" not in store.heads[0].lower()


@pytest.mark.parametrize(
    ("url", "said", "kind"),
    [
        ("/f", answer(b"", status="404 Not Found"), Unanswered),
        ("/f", answer(b"", status="403 Forbidden"), Denied),
        ("/f", answer(b"x" * 11), Unanswered),
        ("/f", answer(b"", "Location: http://[bad", status="302 Found"), Unanswered),
        ("/f", answer(b"", "Location: http://10.0.0.1:1/", status="302 Found"), Unanswered),
        ("http://elsewhere.example/f", b"", Unanswered),
        ("http://x:99999999/f", b"", Unanswered),
        ("http://x/\x01", b"", Unanswered),
        ("http://\u2603.-/", b"", Unanswered),
        (f"http://x/{'x' * 70_000}", b"", Unanswered),
    ],
)
def test_a_file_that_does_not_come(
    server: Server, client: GuardedClient, url: str, said: bytes, kind: type[RemoteError]
) -> None:
    """Another status, more bytes than the page says, and addresses that may not be asked are failures."""
    server.answers["/f"] = said

    with pytest.raises(kind):
        asking(server, client).fetch(
            url if url.startswith("http") else f"{server.url}{url}", bytes, max_bytes=10
        )


def test_a_page_cannot_send_us_into_our_own_network(client: GuardedClient) -> None:
    """`private_network` holds for the index itself; another private host must be named, whatever a page says."""
    with serving() as server:
        server.answers["/f"] = answer(b"DATA")
        there = f"http://localhost:{server.url.rpartition(':')[2]}/f"
        one = UpstreamSettings(url=f"{server.url}/simple/", private_network=True)
        server.answers["/on"] = answer(b"", f"Location: {there}", status="302 Found")
        for url in (there, f"{server.url}/on"):
            with pytest.raises(Unanswered):
                Asking(one, client).fetch(url, bytes, max_bytes=10)
        assert [head.split(" ")[1] for head in server.heads] == ["/on"]

        got: list[bytes] = []
        named = replace(one, file_hosts=frozenset({"localhost"}))
        Asking(named, client).fetch(there, got.append, max_bytes=10)

    assert b"".join(got) == b"DATA"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://index.test/f", "'private-network = true' in [upstream] allows it"),
        ("https://files.test/f", "'file-hosts = [\"files.test\"]' in [upstream] allow it"),
        ("https://169.254.1.1/f", ""),
    ],
)
def test_the_setting_for_a_private_address_has_a_name(url: str, told: str) -> None:
    """Whoever keeps an index behind in a private network reads which setting lets it be asked."""
    with GuardedClient(clock=time.monotonic, resolve=at_home("index.test", "files.test")) as client:
        behind = Asking(UpstreamSettings(url="https://index.test/simple/"), client)
        with pytest.raises(Unanswered, match="is not asked") as caught:
            behind.fetch(url, bytes, max_bytes=10)

    assert caught.value.hint.endswith(told)
    assert bool(caught.value.hint) == bool(told)


def test_what_came_fast_does_not_earn_hours(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that stalls after a good beginning is given up after the time that any file may take."""
    monkeypatch.setattr(asking_module, "_PACE", 1.0)
    clock = Clock()
    server.answers["/f"] = answer(b"x" * 5_000_000)
    with (
        GuardedClient(clock=clock, resolve=at_home("localhost")) as client,
        pytest.raises(Silent),
    ):
        asking(server, client).fetch(
            f"{server.url}/f", lambda _: clock.turn(100.0), max_bytes=5_000_000
        )


def test_credentials_are_for_one_server(tmp_path: Path, client: GuardedClient) -> None:
    """A user in the address is taken out of it; others than the settings' are not used, and none is shown."""
    with serving() as server:
        server.answers[PATH] = answer(PAGE, TYPE)
        url = f"http://you:other@{server.url[7:]}/simple/"
        mine = Asking(UpstreamSettings(url=url, private_network=True), client)
        both = UpstreamSettings(
            url=url, credentials=Credentials(user="me", password="hunter2"), private_network=True
        )
        mine.page(HELPER, "")
        Asking(both, client).page(HELPER, "")

    assert (mine.user, Asking(both, client).user) == ("you", "me")
    assert "you" not in mine.page_url(HELPER)
    assert "authorization: basic ew91om90agvy" in server.heads[0].lower()
    assert "authorization: basic bwu6ahvudgvymg==" in server.heads[1].lower()
    assert "hunter2" not in repr(both) + json.dumps(str(both))


def test_tls_is_checked_by_the_authorities_that_are_named(tmp_path: Path) -> None:
    """With the right authorities a page comes over TLS, with the machine's it does not."""
    bundle = authority_bundle(tmp_path)
    with serving({PATH: answer(PAGE, TYPE)}, tls=server_tls(tmp_path)) as server:
        settings = UpstreamSettings(url=f"{server.url}/simple/", private_network=True)
        for believed in (bundle, None):
            with GuardedClient(
                clock=time.monotonic, ca_bundle=believed, resolve=at_home(NAME)
            ) as way_out:
                asked = Asking(settings, way_out)
                assert asked.user == ""
                if believed:
                    assert isinstance(asked.page(HELPER, ""), Found)
                else:
                    with pytest.raises(Silent, match="no trusted connection"):
                        asked.page(HELPER, "")

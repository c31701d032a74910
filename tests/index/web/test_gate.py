"""The gate of a private index: closed to whoever has no living token, at every address, however it is written."""

import asyncio
import base64
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message

from bonded.index.administration import NewToken
from bonded.index.settings import Access
from bonded.index.web.credentials import presented_token
from bonded.index.web.gate import OPEN, OWNERS, gated
from index_world import World, serving, wheel_offer, world

GUARDED_BY_THEMSELVES = {
    "/legacy": "uploads take an upload token",
    "/legacy/": "uploads take an upload token",
    "/_/oidc/audience": "a job asks before it has a token",
    "/_/oidc/mint-token": "takes an ID token",
    "/_/oidc/github/mint-token": "takes an ID token",
    "/_/oidc/burn-token": "takes the token that it ends, and tells nothing",
    "/.well-known/pytp": "tells where the mint is",
}
"""Every address that is open in a private index, and why; a new one is closed until somebody writes it here."""

WHEEL = "/packages/{}/greeter-1.0-py3-none-any.whl"


@pytest.fixture
def private(tmp_path: Path) -> Iterator[World]:
    """Give a private index with one wheel in it."""
    with world(tmp_path / "index", access=Access.TOKEN) as stage:
        assert stage.upload(wheel_offer()).status_code == 200
        yield stage


def token(stage: World, scope: str = "read", name: str = "reader", days: float = 1) -> str:
    """Make a token."""
    projects = ("greeter",) if scope == "upload" else ()
    new = NewToken(name=name, scope=scope, projects=projects, days=days)
    return str(stage.index.administration.tokens("me").add(new)["token"])


def basic(user: str, password: str) -> str:
    """Return what clients send for a user name and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(stage: World, path: str, *authorization: str, method: str = "GET") -> httpx2.Response:
    """Ask for a path with these Authorization headers."""
    headers = [(b"authorization", one.encode("latin-1")) for one in authorization]
    return stage.client.request(method, path, headers=headers)


def is_closed(answer: httpx2.Response) -> bool:
    """Tell whether an answer is the gate's: a challenge, and nothing of the index."""
    challenge = answer.headers.get("www-authenticate", "")
    return answer.status_code == 401 and challenge.startswith("Basic realm=")


def file_path(stage: World) -> str:
    """Return where the wheel is."""
    reader = f"Bearer {token(stage, name='finder')}"
    accept = {"accept": "application/vnd.pypi.simple.v1+json", "authorization": reader}
    page = stage.client.get("/simple/greeter/", headers=accept).json()
    return str(page["files"][0]["url"]).removeprefix("../..")


def test_every_address_is_closed_or_named(private: World) -> None:
    """The app's own list of routes is asked: each is closed to strangers, guards itself, or is not there yet."""
    seen = set()
    for route in private.index.routes:
        path = re.sub(r"\{[^}]*\}", "greeter", str(getattr(route, "path", "")))
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            answer = ask(private, path, method=method)
            seen.add(path)
            if path.startswith(OWNERS):
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            elif path in GUARDED_BY_THEMSELVES:
                assert not is_closed(answer), (method, path)
            else:
                assert is_closed(answer), (method, path)
                assert b"greeter" not in answer.content

    assert set(GUARDED_BY_THEMSELVES) == OPEN
    assert seen >= OPEN
    assert {"/simple/", "/simple/greeter/", "/legacy/", "/-/api/publishers"} <= seen


def test_a_reader_reads_everything(private: World) -> None:
    """With a token of any scope, as clients send it, every surface answers, and no shared cache keeps the answer."""
    wheel = file_path(private)
    for scope in ("read", "upload", "admin"):
        secret = token(private, scope, name=scope)
        for sent in (basic("__token__", secret), f"Bearer {secret}"):
            for path in (
                "/simple/",
                "/simple/greeter/",
                wheel,
                f"{wheel}.metadata",
                "/",
                "/pypi/greeter/json",
            ):
                answer = ask(private, path, sent)
                caching = [part.strip() for part in answer.headers["cache-control"].split(",")]

                assert answer.status_code == 200, path
                assert "private" in caching, path
                assert "public" not in caching, path
                assert "authorization" in answer.headers["vary"].lower(), path


def test_a_reader_uploads_nothing(private: World) -> None:
    """A token to read with does nothing but read; an admin token administers, and an upload token uploads."""
    secrets = {scope: token(private, scope, name=scope) for scope in ("read", "upload", "admin")}
    uploaded = {
        scope: private.upload(wheel_offer(version="2.0"), token=secret).status_code
        for scope, secret in sorted(secrets.items())
    }
    administered = {
        scope: ask(private, "/-/api/projects", f"Bearer {secret}").status_code
        for scope, secret in secrets.items()
    }

    assert uploaded == {"admin": 403, "read": 403, "upload": 200}
    assert administered == {"admin": 200, "read": 403, "upload": 403}


def test_a_token_that_ended_lets_nobody_in(private: World) -> None:
    """Revoked or expired, at the very next request; the answer is that to a stranger."""
    secret = token(private, days=1)
    other = token(private, name="other", days=2)
    before = [ask(private, "/simple/", f"Bearer {one}").status_code for one in (secret, other)]
    private.index.administration.tokens("me").revoke("other")
    revoked = ask(private, "/simple/", f"Bearer {other}")
    private.clock.now += 86_400
    expired = ask(private, "/simple/", f"Bearer {secret}")
    stranger = ask(private, "/simple/")

    assert before == [200, 200]
    assert is_closed(revoked)
    assert is_closed(expired)
    assert revoked.content == expired.content == stranger.content


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic \N{LATIN SMALL LETTER E WITH ACUTE}",
        "Basic X190b2tlbl9fOg",  # no padding
        "Digest {token}",
        "Bearer",
        "Bearer bonded-" + "a" * 43,
        "Bearer {token}x",
        "Bearer x{token}",
        "{token}",
        "Negotiate {token}",
    ],
)
def test_what_is_no_token_is_refused(private: World, sent: str) -> None:
    """Wrong schemes, broken encodings, and texts that only look like a token."""
    secret = token(private)

    assert is_closed(ask(private, "/simple/", sent.replace("{token}", secret)))


def test_a_token_is_the_password_of_one_user(private: World) -> None:
    """Under another user name it is no password; two headers are none, whichever is good."""
    secret = token(private)
    good = f"Bearer {secret}"

    assert ask(private, "/simple/", basic("__token__", secret)).status_code == 200
    assert ask(private, "/simple/", basic("__token__", f" {secret}\n")).status_code == 200
    for user in ("", "root", "__TOKEN__", "__token__:x"):
        assert is_closed(ask(private, "/simple/", basic(user, secret))), user
    for pair in ((good, good), (good, "Basic x"), ("Basic x", good)):
        assert is_closed(ask(private, "/simple/", *pair))


def test_a_hash_is_no_token(private: World) -> None:
    """The hash of a token, which is what the book has, is no token."""
    from bonded.minting.upload_token import hash_token

    secret = token(private)

    assert is_closed(ask(private, "/simple/", f"Bearer {hash_token(secret)}"))
    assert is_closed(ask(private, "/simple/", f"Bearer bonded-{hash_token(secret)}"))


PATHS = (
    "//simple/",
    "/simple//",
    "/%2e%2e/simple/",
    "/legacy/../simple/",
    "/legacy/%2e%2e/simple/",
    "/legacy/%2e%2e%2fsimple%2f",
    "/legacy%2f..%2fsimple%2f",
    "/legacy/;/simple/",
    "/legacy/.",
    "/LEGACY/",
    "/Legacy",
    "/legacy//",
    "/legacy.",
    "/legacy%20",
    "/legacy%00",
    "/-/api",
    "/-/api/",
    "/-/api/../simple/",
    "/-/api/%2e%2e/%2e%2e/simple/",
    "/-/api/..%2f..%2fsimple%2f",
    "/-/api//simple/",
    "/-/api/.",
    "/-/API/publishers",
    "/_/oidc/mint-token/../../../simple/",
    "/.well-known/pytp/../../simple/greeter/",
    "/SIMPLE/",
    "/simple/greeter./",
    "/simple/%67reeter/",
    "/simple/greeter%2f",
    "/nothing",
    "/static/style.css",
    "/health",
    "/metrics",
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_no_way_of_writing_a_path_gets_in(private: World, method: str) -> None:
    """Dots, slashes, letter case and encodings open nothing, for no method; the bytes are sent as they stand here."""
    with serving(private.index.app) as address:
        for path in PATHS:
            connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            challenge = answer.getheader("www-authenticate", "")
            if path.startswith("/-/api/") and ".." not in unquote(path):
                assert answer.status in {401, 404, 405}, path
            else:
                assert (answer.status, challenge[:12]) == (401, "Basic realm="), path
            assert b"greeter" not in body, path


def test_the_same_bytes_reach_what_is_open(private: World) -> None:
    """The table above is refused for what it is, not because nothing would be let through."""
    with serving(private.index.app) as address:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
        connection.request("GET", "/legacy/")

        assert connection.getresponse().status == 200
        connection.close()


def test_other_protocols_are_closed(private: World) -> None:
    """A websocket is closed at once."""
    sent: list[object] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def knock() -> None:
        await private.index.app({"type": "websocket", "path": "/legacy/"}, receive, send)

    asyncio.run(knock())

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_range_or_a_condition_is_a_request_too(private: World) -> None:
    """No part of a file, and no word whether it is the same, without a token."""
    wheel = file_path(private)
    reader = f"Bearer {token(private)}"
    etag = ask(private, "/simple/greeter/", reader).headers["etag"]

    for path, headers in (
        (wheel, {"range": "bytes=0-3"}),
        ("/simple/greeter/", {"if-none-match": etag}),
    ):
        assert is_closed(private.client.get(path, headers=headers))
        known = private.client.get(path, headers={**headers, "authorization": reader})
        assert known.status_code in {206, 304}
        assert "private" in known.headers["cache-control"]


def test_an_open_index_asks_nobody(tmp_path: Path) -> None:
    """Without the setting there is no gate, and a wrong token harms nobody."""
    with world(tmp_path / "index") as stage:
        assert stage.upload(wheel_offer()).status_code == 200
        for sent in ((), ("Bearer nonsense",), (basic("a", "b"),)):
            assert ask(stage, "/simple/greeter/", *sent).status_code == 200


def test_while_the_book_cannot_be_read_nobody_gets_in() -> None:
    """Clients are told to come again, and the app behind is not asked."""

    async def lives(_hash: str) -> bool:
        raise OSError("the disk is gone")

    async def behind(*_: object) -> None:
        raise AssertionError("somebody got in")

    app = gated(behind, lives, realm="x", troubles=(OSError,))
    secret = "bonded-" + "a" * 43
    answer = TestClient(app).get("/simple/", headers={"authorization": f"Bearer {secret}"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("given", "caching", "varies"),
    [
        ({}, "private", "Authorization"),
        ({"cache-control": "public, max-age=9, immutable"}, "private, max-age=9, immutable", None),
        ({"cache-control": "Public,S-MaxAge=9 , max-age=1"}, "private, max-age=1", None),
        ({"cache-control": "no-store"}, "private, no-store", None),
        ({"cache-control": "private"}, "private", None),
        ({"vary": "Accept, Accept-Encoding"}, "private", "Accept, Accept-Encoding, Authorization"),
        ({"vary": "AUTHORIZATION"}, "private", "AUTHORIZATION"),
        ({"vary": "*"}, "private", "*"),
        ({"surrogate-control": "max-age=9", "cdn-cache-control": "x"}, "private", None),
    ],
)
def test_no_shared_cache_keeps_an_answer(
    given: dict[str, str], caching: str, varies: str | None
) -> None:
    """What was meant for everybody is kept by the reader's own cache only."""

    async def lives(_hash: str) -> bool:
        return True

    app = gated(Response("x", headers=given), lives, realm='A "b" \\ \n ü')
    secret = "bonded-" + "a" * 43
    client = TestClient(app)
    answer = client.get("/simple/", headers={"authorization": f"Bearer {secret}"})

    assert answer.headers["cache-control"] == caching
    assert answer.headers["vary"] == (varies or "Authorization")
    assert not {"surrogate-control", "cdn-cache-control"} & set(answer.headers)
    challenge = 'Basic realm="A b   ", charset="UTF-8"'
    assert client.get("/simple/").headers["www-authenticate"] == challenge


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.binary().map(lambda raw: "Basic " + base64.b64encode(raw).decode())))
def test_any_header_is_read_or_refused(text: str) -> None:
    """Whatever stands in the header, what comes out is a token's form, or nothing."""
    found = presented_token(text)

    assert found == "" or re.fullmatch(r"bonded-[A-Za-z0-9_-]{43,}", found)

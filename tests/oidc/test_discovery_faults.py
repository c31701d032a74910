"""What an issuer's server can do wrong, tried over real connections on this machine."""

import gzip
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bonded.oidc.discovery import Discovery, KeysUnavailable
from bonded.oidc.documents import MAX_DOCUMENT
from bonded.oidc.issuers import TrustedIssuer
from bonded.outside.client import GuardedClient
from claims_builder import key, other_key
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

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/keys"
KNOWN = key().key_id
PATIENT, QUICK = 5.0, 0.2
"""Seconds for each of the two requests: enough on a busy machine; and few, where nothing comes anyway."""


class World:
    """A good issuer, the discovery that trusts it and another one, and a clock that stands still."""

    def __init__(self, server: Server, good: Server, client: GuardedClient) -> None:
        self.server = server
        self.now = 0.0
        self.seconds = PATIENT
        self.issuer = TrustedIssuer(url=server.url, kind="generic", private_network=True)
        self.good = TrustedIssuer(url=good.url, kind="generic", private_network=True)
        for one in (server, good):
            one.answers |= {DISCOVERY: discovery(one), KEYS: answer(jwks(key().jwk()))}

        def fetch(url: str, *, max_bytes: int, private_network: bool) -> bytes:
            return client.body(
                url, max_bytes=max_bytes, seconds=self.seconds, private_network=private_network
            )

        self.discovery = Discovery([self.issuer, self.good], fetch, lambda: self.now)


def jwks(*members: object) -> bytes:
    """Return a key document."""
    return json.dumps({"keys": members}).encode()


def discovery(server: Server, **bent: object) -> bytes:
    """Return the issuer's discovery document as an answer, with some members replaced."""
    whole = {"issuer": server.url, "jwks_uri": f"{server.url}{KEYS}"} | bent
    return answer(json.dumps(whole).encode())


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """Return the server's side of TLS, and what the client believes."""
    folder = tmp_path_factory.mktemp("tls")
    return server_tls(folder), authority_bundle(folder)


@pytest.fixture
def world(tls: tuple[ssl.SSLContext, Path]) -> Iterator[World]:
    """Return two issuers over TLS that are asked through the guarded client."""
    with (
        serving(tls=tls[0]) as server,
        serving(tls=tls[0]) as good,
        GuardedClient(
            clock=time.monotonic, ca_bundle=tls[1], resolve=at_home("other.test")
        ) as client,
    ):
        yield World(server, good, client)


def page(status: str = "200 OK") -> bytes:
    """Return what a proxy says instead of the issuer."""
    return answer(
        b"<!doctype html><title>Sign in</title>", "Content-Type: text/html", status=status
    )


def away(to: str) -> bytes:
    """Return a redirect."""
    return answer(b"", f"Location: {to}", status="302 Found")


def bomb() -> bytes:
    """Return an answer of a few kilobytes that would be 10 million bytes."""
    return answer(gzip.compress(bytes(10**7)), "Content-Encoding: gzip")


Fault = tuple[str, str, Callable[[Server], Answer]]
FAULTS: dict[str, Fault] = {
    "hangs": (DISCOVERY, "in time", lambda _: HANG),
    "hangs-with-keys": (KEYS, "in time", lambda _: HANG),
    "drips": (DISCOVERY, "in time", lambda server: server.drip([b"HTTP/1.1 200 OK\r\nX: "] + [b"x"] * 500)),
    "says-nothing": (DISCOVERY, "broke off", lambda _: b""),
    "breaks-off": (KEYS, "broke off", lambda _: answer(jwks(key().jwk()))[:-5]),
    "no-http": (DISCOVERY, "does not speak HTTP", lambda _: b"220 mail ESMTP\r\n\r\n"),
    "404": (DISCOVERY, "answered 404", lambda _: page("404 Not Found")),
    "500": (DISCOVERY, "answered 500", lambda _: page("500 Internal Server Error")),
    "503-with-keys": (KEYS, "answered 503", lambda _: answer(jwks(), status="503 Busy")),
    "html": (DISCOVERY, "not strict JSON", lambda _: page()),
    "html-for-keys": (KEYS, "not strict JSON", lambda _: page()),
    "10-mb": (DISCOVERY, "larger than", lambda _: answer(b" " * 10**7)),
    "10-mb-of-keys": (KEYS, "larger than", lambda _: answer(b" " * 10**7)),
    "one-byte-too-many": (KEYS, "larger than", lambda _: answer(b" " * (MAX_DOCUMENT + 1))),
    "bomb": (DISCOVERY, "larger than", lambda _: bomb()),
    "bomb-of-keys": (KEYS, "larger than", lambda _: bomb()),
    "brotli": (KEYS, "packed with", lambda _: answer(b"x", "Content-Encoding: br")),
    "redirect-to-metadata": (DISCOVERY, "sends us on", lambda _: away("http://169.254.169.254/")),
    "redirect-of-keys": (KEYS, "sends us on", lambda _: away("https://169.254.169.254/")),
    "redirect-home": (DISCOVERY, "sends us on", lambda _: away(KEYS)),
    "issuer-mismatch": (DISCOVERY, "must be of the issuer", lambda s: discovery(s, issuer="https://x")),
    "issuer-slash": (DISCOVERY, "must be of the issuer", lambda s: discovery(s, issuer=s.url + "/")),
    "no-jwks-uri": (DISCOVERY, "'jwks_uri' is not", lambda s: discovery(s, jwks_uri=None)),
    "keys-elsewhere": (DISCOVERY, "another host", lambda s: discovery(s, jwks_uri="https://other.test/")),
    "keys-at-metadata": (
        DISCOVERY, "another host", lambda s: discovery(s, jwks_uri="https://169.254.169.254/"),
    ),
    "keys-at-other-port": (
        DISCOVERY, "another host", lambda s: discovery(s, jwks_uri=f"https://{NAME}:1/"),
    ),
    "keys-in-plain-http": (
        DISCOVERY, "not an https address", lambda s: discovery(s, jwks_uri=f"http://{NAME}{KEYS}"),
    ),
    "name-twice": (DISCOVERY, "given twice", lambda _: answer(b'{"issuer": "a", "issuer": "b"}')),
    "empty-keys": (KEYS, "no key to verify", lambda _: answer(jwks())),
    "no-keys": (KEYS, "'keys' is not a list", lambda _: answer(b"{}")),
    "duplicate-kid": (
        KEYS, "used twice", lambda _: answer(jwks(key().jwk(), other_key().jwk() | {"kid": KNOWN})),
    ),
    "wrong-kty": (KEYS, "no key to verify", lambda _: answer(jwks({"kty": "oct", "kid": KNOWN, "k": "AA"}))),
    "kty-confused": (KEYS, "no number 'x'", lambda _: answer(jwks(
        {"kty": "EC", "crv": "P-256", "kid": KNOWN, "n": key().jwk()["n"], "e": "AQAB"}))),
    "for-encryption": (KEYS, "no key to verify", lambda _: answer(jwks(key().jwk() | {"use": "enc"}))),
    "short-key": (KEYS, "bits", lambda _: answer(jwks(key().jwk() | {"n": "gAAB" * 40}))),
    "broken-key": (KEYS, "no number 'n'", lambda _: answer(jwks(key().jwk() | {"n": "!"}))),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_an_issuer_that_fails_gives_no_keys(world: World, name: str) -> None:
    """Each fault is told from the others, ends in time, is not tried again at once, and is this issuer's alone."""
    path, reason, said = FAULTS[name]
    world.server.answers[path] = said(world.server)
    world.seconds = QUICK if reason == "in time" else PATIENT

    for _ in range(3):
        with pytest.raises(KeysUnavailable, match=reason):
            world.discovery.keys_for(world.issuer, KNOWN)

    assert world.server.paths == [DISCOVERY, KEYS][: 1 + (path == KEYS)]
    world.seconds = PATIENT
    assert world.discovery.keys_for(world.good, KNOWN).ids == (KNOWN,)


@pytest.mark.parametrize("name", FAULTS)
def test_an_issuer_that_begins_to_fail_keeps_its_keys(world: World, name: str) -> None:
    """Keys that were good stay for an hour, whatever the issuer says meanwhile; then there are none."""
    assert world.discovery.keys_for(world.issuer, KNOWN).ids == (KNOWN,)
    path, reason, said = FAULTS[name]
    world.server.answers[path] = said(world.server)
    world.seconds = QUICK if reason == "in time" else PATIENT

    world.now = 3600.0
    assert world.discovery.keys_for(world.issuer, KNOWN).ids == (KNOWN,)
    assert reason in world.discovery.trouble(world.issuer.url)
    world.now += 1
    with pytest.raises(KeysUnavailable, match=reason):
        world.discovery.keys_for(world.issuer, KNOWN)


def test_an_issuer_that_is_down_is_unreachable(
    world: World, tls: tuple[ssl.SSLContext, Path]
) -> None:
    """A closed port is an outage like the others."""
    with serving(tls=tls[0]) as gone:
        pass
    issuer = TrustedIssuer(url=gone.url, kind="generic", private_network=True)
    with GuardedClient(clock=time.monotonic, ca_bundle=tls[1], resolve=at_home()) as client:
        nobody = Discovery([issuer], client.body, lambda: 0.0)
        with pytest.raises(KeysUnavailable, match="there is no connection"):
            nobody.keys_for(issuer, KNOWN)


@pytest.mark.parametrize("fault", ["name", "time"])
def test_an_issuer_must_prove_its_name(tmp_path: Path, fault: str) -> None:
    """A certificate for another name, or of yesterday, is an outage; nothing is asked."""
    name = "other.test" if fault == "name" else NAME
    context = server_tls(tmp_path, name, expired=fault == "time")
    with (
        serving(tls=context) as server,
        GuardedClient(
            clock=time.monotonic, ca_bundle=authority_bundle(tmp_path), resolve=at_home()
        ) as client,
    ):
        issuer = TrustedIssuer(url=server.url, kind="generic", private_network=True)
        with pytest.raises(KeysUnavailable, match="certificate"):
            Discovery([issuer], client.body, lambda: 0.0).keys_for(issuer, KNOWN)

    assert server.heads == []


def test_an_issuer_whose_name_leads_inside_is_not_asked(
    world: World, tls: tuple[ssl.SSLContext, Path]
) -> None:
    """An issuer that is not said to be in a private network, and is, is not asked."""
    issuer = TrustedIssuer(url=world.server.url, kind="generic")
    with (
        GuardedClient(clock=time.monotonic, ca_bundle=tls[1], resolve=at_home()) as client,
        pytest.raises(KeysUnavailable, match=r"127\.0\.0\.1 is not asked: loopback"),
    ):
        Discovery([issuer], client.body, lambda: 0.0).keys_for(issuer, KNOWN)

    assert world.server.heads == []


def test_keys_may_lie_where_the_settings_say(
    world: World, tls: tuple[ssl.SSLContext, Path]
) -> None:
    """Keys on another host are fetched if that host is named beside the issuer."""
    with serving({KEYS: answer(jwks(key().jwk()))}, tls=tls[0]) as elsewhere:
        world.server.answers[DISCOVERY] = discovery(world.server, jwks_uri=f"{elsewhere.url}{KEYS}")
        issuer = TrustedIssuer(
            url=world.server.url,
            kind="generic",
            private_network=True,
            jwks_hosts=frozenset({f"{NAME}:{elsewhere.port}"}),
        )
        with GuardedClient(clock=time.monotonic, ca_bundle=tls[1], resolve=at_home()) as client:
            keys = Discovery([issuer], client.body, lambda: 0.0).keys_for(issuer, KNOWN)

    assert keys.ids == (KNOWN,)
    assert (world.server.paths, elsewhere.paths) == ([DISCOVERY], [KEYS])


def test_rotated_and_removed_keys_follow_the_issuer(world: World) -> None:
    """A new key works with its first token, a key that was taken away dies at the next refresh."""
    world.discovery.keys_for(world.issuer, KNOWN)
    new = other_key().key_id
    world.server.answers[KEYS] = answer(jwks(key().jwk(), other_key().jwk()))
    world.now = 61.0
    assert world.discovery.keys_for(world.issuer, new).ids == (KNOWN, new)

    world.server.answers[KEYS] = answer(jwks(other_key().jwk()))
    world.now += 901
    assert world.discovery.keys_for(world.issuer, KNOWN).ids == (new,)
    assert len(world.server.heads) == 6


def test_a_packed_answer_is_an_answer(world: World) -> None:
    """An issuer may pack its documents."""
    packed = gzip.compress(jwks(key().jwk()))
    world.server.answers[KEYS] = answer(packed, "Content-Encoding: gzip")

    assert world.discovery.keys_for(world.issuer, KNOWN).ids == (KNOWN,)

"""The public Sigstore's root, as an index keeps it new."""

import logging
import threading

import pytest

from bonded.attestations.trust_root import TrustRoot
from bonded.errors import RemoteError
from bonded.index.public_root import PublicRoot


class Sources:
    """Roots as they come with a library and over the network, counted; a clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0
        self.bundled = 0
        self.refreshed = 0
        self.online = True
        self.gate = threading.Event()
        self.gate.set()

    def bundle(self) -> TrustRoot:
        """Return what came with the library."""
        self.bundled += 1
        return root("bundled")

    def refresh(self) -> TrustRoot:
        """Return what is now, when the network answers."""
        self.gate.wait()
        self.refreshed += 1
        if not self.online:
            raise RemoteError("the public trust root cannot be refreshed: no network")
        return root(f"refreshed {self.refreshed}")

    def made(self) -> PublicRoot:
        """Return a root over these."""
        return PublicRoot(
            clock=lambda: self.now, bundled=self.bundle, refreshed=self.refresh, every=10.0
        )


def root(source: str) -> TrustRoot:
    """Return a root that only says where it is from."""
    return TrustRoot(source=source, verifier=None)  # type: ignore[arg-type]  # nobody verifies here


def test_nothing_is_asked_before_an_attestation_comes() -> None:
    """An index that sees none goes nowhere."""
    sources = Sources()
    sources.made()

    assert (sources.bundled, sources.refreshed) == (0, 0)


def test_nobody_waits_for_the_network() -> None:
    """The first attestation is verified by what came with the library, later ones by what came over the network."""
    sources = Sources()
    sources.gate.clear()
    public = sources.made()
    first = public()
    sources.gate.set()
    public.wait()

    assert (first.source, public().source) == ("bundled", "refreshed 1")
    assert sources.bundled == 1


def test_it_is_refreshed_once_in_a_while() -> None:
    """However often it is asked for, the network is asked once in its time."""
    sources = Sources()
    public = sources.made()
    for now in (100.0, 105.0, 109.9, 110.0, 111.0):
        sources.now = now
        public()
        public.wait()

    assert sources.refreshed == 2
    assert public().source == "refreshed 2"


def test_without_a_network_the_last_one_stays(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is told, and asked again in its time; what was believed still is."""
    sources = Sources()
    public = sources.made()
    public()
    public.wait()
    sources.online, sources.now = False, 120.0
    with caplog.at_level(logging.WARNING, "bonded.index"):
        public()
        public.wait()

    assert public().source == "refreshed 1"
    assert "no network" in caplog.text


def test_an_index_that_may_ask_nobody_keeps_what_came_with_the_library() -> None:
    """Nothing is asked, however long it runs."""
    sources = Sources()
    public = PublicRoot(clock=lambda: sources.now, bundled=sources.bundle, refreshed=None)
    first = public()
    sources.now += 10.0**9

    assert public() is first


def test_waiting_for_nothing_returns() -> None:
    """Whoever waits before the first call does not wait."""
    Sources().made().wait()

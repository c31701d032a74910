"""The keys of the trusted issuers, at hand when a token comes.

Verifying must not wait for other people's servers, and a token must not be able to make us ask them. So there is one
book for each issuer, with four times in it, all in seconds:

    age of the keys      0 ────────── fresh ────────────── max_age ──────▶
    known key id         no request   one try a `pause`,   no answer:
                                      else the old keys    `KeysUnavailable`
    unknown key id       one try a `pause`, in all three; then as above

A try that fails changes nothing but the time of the next one. A set that is empty or broken is a failure, so good keys
are replaced by good keys only. A set that was fetched replaces the old one whole: a key that its issuer took away is
dead after `fresh` seconds, or after `max_age` where the issuer cannot be asked. (PyPI keeps such a key until somebody
presents an unknown one, and asks again with every token while an issuer is down.)

One thread asks; those that need its answer wait for it, those that can do with the old keys do not. Issuers share
nothing.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bonded.errors import BondedError, Fault, InvalidInput, Location, RemoteError
from bonded.oidc.documents import MAX_DOCUMENT, read_discovery, read_keys
from bonded.oidc.issuers import InvalidIssuer, TrustedIssuer
from bonded.oidc.keys import KeySet

__all__ = ["FRESH", "MAX_AGE", "PAUSE", "Discovery", "Fetch", "KeysUnavailable", "read_pinned_keys"]

FRESH = 900.0
MAX_AGE = 3600.0
PAUSE = 60.0

_NEVER = float("-inf")


class KeysUnavailable(RemoteError):
    """An issuer whose keys cannot be had now; nothing is known about the token, so it may be presented again."""


class Fetch(Protocol):
    """The way out: `bonded.outside.GuardedClient.body` is one."""

    def __call__(self, url: str, *, max_bytes: int, private_network: bool) -> bytes:
        """Return the body of a 200 answer, or raise a BondedError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What is known of one issuer's keys: since when, when they were last asked for, and why in vain."""

    keys: KeySet | None = None
    since: float = _NEVER
    tried: float = _NEVER
    trouble: str = ""

    def knows(self, key_id: str) -> bool:
        """Whether this key is at hand."""
        return self.keys is not None and self.keys.find(key_id) is not None


class _Book:
    """The page of one issuer. Pages are replaced whole, so reading one needs no lock."""

    __slots__ = ("flight", "issuer", "page")

    def __init__(self, issuer: TrustedIssuer) -> None:
        self.issuer = issuer
        self.flight = threading.Lock()
        self.page = _Page()


class Discovery:
    """The trusted issuers and their keys; every method may be called from many threads.

    `clock` gives seconds and never goes back (such as `time.monotonic`).
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        fetch: Fetch,
        clock: Callable[[], float],
        *,
        fresh: float = FRESH,
        max_age: float = MAX_AGE,
        pause: float = PAUSE,
    ) -> None:
        self._books = {issuer.url: _Book(issuer) for issuer in issuers}
        if len(self._books) != len(issuers):
            raise InvalidIssuer("an issuer is named twice")
        self._fetch = fetch
        self._clock = clock
        self._fresh = fresh
        self._max_age = max_age
        self._pause = pause

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Return the issuer with exactly this address, None if it is not trusted."""
        book = self._books.get(url)
        return None if book is None else book.issuer

    def keys_for(self, issuer: TrustedIssuer, key_id: str) -> KeySet:
        """Return the issuer's keys, new enough to know `key_id` if the issuer publishes it.

        Whether the key is among them is for `verify` to say. Raises `KeysUnavailable`.
        """
        book = self._books[issuer.url]
        if book.issuer.pinned is not None:
            return book.issuer.pinned
        page, now = book.page, self._clock()
        if not page.knows(key_id) or not _within(self._max_age, page.since, now):
            with book.flight:  # the answer is needed: ask, or wait for the one who asks
                self._refresh(book, key_id)
        elif not _within(self._fresh, page.since, now) and book.flight.acquire(blocking=False):
            try:
                self._refresh(book, key_id)
            finally:
                book.flight.release()
        return self._usable(book)

    def trouble(self, url: str) -> str:
        """Return why the last try to get an issuer's keys failed; empty if it did not, or there was none."""
        return self._books[url].page.trouble

    def _refresh(self, book: _Book, key_id: str) -> None:
        """Ask the issuer, unless somebody did while we waited for our turn, or the pause is not over."""
        page, now = book.page, self._clock()
        if page.knows(key_id) and _within(self._fresh, page.since, now):
            return
        if _within(self._pause, page.tried, now):
            return
        book.page = page = replace(page, tried=now)
        try:
            keys = self._fetched(book.issuer)
        except BondedError as error:
            book.page = replace(page, trouble=error.message)
        else:
            # The keys are as old as the question: what the issuer took away since then may still be among them.
            book.page = _Page(keys=keys, since=now, tried=now)

    def _fetched(self, issuer: TrustedIssuer) -> KeySet:
        private = issuer.private_network
        raw = self._fetch(issuer.discovery_url, max_bytes=MAX_DOCUMENT, private_network=private)
        where = read_discovery(raw, issuer)
        return read_keys(self._fetch(where, max_bytes=MAX_DOCUMENT, private_network=private))

    def _usable(self, book: _Book) -> KeySet:
        page = book.page
        if page.keys is not None and _within(self._max_age, page.since, self._clock()):
            return page.keys
        raise KeysUnavailable(
            f"the keys of {book.issuer.url} cannot be had: {page.trouble or 'they are being asked for'}",
            hint=f"it is asked again at most once in {self._pause:.0f} seconds",
        )


def _within(seconds: float, then: float, now: float) -> bool:
    """Whether a moment is at most so long ago; one that is yet to come, by a clock that was put back, is not."""
    return 0 <= now - then <= seconds


def read_pinned_keys(path: Path) -> KeySet:
    """Return the keys in a JWKS file, for an issuer that is never asked; raises `InvalidInput` that names the file."""
    try:
        return read_keys(path.read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fault = Fault(Location(str(path)), f"the file of keys cannot be read: {reason}")
    except BondedError as error:
        fault = Fault(
            Location(str(path)),
            error.message,
            "expected the document that the issuer publishes at its 'jwks_uri'",
        )
    raise InvalidInput((fault,))

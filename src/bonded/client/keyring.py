"""The upload tokens of one run: minted when one is needed, renewed before they end, burned when all is over.

A token is for a quarter of an hour, and a release may take longer. So whoever sends a file asks here for a token each
time, and gets one that has at least five minutes left. All that were ever minted are burned together at the end,
because an upload under way may still hold an older one.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from bonded.client.flows import Doors, Minted
from bonded.client.messages import Refused

__all__ = ["Declined", "Given", "Keyring", "Tokens"]

RENEW = 300.0
"""Seconds before its end from which on a token is not begun with any more."""


class Declined(Exception):
    """The index gave no token; it leaves the upload that needed one."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class Tokens(Protocol):
    """Where uploads get their tokens."""

    def token(self) -> str:
        """Return a token that lives; raises Declined."""

    def expire(self, token: str) -> bool:
        """Say that the index calls a token too old, and return whether another can be had."""

    def burn(self) -> tuple[int, int]:
        """End every token; return how many the index took note of, and how many there were."""


class Given:
    """A token that the user gave; it is the user's, so it is never burned."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """See `Tokens.token`."""
        return self._token

    def expire(self, token: str) -> bool:  # noqa: ARG002 - there is no other
        """See `Tokens.expire`."""
        return False

    def burn(self) -> tuple[int, int]:
        """See `Tokens.burn`."""
        return 0, 0


class Keyring:
    """Tokens of a mint. `mint` and `end` play the conversations; `clock` gives seconds since 1970."""

    def __init__(
        self,
        doors: Doors,
        *,
        mint: Callable[[], Minted | Refused],
        end: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        self._doors = doors
        self._mint = mint
        self._end = end
        self._clock = clock
        self._lock = threading.Lock()
        self._all: list[str] = []
        self._now: Minted | None = None

    def token(self) -> str:
        """See `Tokens.token`."""
        with self._lock:
            now = self._now
            if now is None or (now.expires and now.expires - self._clock() < RENEW):
                found = self._mint()
                if isinstance(found, Refused):
                    raise Declined(found)
                now = found
                self._all.append(now.token)
            # A token that is good for one file is nobody else's.
            self._now = None if self._doors.single_use else now
            return now.token

    @property
    def count(self) -> int:
        """How many tokens there are that nobody has burned."""
        return len(self._all)

    def expire(self, token: str) -> bool:
        """See `Tokens.expire`."""
        with self._lock:
            if self._now is not None and self._now.token == token:
                self._now = None
            return True

    def burn(self) -> tuple[int, int]:
        """See `Tokens.burn`."""
        with self._lock:
            held, self._now = self._all.copy(), None
            done = sum(map(self._end, held))
            self._all.clear()
        return done, len(held)

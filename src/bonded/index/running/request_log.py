"""One line for each request, written many at a time.

At tens of thousands of requests a second, a write for each would cost more than the answers. So lines are collected and
written together, after a moment or when there are many.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TextIO
from urllib.parse import quote

from bonded.index.running.logs import stamp
from bonded.index.running.masking import masked

__all__ = ["Answered", "RequestLog"]

_MOST = 200
"""Lines that are kept back."""

_LONGEST = 300
"""Characters of an address that are written."""

_SAFE = "/:@!$&'()*+,;=~-._"
_is_plain = re.compile(r"[A-Za-z0-9/._~+-]*").fullmatch
_SHORTEST_SECRET = 20
"""Characters of the shortest text that `masking` would hide in a path."""

_OUR_FAULT = 500

Answered = tuple[str, str, str, int, float, int, str]
"""Request id, method, path as it was decoded, status, seconds, bytes of the body, and the client's address."""


class RequestLog:
    """Lines about requests on a stream. `clock` gives seconds since 1970; `later` calls a function in a moment."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float],
        later: Callable[[Callable[[], None]], object],
        *,
        as_text: bool,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._later = later
        self._lines: list[str] = []
        self._line = _text if as_text else _json
        self._waits = False

    def __call__(self, answered: Answered) -> None:
        """Note that a request was answered."""
        self._lines.append(self._line(self._clock(), answered))
        if len(self._lines) >= _MOST:
            self.flush()
        elif not self._waits:
            self._waits = True
            self._later(self.flush)

    def flush(self) -> None:
        """Write what is kept back."""
        self._waits = False
        if self._lines:
            lines, self._lines = self._lines, []
            self._stream.write("".join(lines))
            self._stream.flush()


@lru_cache(maxsize=4096)
def _path(path: str) -> str:
    """Return a path as it may be written: without secrets, and with every odd sign percent-encoded.

    The same paths are asked for again and again, and to look for secrets costs more than a small answer does.
    """
    if len(path) < _SHORTEST_SECRET and _is_plain(path):
        return path
    return quote(masked(path), safe=_SAFE)


@lru_cache(maxsize=1)
def _moment(milliseconds: int) -> str:
    return f"{_second(milliseconds // 1000)}{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(whole: int) -> str:
    return stamp(whole)[:-4]


def _json(now: float, answered: Answered) -> str:
    request, method, path, status, seconds, size, client = answered
    return (
        f'{{"time": "{_moment(int(now * 1000))}", '
        f'"level": "{"info" if status < _OUR_FAULT else "error"}", "logger": "bonded.request", '
        f'"message": "answered", "request": "{request}", "method": "{_method(method)}", '
        f'"path": "{_path(path[:_LONGEST])}", "status": {status}, "ms": {seconds * 1000:.2f}, '
        f'"bytes": {size}, "client": "{client}"}}\n'
    )


def _text(now: float, answered: Answered) -> str:
    request, method, path, status, seconds, size, client = answered
    clock, asked = stamp(now)[11:23], f"{_method(method)} {_path(path[:_LONGEST])}"
    told = f"{clock} {status} {asked} {seconds * 1000:.1f} ms {size} B"
    return f"{told} {client} [{request}]\n"


def _method(method: str) -> str:
    return method if method.isascii() and method.isalpha() else "?"

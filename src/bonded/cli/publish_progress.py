"""What a person sees while files go out, on standard error; on a terminal one line moves."""

import threading
from collections.abc import Callable
from typing import TextIO

from bonded.client.report import State
from bonded.rehearsal.plain import plain

__all__ = ["Progress", "in_words"]

_MARKS: dict[State, str] = {
    "published": "✓",
    "existed": "✓",
    "earlier": "✓",
    "refused": "✗",
    "unsure": "!",
}
_WORDS: dict[State, str] = {
    "published": "published",
    "existed": "there already, with these bytes",
    "earlier": "published by an earlier attempt",
    "refused": "refused",
    "unsure": "broken off; it may have arrived",
    "not sent": "not sent",
    "planned": "would be published",
}
_REFRESH = 0.1
_MEBIBYTE = 1 << 20


def in_words(state: State) -> str:
    """Return what became of a file in a few words."""
    return _WORDS[state]


class Progress:
    """Tells of progress; a `Watcher`, and told of bytes. `total` bytes are to go out; `clock` never goes back."""

    def __init__(
        self,
        stream: TextIO,
        *,
        hide: Callable[[str], str],
        total: int,
        live: bool,
        quiet: bool,
        clock: Callable[[], float],
    ) -> None:
        self._stream = stream
        self._hide = hide
        self._total = total
        self._live = live and not quiet
        self._quiet = quiet
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._shown = 0.0

    def say(self, sentence: str) -> None:
        """See `Watcher.say`."""
        self._line(f"· {sentence}")

    def settled(self, filename: str, state: State) -> None:
        """See `Watcher.settled`."""
        self._line(f"{_MARKS.get(state, '-')} {filename}  {in_words(state)}")

    def sent(self, count: int) -> None:
        """Hear that so many bytes of files went out; those that go out again count again."""
        with self._lock:
            self._count += count
            now = self._clock()
            if self._live and now - self._shown > _REFRESH:
                self._shown = now
                done, total = self._count / _MEBIBYTE, self._total / _MEBIBYTE
                self._write(f"\r\x1b[K  … {done:.1f} of {total:.1f} MiB")

    def _line(self, text: str) -> None:
        if self._quiet:
            return
        with self._lock:
            begin = "\r\x1b[K" if self._live else ""
            self._write(f"{begin}{plain(self._hide(text))}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            # Whoever watched went away; the release goes on.
            self._quiet, self._live = True, False

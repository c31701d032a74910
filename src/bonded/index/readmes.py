"""READMEs made into HTML by a program of their own, so that none of them can hold up or bring down the index.

What strangers write can make a renderer take minutes, take all memory, or crash; a thread could not be stopped. So one
program renders, one README after another; whoever takes longer than `LIMIT` seconds is shown as plain text, and the
program is ended and started anew for the next one. It has nothing of the environment and may use only so much memory.
What was made is kept, under the text that it was made from: the same README in ten releases is rendered once.

Run as a program (`python -m bonded.index.readmes`) this module is that renderer: one JSON object a line on standard
input, `{"text": …, "type": …}`, and one on standard output, `{"html": …}`, null where there can be none.
"""

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self

from bonded.index.pages.readme import MAX_LENGTH, is_plain, plain, render

__all__ = ["LIMIT", "Made", "Readmes", "answer"]

LIMIT = 3.0
"""Seconds for one README, twice as many for the first; those of real projects take a few hundredths."""

_WAITING = 8
"""Readers who wait for their turn; the next ones see plain text."""

_KEPT_BYTES = 32 << 20
_MEMORY = 1 << 30
_COMMAND = (sys.executable, "-I", "-m", "bonded.index.readmes")


@dataclass(frozen=True, slots=True)
class Made:
    """A README as HTML; `lasting` is false where it was too busy to render and may look better the next time."""

    html: str
    lasting: bool = True


class Readmes:
    """The renderer, started when it is first needed, and ended at the end of the block."""

    def __init__(self, *, limit: float = LIMIT, command: tuple[str, ...] = _COMMAND) -> None:
        """Let `command` render, for at most `limit` seconds each."""
        self._limit = limit
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(_WAITING)
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._kept_bytes = 0
        self._shelf = threading.Lock()

    def made(self, text: str, content_type: str) -> Made:
        """Return a README as safe HTML, as plain text where it is none, takes too long, or too many are waiting."""
        if is_plain(content_type) or len(text) > MAX_LENGTH:
            return Made(plain(text))
        key = hashlib.sha256(f"{content_type}\0{text}".encode("utf-8", "replace")).digest()
        kept = self._find(key)
        if kept is not None:
            return Made(kept)
        with self._place() as has_place:
            if not has_place:
                return Made(plain(text), lasting=False)
            with self._turn:
                # Whoever had the turn before may have rendered the very same.
                html = self._find(key) or self._ask(text, content_type) or plain(text)
                self._keep(key, html)
        return Made(html)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._end()

    @contextlib.contextmanager
    def _place(self) -> Iterator[bool]:
        has_place = self._places.acquire(blocking=False)
        try:
            yield has_place
        finally:
            if has_place:
                self._places.release()

    def _ask(self, text: str, content_type: str) -> str | None:
        """Let the program render, and end it where it does not answer in time."""
        process, is_new = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        # A program that starts loads its renderers first, and on a busy machine that takes longer than a README.
        clock = threading.Timer(self._limit * (1 + is_new), process.kill)
        clock.start()
        try:
            process.stdin.write(_line({"text": text, "type": content_type}))
            process.stdin.flush()
            html = json.loads(process.stdout.readline())["html"]
        except (OSError, ValueError):
            # It was ended by the clock, or by what it was given.
            self._end()
            return None
        finally:
            clock.cancel()
        return html if isinstance(html, str) else None

    def _started(self) -> tuple[subprocess.Popen[bytes], bool]:
        """Return the program, and whether it was started just now."""
        is_new = self._process is None or self._process.poll() is not None
        if self._process is None or is_new:
            self._end()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        return self._process, is_new

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()
        process.wait()

    def _find(self, key: bytes) -> str | None:
        with self._shelf:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: bytes, html: str) -> None:
        with self._shelf:
            self._kept_bytes += len(html) - len(self._kept.pop(key, ""))
            self._kept[key] = html
            while self._kept_bytes > _KEPT_BYTES:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped)


def answer(given: BinaryIO, told: BinaryIO) -> None:
    """Render what comes, line by line, until nothing more comes."""
    for line in given:
        job = json.loads(line)
        try:
            html = render(job["text"], job["type"])
        except Exception:  # noqa: BLE001 - whatever a renderer raises, the README is then shown as it was written
            html = None
        told.write(_line({"html": html}))
        told.flush()


def _line(value: object) -> bytes:
    """Return JSON in ASCII, which holds whatever a text can hold, lone surrogates too."""
    return json.dumps(value).encode() + b"\n"


def _bounded() -> None:
    """Take away what no rendering needs: memory beyond a bound, and files to write."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bounded()
    answer(sys.stdin.buffer, sys.stdout.buffer)

"""Programs that a rehearsal runs, and how they are stopped.

Nothing here raises out of the blue: a signal to bonded only sets a flag on `Stop` and wakes whoever waits, so that
there is no moment at which a process or a folder exists that nobody knows of. Every program is started in a session
of its own; ending it ends its whole process group.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bonded.errors import Interrupted

LONGEST = 1 << 20
"""The bytes of a line that are kept until its end comes; a longer one is handed over in pieces of this size."""
_READ = 65536
_TICK = 0.1
_AFTER_EXIT = 0.5
_GRACE = ((signal.SIGINT, 1.0), (signal.SIGTERM, 1.0))
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """A request to stop, set by a signal and seen at every safe point.

    Use as a context manager in the main thread to catch SIGINT, SIGTERM and SIGHUP; without it, `request` is called
    by whoever embeds a rehearsal.
    """

    def __init__(self) -> None:
        self._signal = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def request(self, number: int = signal.SIGTERM) -> None:
        """Ask for the stop; safe in a signal handler."""
        self._signal = self._signal or number
        with contextlib.suppress(OSError):
            os.write(self._writer, b"\0")

    @property
    def requested(self) -> bool:
        """Whether somebody asked."""
        return bool(self._signal)

    @property
    def wakeup(self) -> int:
        """A file descriptor that becomes readable at the request."""
        return self._reader

    def check(self) -> None:
        """Raise Interrupted if a stop was requested."""
        if self._signal:
            raise Interrupted(self._signal)

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    @contextlib.contextmanager
    def on_signals(self) -> Iterator["Stop"]:
        """Turn the signals that end a program into a request, while the block runs."""
        before = {number: signal.getsignal(number) for number in STOPPING}
        for number in STOPPING:
            signal.signal(number, lambda number, _frame: self.request(number))
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a program ended: its exit code, and whether time was up."""

    code: int
    timed_out: bool = False


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stop: Stop,
    on_line: Callable[[str], None],
    timeout: float | None = None,
    longest: int = LONGEST,
) -> Exit:
    """Run a program to its end, handing over its output (both streams, in order) line by line.

    `timeout` is in seconds. A line of more than `longest` bytes comes in pieces. A program that cannot be started
    gives code 127 and a line that says why. Raises Interrupted after the program was ended, if a stop was requested
    meanwhile.
    """
    stop.check()
    try:
        process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        on_line(f"{command[0]}: {getattr(error, 'strerror', None) or error}")
        return Exit(127)
    with process:
        try:
            lines = Lines(on_line, longest)
            timed_out = _pump(process, stop=stop, lines=lines, timeout=timeout)
            if timed_out:
                _end(process, _GRACE)
        finally:
            _end(process, ())
        stop.check()
    return Exit(_code(process.returncode), timed_out)


def capture(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, stop: Stop
) -> tuple[int, str]:
    """Run a program and return its exit code and its whole output."""
    lines: list[str] = []
    ended = run(command, env=env, cwd=cwd, stop=stop, on_line=lines.append, longest=sys.maxsize)
    return ended.code, "\n".join(lines)


def _code(returncode: int) -> int:
    """A program that a signal ended shows 128 + its number, as a shell says it."""
    return 128 - returncode if returncode < 0 else returncode


def _pump(
    process: subprocess.Popen[bytes],
    *,
    stop: Stop,
    lines: "Lines",
    timeout: float | None,
) -> bool:
    """Read the output until the program ended; True where time was up. Returns early on a stop."""
    assert process.stdout
    began = time.monotonic()
    exited_at: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(stop.wakeup, selectors.EVENT_READ)
        while not stop.requested:
            ready = [key.fileobj for key, _ in selector.select(_TICK)]
            if process.stdout in ready:
                chunk = os.read(process.stdout.fileno(), _READ)
                if not chunk:
                    break
                lines.feed(chunk)
            # Asked at every turn: what never stops talking must not outlive its time, nor its program.
            now = time.monotonic()
            if exited_at is None and process.poll() is not None:
                exited_at = now  # something else may still hold the pipe: it is not waited for
            if exited_at is not None and now - exited_at > _AFTER_EXIT:
                break
            if timeout is not None and now - began > timeout:
                lines.close()
                return True
    lines.close()
    return _outlives(process, began, timeout, stop)


def _outlives(
    process: subprocess.Popen[bytes], began: float, timeout: float | None, stop: Stop
) -> bool:
    """Wait for a program that closed its output but goes on; True where time was up."""
    while not stop.requested:
        if timeout is not None and time.monotonic() - began > timeout:
            return True
        try:
            process.wait(_TICK)
        except subprocess.TimeoutExpired:
            continue
        return False
    return False


def _end(process: subprocess.Popen[bytes], grace: Sequence[tuple[signal.Signals, float]]) -> None:
    """End the process group: politely first, if there is grace, then for good."""
    for number, seconds in grace:
        if process.poll() is not None:
            break
        _signal_group(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


class Lines:
    """Bytes in any portions become lines of text; what is not UTF-8 is shown as replacement characters.

    A line of more than `longest` bytes is handed over in pieces, cut between characters: one without an end must not
    fill the memory.
    """

    def __init__(self, on_line: Callable[[str], None], longest: int = LONGEST) -> None:
        self._on_line = on_line
        self._longest = longest
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take some bytes and hand over every line that they end."""
        first, *more = chunk.split(b"\n")
        self._grow(first)
        for begun in more:
            self._emit(self._rest.removesuffix(b"\r"))
            self._rest = bytearray()
            self._grow(begun)

    def close(self) -> None:
        """Hand over what is left without a line end."""
        if self._rest:
            self._emit(self._rest.removesuffix(b"\r"))
        self._rest = bytearray()

    def _grow(self, part: bytes) -> None:
        self._rest += part
        while len(self._rest) > self._longest:
            end = self._between_characters()
            self._emit(self._rest[:end])
            del self._rest[:end]

    def _between_characters(self) -> int:
        """Return where to cut: at most `longest`, before a character that would be cut (RFC 3629, section 3)."""
        for end in range(self._longest, max(self._longest - 4, 0), -1):
            if self._rest[end] & 0xC0 != 0x80:  # noqa: PLR2004 - 10xxxxxx goes on a character
                return end
        return self._longest

    def _emit(self, line: bytearray) -> None:
        self._on_line(line.decode("utf-8", "replace"))

"""What a person sees while a command works: colour and progress, on standard error only."""

import os
import time
from collections import deque
from typing import TextIO

from bonded.rehearsal.plain import plain
from bonded.rehearsal.report import JobRecord, StepRecord
from bonded.rehearsal.watching import Watcher

_TAIL = 12
_REFRESH = 0.2
_WIDTH = 100
_MARKS = {"success": ("✓", "32"), "skipped": ("-", "2"), "failure": ("✗", "31")}
_OTHER = ("!", "33")


def color_wanted(stream: TextIO) -> bool:
    """Whether to write colours to a stream: a terminal, and nobody said NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


class Progress(Watcher):
    """Live progress of a rehearsal: one line a step, the last lines of a step that fails."""

    def __init__(self, stream: TextIO, *, color: bool, quiet: bool, verbose: bool) -> None:
        self._stream = stream
        self._color = color
        self._live = color and not quiet and not verbose
        self._quiet = quiet
        self._verbose = verbose
        self._began = 0.0
        self._shown = 0.0
        self._depth = 0
        self._tail: deque[str] = deque(maxlen=_TAIL)

    def scene(self, sentence: str) -> None:
        """See `Watcher.scene`."""
        self._print(self._paint(f"· {plain(sentence)}", "2"))

    def job_started(self, job: JobRecord) -> None:
        """See `Watcher.job_started`."""
        self._print(f"{self._paint(_name(job), '1')}  {self._paint(plain(job.workflow), '2')}")

    def job_ended(self, job: JobRecord) -> None:
        """See `Watcher.job_ended`."""
        if not job.steps and job.reason:
            mark = self._mark(job.result)
            self._print(f"{mark} {_name(job)}: {job.result} ({plain(job.reason)})")

    def step_started(self, step: StepRecord) -> None:
        """See `Watcher.step_started`."""
        self._depth += 1
        self._began = self._shown = time.monotonic()
        self._tail.clear()
        if self._live:
            self._stream.write(f"  … {_name(step)[:_WIDTH]}")
            self._stream.flush()
        elif self._verbose:
            self._print(f"  {_name(step)}")

    def line(self, text: str) -> None:
        """See `Watcher.line`."""
        text = plain(text)
        self._tail.append(text)
        if self._verbose:
            self._print(f"    {text}")
        elif self._live and time.monotonic() - self._shown > _REFRESH:
            self._shown = time.monotonic()
            seconds = self._shown - self._began
            self._stream.write(f"\r\x1b[K  … {seconds:5.1f} s  {text.strip()[: _WIDTH - 20]}")
            self._stream.flush()

    def step_ended(self, step: StepRecord) -> None:
        """See `Watcher.step_ended`."""
        if self._live:
            self._stream.write("\r\x1b[K")
        indent = "  " * max(self._depth, 1)
        self._depth = max(self._depth - (step.result != "skipped"), 0)
        if step.result == "skipped":
            self._print(self._paint(f"{indent}- {_name(step)} (skipped)", "2"))
            return
        self._print(f"{indent}{self._mark(step.result)} {_name(step)}  {step.seconds:.1f} s")
        if step.error and not step.children:
            for text in step.log[-_TAIL:] if not self._verbose else []:
                self._print(f"{indent}    {plain(text)}")
            self._print(self._paint(f"{indent}    {plain(step.error)}", "31"))

    def _mark(self, result: str) -> str:
        mark, color = _MARKS.get(result, _OTHER)
        return self._paint(mark, color)

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text

    def _print(self, text: str) -> None:
        if self._quiet:
            return
        try:
            print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            # Whoever watched went away; the rehearsal goes on, and its report is what counts.
            self._quiet, self._live = True, False


def _name(record: JobRecord | StepRecord) -> str:
    """Return a name as one line of plain text, whatever the workflow says."""
    return " ".join(plain(record.name).splitlines())

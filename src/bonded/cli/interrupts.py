"""Ctrl-C before and after the work: the program ends at once, without a word.

Python's own answer is an exception wherever the program happens to be. While modules are being imported that is
inside other people's code, which may swallow it, turn it into another error, or have it printed as "ignored" with a
traceback; while threads end it is a traceback, too. At those times nothing has been made that would have to be
removed, so the process can simply end. The work itself notes signals its own way (`rehearsal.processes.Stop`).
"""

import os
import signal
from types import FrameType

__all__ = ["end_at_once"]

_SIGNALLED = 128


def end_at_once() -> None:
    """Let SIGINT end the process with 130 from now on; where it was ignored (`nohup`, `&`), it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    os._exit(_SIGNALLED + number)

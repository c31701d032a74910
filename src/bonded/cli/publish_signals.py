"""Signals while a release is on its way: noted, so that tokens are burned and the journal is whole, then obeyed."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bonded.client.crew import Stop

__all__ = ["stopping"]

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """Note signals in `stop` for as long as the block runs; what was ignored (`nohup`) stays so."""

    def note(number: int, _frame: FrameType | None) -> None:
        stop.set(number)

    before = {
        number: signal.signal(number, note)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The edge of what watches a served index: clocks, chance and the log's stream."""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bonded.index.app import Index
    from bonded.index.configuration import Configuration
    from bonded.index.running.request_log import Answered, RequestLog
    from bonded.index.watching import Watched

__all__ = ["watched"]

_HELD_BACK = 0.1
"""Seconds for which lines about requests wait for others."""


@contextmanager
def watched(index: "Index", configuration: "Configuration", data: Path) -> "Iterator[Watched]":
    """Give the app of an index under watch; what the log holds back is written in the end."""
    from bonded.index.running.logs import is_text
    from bonded.index.running.request_log import RequestLog
    from bonded.index.watching import Clocks, watch

    log = configuration.log
    lines = RequestLog(sys.stderr, time.time, _in_a_moment, as_text=is_text(sys.stderr, log.format))
    has_lines = log.requests and log.level in {"debug", "info"}
    try:
        yield watch(
            index,
            data,
            health=configuration.health,
            clocks=Clocks(time.time, time.perf_counter),
            entropy=secrets.token_bytes,
            trusted_proxies=configuration.trusted_proxies,
            log=_said(lines, everything=log.level == "debug") if has_lines else None,
        )
    finally:
        lines.flush()


def _in_a_moment(do: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(_HELD_BACK, do)


def _said(lines: "RequestLog", *, everything: bool) -> "Callable[[Answered], None]":
    """Leave out what watchers ask every few seconds, unless everything is wanted."""
    from bonded.index.watching import WATCHED_PATHS

    if everything:
        return lines

    def some(answered: "Answered") -> None:
        if answered[2] not in WATCHED_PATHS:
            lines(answered)

    return some

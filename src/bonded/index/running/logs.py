"""The log of an index: one line for each thing that happened, as JSON or as text, without secrets.

JSON is for machines that collect logs; every line is one object in ASCII with `time`, `level`, `logger` and `message`,
and with `request` where it belongs to one. A request's own line has `method`, `path`, `status`, `ms`, `bytes` and
`client` beside. Text is for a terminal: the same on one line, what a terminal would obey is escaped.
"""

import json
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TextIO

from bonded.index.running.masking import escaped, masked

__all__ = [
    "FORMATS",
    "LEVELS",
    "REQUEST_ID",
    "JsonLines",
    "TextLines",
    "is_text",
    "logged_to",
    "stamp",
]

FORMATS = ("auto", "text", "json")
"""What a log may be written as; `auto` is text at a terminal and JSON elsewhere."""

LEVELS = ("debug", "info", "warning", "error")

REQUEST_ID: ContextVar[str] = ContextVar("bonded-request", default="")
"""The id of the request that is being answered; threads that work for it have it too."""

_QUIET = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "httpx2",
    "httpcore2",
    "sqlalchemy",
    "asyncio",
)
"""Loggers of libraries that only speak up when something is wrong."""


def stamp(seconds: float) -> str:
    """Return a time since 1970 as RFC 3339 writes it, in UTC, to the millisecond."""
    whole = int(seconds)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{int((seconds - whole) * 1000):03d}Z"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, without its end."""
        line: dict[str, object] = {
            "time": stamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if request := REQUEST_ID.get():
            line["request"] = request
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line)


class TextLines(logging.Formatter):
    """One line for people; a traceback follows it, line by line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, without its end."""
        request = REQUEST_ID.get()
        where = f"{record.name} [{request}]" if request else record.name
        lines = [f"{record.levelname} {where}: {escaped(masked(record.getMessage()))}"]
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            lines += [escaped(masked(line)) for line in trace.splitlines()]
        return "\n".join(lines)


def is_text(stream: TextIO, form: str) -> bool:
    """Tell whether lines on a stream are text, by one of FORMATS."""
    return form == "text" or (form == "auto" and stream.isatty())


def logged_to(stream: TextIO, *, form: str, level: str) -> Callable[[], None]:
    """Write every record of this process to a stream from now on; return what ends that.

    `form` is one of FORMATS, `level` one of LEVELS: the least that is written.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if is_text(stream, form) else JsonLines())
    root = logging.getLogger()
    before = root.level, {name: logging.getLogger(name).level for name in ("bonded", *_QUIET)}
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    wanted = getattr(logging, level.upper())
    logging.getLogger("bonded").setLevel(wanted)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))

    def end() -> None:
        root.removeHandler(handler)
        root.setLevel(before[0])
        for name, number in before[1].items():
            logging.getLogger(name).setLevel(number)

    return end

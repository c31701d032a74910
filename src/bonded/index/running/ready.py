"""Answers that are made already: what a server needs of them is nothing but bytes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.types import Message, Scope, Send

from bonded.index.running.meter import Tally

__all__ = ["LookUp", "Ready", "header_lines", "send_ready"]

_NAME = re.compile(rb"[a-z0-9-]+")
_VALUE = re.compile(rb"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """An answer: its status, its headers, and its body, which is empty where none belongs to it.

    `lines` are the headers as they are sent, put together once; raises ValueError where they would break the head.
    `tallies` is where it is counted, by method: whoever counts answers need not look for the place each time.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    lines: bytes = field(init=False, repr=False)
    tallies: dict[str, Tally] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", header_lines(self.headers))

    def start(self) -> Message:
        """Return the head as a message of ASGI, made anew: whoever stands on the way may add headers to it."""
        return {
            "type": "http.response.start",
            "status": self.status,
            "headers": [*self.headers],
        }


LookUp = Callable[[Scope], tuple[Ready, bytes] | None]
"""What an ASGI application may have as `at_hand`, which answers GET and HEAD at once, on the event loop.

It gives an answer with further lines for its head, or None where the application itself must be asked. The request must
be in line on the loop by then; no body is read.
"""


def header_lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as they stand in the head of an answer (RFC 9112, section 5); raises ValueError."""
    lines = []
    for name, value in headers:
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ValueError(f"{name!r}: {value!r} cannot be sent as a header")
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join(lines)


async def send_ready(ready: Ready, send: Send) -> None:
    """Send an answer as ASGI has it."""
    await send(ready.start())
    await send({"type": "http.response.body", "body": ready.body})

"""Connections on which answers that are made already go out at once, as the bytes that they are.

For every request uvicorn makes a task, awaits the app, takes two messages, looks through each header, and writes head
and body apart, which makes two packets of them. All that costs more than to look up a page that is at hand. So an app
may have an answer `at_hand` (`ready`); it is written here in one go, and the app is not called. Whatever else is asked,
and whatever has to wait, takes uvicorn's way.

Nor is a timer made and taken back for every request to end a connection that idles: connections are looked at together
anyway (`patient`), so the moment of the last answer is enough.

This is the only place that ends a request in uvicorn's stead. It leaves the cycle of the request as uvicorn's own
`send` leaves it (`RequestResponseCycle` of uvicorn 0.54), and the head is what uvicorn would have written. The answer
is looked up where the task would have run: in line on the event loop, behind whatever came before.
"""

import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock, Patient, patient
from bonded.index.running.ready import LookUp, Ready

__all__ = ["Express", "express"]

_METHODS = frozenset({"GET", "HEAD"})

_JOINED = 32 << 10
"""Bytes of a body up to which copying it costs less than a list of buffers does."""


_log = logging.getLogger("bonded.index")


class Express(Patient):
    """One connection; `express` makes the class with its bounds."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer a request, at its turn."""
        at_hand: LookUp | None = getattr(app, "at_hand", None)
        if at_hand is not None and cycle.scope["method"] in _METHODS:
            self.loop.call_soon(self._answer, cycle, app, at_hand)
        else:
            super()._start_asgi_task(cycle, app)

    def _answer(self, cycle: RequestResponseCycle, app: Any, at_hand: LookUp) -> None:
        may_write = not (self.flow.write_paused or self.transport.is_closing())
        found = _found(at_hand, cycle.scope) if may_write else None
        if found is None:
            super()._start_asgi_task(cycle, app)
            return
        self._write(found[0], found[1] if cycle.keep_alive else found[1] + b"connection: close\r\n")
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _write(self, ready: Ready, more: bytes) -> None:
        """Write an answer in one go: two writes would be two packets, the first of them nearly empty."""
        usual = self.server_state.default_headers  # the date, which moves on every second
        own = b"".join([b"%b: %b\r\n" % header for header in usual])
        head = (STATUS_LINE[ready.status], own, ready.lines, more, b"\r\n")
        if len(ready.body) <= _JOINED:
            self.transport.write(b"".join((*head, ready.body)))
        else:
            self.transport.writelines((b"".join(head), ready.body))


def express(patience: Patience, clock: Clock) -> type[Express]:
    """Return the class of connections with these bounds."""
    return type("Express", (Express, patient(patience, clock)), {})


def _found(at_hand: LookUp, scope: Any) -> tuple[Ready, bytes] | None:
    try:
        return at_hand(scope)
    except Exception:  # noqa: BLE001 - the app meets it as well, and has an answer to it
        _log.exception("an answer could not be looked up at once")
        return None

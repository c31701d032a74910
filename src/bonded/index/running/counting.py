"""What happens at the doors of an index, counted: uploads by check, exchanges by code, questions to others."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bonded.index.checks.case import AlreadyThere
from bonded.index.library import Accepted, Library
from bonded.index.model import Refusal
from bonded.index.running.meter import Meter
from bonded.outside.client import GuardedClient, Incoming
from bonded.outside.errors import OutsideError, SentOn

__all__ = ["CountingClient", "CountingLibrary", "counting_exchanges"]

_ANSWERED = {200: "answered", 304: "unchanged", 404: "missing"}

_GRANTED = 200

Answer = tuple[int, dict[str, object]]


class CountingLibrary(Library):
    """A library that counts what it takes and what it refuses."""

    def __init__(self, meter: Meter, *args: Any, **kwargs: Any) -> None:
        """Take the library's own arguments behind the meter."""
        super().__init__(*args, **kwargs)
        self._meter = meter

    def accept(self, *args: Any, **kwargs: Any) -> Accepted | AlreadyThere | Refusal:
        """Publish an upload, or tell why not."""
        outcome = super().accept(*args, **kwargs)
        if isinstance(outcome, Accepted):
            self._meter.count("uploads", "accepted")
        elif isinstance(outcome, AlreadyThere):
            self._meter.count("uploads", "unchanged")
        return outcome

    def refuse(self, refusal: Refusal, **kwargs: Any) -> None:
        """Write a refusal down for the owner; every one comes by here."""
        super().refuse(refusal, **kwargs)
        self._meter.count("uploads", "refused", refusal.check)


class CountingClient(GuardedClient):
    """A client of the index behind this one that counts what it is told: for pages, and for files."""

    def __init__(self, meter: Meter, **kwargs: Any) -> None:
        """Take the client's own arguments behind the meter."""
        super().__init__(**kwargs)
        self._meter = meter

    @contextmanager
    def stream(self, url: str, **kwargs: Any) -> Iterator[Incoming]:
        """Ask, and count the answer; one that breaks off is a failure."""
        is_file = (kwargs.get("headers") or {}).get("accept") == "*/*"
        outcome = "failed"
        try:
            with super().stream(url, **kwargs) as incoming:
                outcome = _ANSWERED.get(incoming.status, "refused")
                yield incoming
        except SentOn:
            outcome = "redirected"
            raise
        except OutsideError:
            outcome = "failed"
            raise
        finally:
            self._meter.count("upstream", outcome, "file" if is_file else "page")


def counting_exchanges(
    exchange: Callable[[bytes, bool], Answer], meter: Meter
) -> Callable[[bytes, bool], Answer]:
    """Return an exchange that counts its answers by the code of the refusal."""

    def counted(body: bytes, as_problem: bool) -> Answer:  # noqa: FBT001 - as the web calls it
        status, answer = exchange(body, as_problem)
        if status == _GRANTED:
            meter.count("exchanges", "granted")
        else:
            meter.count("exchanges", "refused", _code(answer))
        return status, answer

    return counted


def _code(answer: Mapping[str, object]) -> str:
    """Return the code of the first error in PyPI's shape."""
    match answer:
        case {"errors": [{"code": str(code)}, *_]}:
            return code
    return "other"

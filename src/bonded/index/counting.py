"""What happens at the doors of an index, counted: uploads by the check that refused, exchanges by the code."""

from collections.abc import Callable, Mapping
from typing import Any

from bonded.index.checks.case import AlreadyThere
from bonded.index.library import Accepted, Library
from bonded.index.meter import Meter
from bonded.index.model import Refusal

__all__ = ["CountingLibrary", "counting_exchanges"]

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

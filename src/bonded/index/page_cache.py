"""Values at hand, those asked for last, up to a number of bytes; and work that is done once for all who wait for it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

__all__ = ["Flights", "PageCache"]

Value = TypeVar("Value")


class PageCache(Generic[Value]):
    """Values by key, from any thread; together they count at most `max_bytes`, as `size_of` counts them.

    Whatever was asked for longest ago makes room. A value that counts more than the whole is not kept.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[Value], int]) -> None:
        self._max = max_bytes
        self._size_of = size_of
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Hashable) -> Value | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, also where it was kept before and has grown."""
        size = self._size_of(value)
        with self._lock:
            self._forget(key)
            if size > self._max:
                return
            self._values[key] = value, size
            self.bytes += size
            while self.bytes > self._max:
                self._forget(next(iter(self._values)))

    def _forget(self, key: Hashable) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self.bytes -= found[1]


class Flights:
    """Lets one thread at a time do the work for a key; the others wait, and find it done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, tuple[threading.Lock, list[None]]] = {}

    @contextmanager
    def alone(self, key: Hashable) -> Iterator[None]:
        """Hold the key for the block."""
        with self._lock:
            flight, waiting = self._flights.setdefault(key, (threading.Lock(), []))
            waiting.append(None)
        try:
            with flight:
                yield
        finally:
            with self._lock:
                waiting.pop()
                if not waiting:
                    self._flights.pop(key, None)

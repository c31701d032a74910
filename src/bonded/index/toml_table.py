"""A table of a TOML file, read key by key: what is taken is checked, and what is wrong is collected, not raised.

So whoever wrote the file hears of every fault at once. A key that nobody asked for is a fault too.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from bonded.errors import BondedError, Fault, Location

__all__ = ["Table"]

_MANY = 1_000_000_000
"""More than anybody counts; every database has room for a number below it."""


class Table:
    """One table of the file. What is taken from it is checked; what is wrong is collected."""

    def __init__(
        self, values: Mapping[str, Any], name: str, place: Location, faults: list[Fault]
    ) -> None:
        self._values = values
        self._name = name
        self._place = place
        self._faults = faults
        self._asked: list[str] = []

    def fault(self, key: str, message: str, hint: str = "") -> None:
        """Note what is wrong with a key of this table."""
        whole = f"{self._name}.{key}" if self._name else key
        self._faults.append(Fault(self._place, f"{whole}: {message}", hint))

    def error(self, key: str, error: BondedError) -> None:
        """Note what somebody else says is wrong with it."""
        self.fault(key, error.message, error.hint)

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        return str(self._take(key, str, "a text", default))

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self._take(key, bool, "true or false", default))

    def number(self, key: str, default: float) -> float:
        """Return a number that is not negative."""
        value = self._take(key, int | float, "a number of seconds", default)
        if isinstance(value, bool) or not 0 <= value < float("inf"):
            self.fault(key, f"expected a number of seconds, got {value!r}")
            return default
        return float(value)

    def count(self, key: str, default: int) -> int:
        """Return a whole number that is not negative."""
        value = self._take(key, int, "a whole number", default)
        if isinstance(value, bool) or not 0 <= value < _MANY:
            self.fault(key, f"expected a whole number from 0 to {_MANY - 1}, got {value!r}")
            return default
        return int(value)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        values = self._take(key, list, "a list of texts", [])
        if all(isinstance(value, str) for value in values):
            return list(values)
        self.fault(key, f"expected a list of texts, got {values!r}")
        return []

    def table(self, key: str) -> "Table":
        """Return the table under a key, empty if there is none."""
        return self._inner(self._take(key, dict, "a table", {}), key)

    def tables(self, key: str) -> list["Table"]:
        """Return the array of tables under a key."""
        values = self._take(key, list, "an array of tables", [])
        if all(isinstance(value, dict) for value in values):
            return [self._inner(value, f"{key}[{place}]") for place, value in enumerate(values)]
        self.fault(key, f"expected an array of tables, written [[{key}]]")
        return []

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self._asked)}"
                self.fault(key, "unknown key", hint)

    def _inner(self, values: Mapping[str, Any], name: str) -> "Table":
        whole = f"{self._name}.{name}" if self._name else name
        return Table(values, whole, self._place, self._faults)

    def _take(self, key: str, kind: Any, expected: str, default: Any) -> Any:
        self._asked.append(key)
        value = self._values.get(key, default)
        if not isinstance(value, kind):
            self.fault(key, f"expected {expected}, got {value!r}")
            return default
        return value

"""A table of a TOML file, read key by key: what is taken is checked, and what is wrong is collected, not raised.

So whoever wrote the file hears of every fault at once. A key that was not declared is a fault too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bonded.errors import BondedError
from bonded.index.byte_sizes import size_of
from bonded.index.configuration.keys import MOST, Key, Kind, Section

__all__ = ["Table", "Wrong"]

_TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.SECONDS: int | float,
    Kind.DAYS: int | float,
    Kind.COUNT: int,
    Kind.SIZE: int | str,
    Kind.TEXTS: list,
}
_MANY_NUMBERS = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with one key: in a sentence, and for programs what was expected and what came.

    `key` is whole, with its table: `mint.max-lifetime`. `expected` and `got` are empty where they do not apply.
    """

    key: str
    message: str
    hint: str = ""
    expected: str = ""
    got: str = ""


class Table:
    """One table of the file. What is taken from it is checked; what is wrong is collected.

    Paths in it are relative to `folder`. Whoever reads it takes its keys and closes it.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        section: Section,
        folder: Path,
        wrongs: list[Wrong],
        name: str = "",
    ) -> None:
        self.folder = folder
        self._values = values
        self._section = section
        self._wrongs = wrongs
        self._name = name or section.name

    def fault(
        self, key: str, message: str, hint: str = "", *, expected: str = "", got: object = None
    ) -> None:
        """Note what is wrong with a key of this table."""
        said = "" if got is None else repr(got)
        self._wrongs.append(
            Wrong(key=self._whole(key), message=message, hint=hint, expected=expected, got=said)
        )

    def unexpected(self, key: str, expected: str, got: object, hint: str = "") -> None:
        """Note that something else was expected than what came; a secret is not repeated."""
        if self._section.key(key).secret:
            self.fault(key, f"expected {expected}", hint, expected=expected)
        else:
            self.fault(key, f"expected {expected}, got {got!r}", hint, expected=expected, got=got)

    def error(self, key: str, error: BondedError) -> None:
        """Note what somebody else says is wrong with it."""
        self.fault(key, error.message, error.hint)

    def has(self, key: str) -> bool:
        """Tell whether the key is given."""
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; one of the choices, where the key has some."""
        declared, value = self._take(key, Kind.TEXT, default)
        if declared.choices and value not in declared.choices:
            self.unexpected(key, " or ".join(map(repr, declared.choices)), value)
            return str(declared.value)
        return str(value)

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Return true or false."""
        return bool(self._take(key, Kind.FLAG, default)[1])

    def number(self, key: str, default: float | None = None) -> float:
        """Return seconds or days, which are not negative."""
        declared, value = self._take(key, self._section.key(key).kind, default)
        if not 0 <= value < _MANY_NUMBERS:
            self.unexpected(key, declared.kind.value, value)
            return float(declared.value) if isinstance(declared.value, int | float) else 0.0
        return float(value)

    def count(self, key: str, default: int | None = None) -> int:
        """Return a whole number that is not negative."""
        declared, value = self._take(key, Kind.COUNT, default)
        if not 0 <= value <= MOST:
            self.unexpected(key, f"a whole number from 0 to {MOST}", value)
            return int(declared.value) if isinstance(declared.value, int) else 0
        return int(value)

    def size(self, key: str, default: int | None = None) -> int:
        """Return a number of bytes."""
        declared, value = self._take(key, Kind.SIZE, default)
        found = size_of(str(value))
        if found is None:
            self.unexpected(key, declared.kind.value, value)
            return int(declared.value) if isinstance(declared.value, int) else 0
        return found

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; each one of the choices, where the key has some."""
        declared, values = self._take(key, Kind.TEXTS, None)
        if not all(isinstance(value, str) for value in values):
            self.unexpected(key, declared.kind.value, values)
            return []
        choices = declared.choices
        for value in sorted({one for one in values if choices and one not in choices}):
            self.unexpected(key, " or ".join(map(repr, choices)), value)
        return [value for value in values if not choices or value in choices]

    def close(self, beside: Iterable[str] = ()) -> None:
        """Note every key that was not declared; `beside` are the names of the tables in this one."""
        known = [*(key.name for key in self._section.keys), *beside]
        for key in self._values:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                self.fault(key, "unknown key", hint)

    def _whole(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _take(self, key: str, kind: Kind, default: Any) -> tuple[Key, Any]:
        """Return what is given, if it is of the kind, else the default: the reader's, else the declared one."""
        declared = self._section.key(key)
        assert declared.kind is kind, key
        usual = declared.value if default is None else default
        if key not in self._values:
            return declared, usual
        value = self._values[key]
        is_right = isinstance(value, _TYPES[kind])
        if is_right and isinstance(value, bool) and kind is not Kind.FLAG:  # a bool is an int, too
            is_right = False
        if not is_right:
            self.unexpected(key, kind.value, value)
            return declared, usual
        return declared, value

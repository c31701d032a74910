"""One file of settings as TOML has it, with the environment laid over it, given table by table."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bonded.errors import Fault, InvalidInput, Location
from bonded.index.configuration import top
from bonded.index.configuration.keys import Section
from bonded.index.configuration.table import Table, Wrong

__all__ = ["Tables", "overlaid", "read_document"]


def read_document(path: Path) -> Mapping[str, Any]:
    """Return the file as TOML has it; raises InvalidInput where it cannot be read or is no TOML."""
    place = Location(str(path))
    try:
        raw = path.read_bytes()
    except (
        OSError,
        ValueError,
    ) as error:  # ValueError: what cannot be a path, such as one with a NUL
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidInput((Fault(place, f"cannot be read: {reason}"),)) from None
    try:
        return tomllib.loads(raw.decode())
    except RecursionError:
        raise InvalidInput((Fault(place, "is not TOML: nested too deeply"),)) from None
    except ValueError as error:
        raise InvalidInput((Fault(place, f"is not TOML: {error}"),)) from None


def overlaid(
    document: Mapping[str, Any], given: Mapping[str, Mapping[str, object]]
) -> Mapping[str, Any]:
    """Return the document with what the environment gives in place of what stands there."""
    whole = {**document, **given.get("", {})}
    for name, values in given.items():
        if name:
            table = whole.get(name, {})
            # What is no table is a fault of its own, and stays as it is to be told.
            whole[name] = {**table, **values} if isinstance(table, dict) else table
    return whole


class Tables:
    """The tables of one file, by their sections."""

    def __init__(self, document: Mapping[str, Any], folder: Path, wrongs: list[Wrong]) -> None:
        self._document = document
        self._folder = folder
        self._wrongs = wrongs

    def top(self) -> Table:
        """Return what stands in no table."""
        return Table(self._document, top.SECTION, self._folder, self._wrongs)

    def one(self, section: Section) -> Table:
        """Return a table, empty if there is none."""
        values = self._document.get(section.name, {})
        if not isinstance(values, dict):
            self.top().fault(section.name, f"expected a table, got {values!r}", expected="a table")
            values = {}
        return Table(values, section, self._folder, self._wrongs)

    def many(self, section: Section) -> list[Table]:
        """Return an array of tables, empty if there is none."""
        name = section.name
        values = self._document.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            got = "" if isinstance(values, list) else f", got {values!r}"
            expected = f"an array of tables, written [[{name}]]"
            self.top().fault(name, f"expected {expected}{got}", expected=expected)
            return []
        return [
            Table(value, section, self._folder, self._wrongs, f"{name}[{place}]")
            for place, value in enumerate(values)
        ]

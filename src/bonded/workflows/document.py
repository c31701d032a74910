"""YAML as a tree of nodes that remember where they stand.

GitHub reads workflows as YAML 1.2 core schema: `on` and `yes` are strings, anchors and aliases are allowed, merge
keys are not, a key twice in a mapping is an error, and there is exactly one document.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bonded.errors import Location


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `value` is resolved by the YAML 1.2 core schema, `text` is what the file says."""

    value: None | bool | int | float | str
    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; keys are scalars."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    location: Location

    def get(self, key: str) -> "Node | None":
        """Return the value of `key` (exact letter case, as GitHub's reader), or None."""
        return next((value for name, value in self.entries if name.text == key), None)

    def __iter__(self) -> Iterator[tuple[str, "Node"]]:
        return ((key.text, value) for key, value in self.entries)


Node = Scalar | Sequence | Mapping

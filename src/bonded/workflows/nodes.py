"""The nodes of a YAML tree; each remembers where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bonded.errors import Location
from bonded.workflows import core_schema

Span = tuple[int, int]
"""Where something begins and ends, in characters of the text it was read from; a byte order mark counts."""
NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `value` is resolved by the YAML 1.2 core schema, `text` is what the file says."""

    value: core_schema.Value
    text: str
    location: Location
    span: Span = field(default=NOWHERE, compare=False)
    style: str = field(default="", compare=False)  # empty, or one of ' " | >


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes.

    `spans` says where each item stands in this list; that of an alias is not the span of the node it stands for.
    """

    items: tuple["Node", ...]
    location: Location
    span: Span = field(default=NOWHERE, compare=False)
    spans: tuple[Span, ...] = field(default=(), compare=False)
    flow: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; keys are scalars.

    `spans` says where each value stands in this mapping, as in a Sequence.
    """

    entries: tuple[tuple[Scalar, "Node"], ...]
    location: Location
    span: Span = field(default=NOWHERE, compare=False)
    spans: tuple[Span, ...] = field(default=(), compare=False)
    flow: bool = field(default=False, compare=False)

    def get(self, key: str) -> "Node | None":
        """Return the value of `key` (exact letter case, as GitHub's reader), or None."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None

    def __iter__(self) -> Iterator[tuple[str, "Node"]]:
        return ((key.text, value) for key, value in self.entries)


Node = Scalar | Sequence | Mapping

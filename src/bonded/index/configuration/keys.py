"""What may stand in the file, as data: every table with its keys, and of each key its kind, its default and a sentence.

The reader, the environment, the published schema and the page of the docs are all made from these. A key that is not
declared cannot be read, so nothing can be forgotten in one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

__all__ = ["MOST", "Key", "Kind", "Section", "Value"]

Value = str | bool | int | float | tuple[str, ...]

MOST = 999_999_999
"""More than anybody counts; every database has room for it."""


class Kind(Enum):
    """What a value is; each with the words in which it is asked for."""

    TEXT = "a text"
    FLAG = "true or false"
    SECONDS = "a number of seconds"
    DAYS = "a number of days"
    COUNT = "a whole number"
    SIZE = "a number of bytes or a text such as '100 MiB'"
    TEXTS = "a list of texts"


_EMPTY: Mapping[Kind, Value] = MappingProxyType(
    {
        Kind.TEXT: "",
        Kind.FLAG: False,
        Kind.SECONDS: 0.0,
        Kind.DAYS: 0.0,
        Kind.COUNT: 0,
        Kind.SIZE: 0,
        Kind.TEXTS: (),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: `meaning` says in a sentence what it does.

    `default` is what counts where it is not given: None stands for the empty value of its kind. Where that is not a
    value but is found out, or differs by another key, `told` says it in words. `choices` are all the texts that it may
    be (or hold, for a list), if they are few. `needed` keys have no default. `secret` values are never shown.
    `zero_is_none` says that 0 means "no bound".
    """

    name: str
    kind: Kind
    meaning: str
    default: Value | None = None
    told: str = ""
    choices: tuple[str, ...] = ()
    needed: bool = False
    secret: bool = False
    zero_is_none: bool = False

    @property
    def value(self) -> Value:
        """The default as a value of the key's kind."""
        return _EMPTY[self.kind] if self.default is None else self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table: its name as it stands in brackets, empty at the top. `many` stands in double brackets, many times.

    `notes` is for the page of the docs: what follows the keys there, as Markdown.
    """

    name: str
    title: str
    keys: tuple[Key, ...]
    many: bool = False
    notes: str = ""

    def key(self, name: str) -> Key:
        """Return a key by its name; KeyError where it was not declared."""
        for key in self.keys:
            if key.name == name:
                return key
        raise KeyError(name)

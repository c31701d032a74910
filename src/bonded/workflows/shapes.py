"""A small vocabulary to say what may stand where in a workflow or an action.

A shape is data. `schema` says with it what GitHub accepts, `checking` compares a node with it. The rules of GitHub's
reader that the words carry: a string may be any scalar, because scalars are turned to text; a number or a boolean
may not be quoted; an expression may stand for a value of any shape, where expressions are allowed at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `choices` are the only ones allowed, if any are given; `noun` says what a choice is."""

    filled: bool = False
    choices: tuple[str, ...] = ()
    noun: str = "value"
    condition: bool = False  # an `if`: the whole text is an expression, with or without ${{ }}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false, unquoted."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, unquoted."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value after the key."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value; expressions inside are still judged."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items have one shape."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class Keys:
    """A mapping: `known` keys, of which some are `required`, and any other key if `loose` gives their shape."""

    known: Mapping[str, "Shape"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    loose: "Shape | None" = None
    noun: str = "key"


@dataclass(frozen=True, slots=True)
class Kinds:
    """A mapping of one of several kinds; the key that gives each its name is in no other.

    `noun` says what it is that has kinds. A mapping that names none of them is of the kind `default`, or a fault.
    """

    noun: str
    kinds: Mapping[str, Keys]
    default: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes, which differ by the kind of node or are all scalars."""

    options: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class At:
    """A shape inside which expressions may use what `availability` says for this key."""

    key: str
    shape: "Shape"


Shape = Text | Flag | Number | Nothing | Anything | ListOf | Keys | Kinds | Either | At

TEXT = Text()
FILLED = Text(filled=True)
FLAG = Flag()
NUMBER = Number()
SCALAR = Either((TEXT, FLAG, NUMBER))
WORDS = Either((FILLED, ListOf(FILLED)))  # a scalar is legal where a list is expected


def choice(words: str, noun: str = "value") -> Text:
    """Return the shape of one of several words."""
    return Text(choices=tuple(words.split()), noun=noun)


def options(shape: Shape) -> tuple[Shape, ...]:
    """Return the alternatives of a shape that is not an `At`."""
    return shape.options if isinstance(shape, Either) else (shape,)


def describe(shape: Shape) -> str:
    """Return what is expected, as the end of "expected …"; an `At` is taken off before."""
    match shape:
        case Text(choices=words) if words:
            several = ", ".join(f"`{word}`" for word in words)
            return f"one of {several}" if words[1:] else several
        case Text():
            return "a text that is not empty" if shape.filled else "a text"
        case Either(options=inner):
            return " or ".join(dict.fromkeys(describe(one) for one in inner))
    return _PLAIN[type(shape)]


_PLAIN: Mapping[type, str] = {
    Flag: "true or false (without quotes)",
    Number: "a number (without quotes)",
    Nothing: "nothing",
    Anything: "any value",
    ListOf: "a list",
    Keys: "a mapping",
    Kinds: "a mapping",
}

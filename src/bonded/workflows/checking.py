"""Compares a node with a shape and notes everything that does not fit.

The walk goes on after a fault, so that one reading names them all; what hangs under an unknown key is not looked at.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass

from bonded.errors import Location
from bonded.workflows import core_schema, embedded
from bonded.workflows.availability import AVAILABILITY, Availability
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.faults import Faults, below, got, nearest
from bonded.workflows.shapes import (
    Anything,
    At,
    Flag,
    Keys,
    Kinds,
    ListOf,
    Nothing,
    Number,
    Shape,
    Text,
    describe,
    options,
)

# A longer list of known words helps nobody.
SHOWN = 25


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the walk is: the path of keys, the key to blame where no value is, and what expressions may use."""

    faults: Faults
    place: str
    key: Location | None = None
    allowed: Availability | None = None

    def under(self, key: Scalar) -> "_Spot":
        return _Spot(self.faults, below(self.place, key.text), key.location, self.allowed)

    def item(self, index: int) -> "_Spot":
        return _Spot(self.faults, below(self.place, index), None, self.allowed)

    def add(self, location: Location, message: str, hint: str = "") -> None:
        self.faults.add(location, self.place, message, hint)


def check(node: Node, shape: Shape, faults: Faults, place: str = "") -> None:
    """Note in `faults` everything in `node` that does not fit `shape`; `place` is the path to it."""
    _check(node, shape, _Spot(faults, place))


def _check(node: Node, shape: Shape, spot: _Spot) -> None:
    if isinstance(shape, At):
        spot = _Spot(spot.faults, spot.place, spot.key, AVAILABILITY[shape.key])
        shape = shape.shape
    if isinstance(node, Scalar):
        _check_scalar(node, shape, spot)
        return
    for option in options(shape):
        match node, option:
            case Sequence(), ListOf():
                for index, item in enumerate(node.items):
                    _check(item, option.item, spot.item(index))
            case Mapping(), Keys():
                _check_keys(node, option, spot)
            case Mapping(), Kinds():
                _check_kinds(node, option, spot)
            case _, Anything():
                _check_anything(node, spot)
            case _:
                continue
        return
    spot.add(node.location, f"expected {describe(shape)}, got {got(node)}")


def _check_scalar(node: Scalar, shape: Shape, spot: _Spot) -> None:
    several = options(shape)
    condition = any(isinstance(one, Text) and one.condition for one in several)
    if embedded.check(node, spot.allowed, spot.faults, spot.place, condition=condition):
        return
    if any(_fits(node, one) for one in several):
        return
    location = spot.key if node.value is None and spot.key else node.location
    text = core_schema.to_text(node.value)
    words = next((one for one in several if isinstance(one, Text) and one.choices), None)
    if words is None or not text:
        spot.add(location, f"expected {describe(shape)}, got {got(node)}")
    elif words.noun == "value":
        meant = nearest(text, words.choices)
        spot.add(location, f"expected {describe(shape)}, got {got(node)}{meant}")
    else:
        message = f"unknown {words.noun} `{text}`{nearest(text, words.choices)}"
        spot.add(location, message, _known(words.choices))


def _fits(node: Scalar, shape: Shape) -> bool:
    """Say whether a scalar without expressions has the shape; every scalar can be turned to text."""
    match shape:
        case Anything():
            return True
        case Nothing():
            return node.value is None
        case Flag():
            return isinstance(node.value, bool)
        case Number():
            return isinstance(node.value, int | float) and not isinstance(node.value, bool)
        case Text():
            text = core_schema.to_text(node.value)
            return text in shape.choices if shape.choices else bool(text) or not shape.filled
    return False


def _check_anything(node: Node, spot: _Spot) -> None:
    """Judge the expressions of a value that may be anything, where they are allowed at all."""
    match node:
        case Scalar():
            _check_scalar(node, Anything(), spot)
        case Sequence():
            for index, item in enumerate(node.items):
                _check_anything(item, spot.item(index))
        case Mapping():
            for key, value in node.entries:
                _check_anything(value, spot.under(key))


def _check_kinds(node: Mapping, shape: Kinds, spot: _Spot) -> None:
    """Find out which kind of mapping it is by the one key that only this kind has."""
    names = [name for name in shape.kinds if node.get(name) is not None]
    if len(names) > 1 and not shape.default:
        several = " and ".join(f"`{name}`" for name in names)
        spot.add(node.location, f"a {shape.noun} does one thing, got {several}")
    elif names or shape.default:
        kind = names[0] if names else shape.default
        _check_keys(node, shape.kinds[kind], spot, _other_kinds(shape, kind))
    else:
        _check_nameless(node, shape, spot)


def _other_kinds(shape: Kinds, kind: str) -> Table[str, str]:
    """Return why a key that other kinds have cannot stand in this one."""
    own = shape.kinds[kind].known
    return {
        key: f"`{key}` goes with `{other}`, not with `{kind}`"
        for other, keys in shape.kinds.items()
        for key in keys.known
        if key not in own
    }


def _check_nameless(node: Mapping, shape: Kinds, spot: _Spot) -> None:
    """Say that a mapping is of no kind; a key that was meant to say so explains it."""
    names = tuple(shape.kinds)
    known = dict.fromkeys(key for keys in shape.kinds.values() for key in keys.known)
    explained = False
    for key, _ in node.entries:
        if key.text not in known:
            meant = nearest(key.text, tuple(known))
            spot.add(key.location, f"unknown key `{key.text}`{meant}", _known(tuple(known)))
            explained = explained or any(f"`{name}`" in meant for name in names)
    if not explained:
        wanted = ", ".join(f"`{name}`" for name in names)
        spot.add(spot.key or node.location, f"a {shape.noun} needs one of {wanted}")


def _check_keys(
    node: Mapping, shape: Keys, spot: _Spot, elsewhere: Table[str, str] | None = None
) -> None:
    for key, value in node.entries:
        if "${{" in key.text:
            spot.add(key.location, "an expression cannot be a key")
        elif key.text in shape.known:
            _check(value, shape.known[key.text], spot.under(key))
        elif shape.loose is None:
            known = tuple(shape.known)
            unknown = f"unknown {shape.noun} `{key.text}`{nearest(key.text, known)}"
            spot.add(key.location, (elsewhere or {}).get(key.text, unknown), _known(known))
        elif key.text:
            _check(value, shape.loose, spot.under(key))
        else:
            spot.add(key.location, "a key is empty")
    for name in shape.required:
        if node.get(name) is None:
            spot.add(spot.key or node.location, f"the key `{name}` is missing")


def _known(words: tuple[str, ...]) -> str:
    return f"Known: {', '.join(sorted(words))}." if 0 < len(words) <= SHOWN else ""

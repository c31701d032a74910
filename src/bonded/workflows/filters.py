r"""Filter patterns of `branches`, `tags` and `paths`: GitHub's own kind of glob.

    *      any characters but `/`          ?      the character before, or not
    **     any characters                  +      the character before, once or more
    **/    any folders, or none            [a-z]  one of these characters
    \       the next character as it is     !      first in a pattern: takes back what matched before

All else stands for itself. A pattern matches the whole name, with its letter case. GitHub's matcher is not public;
the grammar is that of its documentation and of observed runs.

Matching walks the name once with the set of all places in the pattern where one may be, so its cost is at most the
product of both lengths, whatever the pattern.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bonded.errors import BondedError

_CLASSES = (
    frozenset("abcdefghijklmnopqrstuvwxyz"),
    frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    frozenset("0123456789"),
)


class FilterError(BondedError):
    """A pattern that GitHub rejects; `position` counts characters of `pattern` from 0."""

    def __init__(self, pattern: str, position: int, reason: str) -> None:
        super().__init__(
            f"Invalid filter pattern '{pattern}' at character {position + 1}: {reason}"
        )
        self.pattern = pattern
        self.position = position


@dataclass(frozen=True, slots=True)
class _Place:
    """One character to match: one of `characters`, or any but those if `inverted`.

    It may be left out where `optional`, and repeated where `repeated`. Where it is left out, so may be the places after
    it, `skip` in all: `**/` may match nothing.
    """

    characters: frozenset[str]
    inverted: bool = False
    optional: bool = False
    repeated: bool = False
    skip: int = 1

    def takes(self, character: str) -> bool:
        return (character in self.characters) is not self.inverted


_ANY = _Place(frozenset(), inverted=True, optional=True, repeated=True)
_IN_FOLDER = _Place(frozenset("/"), inverted=True, optional=True, repeated=True)
_FOLDERS = _Place(frozenset(), inverted=True, optional=True, repeated=True, skip=2)
_SLASH = _Place(frozenset("/"))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that GitHub accepts, ready to match."""

    text: str
    negative: bool
    places: tuple[_Place, ...]

    def matches(self, name: str) -> bool:
        """Return whether the pattern, without its `!`, matches the whole name."""
        here = self._reachable({0})
        for character in name:
            after: set[int] = set()
            staying: set[int] = set()
            for index in here:
                if index < len(self.places) and self.places[index].takes(character):
                    after.add(index + 1)
                    if self.places[index].repeated:
                        staying.add(index)
            # Who stays in `**/` cannot leave it out any more, so only who goes on may skip.
            here = self._reachable(after) | staying
        return len(self.places) in here

    def _reachable(self, indexes: set[int]) -> set[int]:
        """Return the indexes, and those that can be reached from them by leaving places out."""
        reached: set[int] = set()
        pending = list(indexes)
        while pending:
            index = pending.pop()
            if index in reached:
                continue
            reached.add(index)
            if index < len(self.places) and (place := self.places[index]).optional:
                pending.extend({index + 1, index + place.skip})
        return reached


def parse_pattern(text: str) -> Pattern:
    """Return the pattern that `text` says; raises FilterError as GitHub would reject it."""
    negative = text.startswith("!")
    start = 1 if negative else 0
    if len(text) == start:
        raise FilterError(text, 0, "the pattern is empty")
    places: list[_Place] = []
    position = start
    quantifiable = False
    while position < len(text):
        character = text[position]
        if character in "?+":
            if not quantifiable:
                raise FilterError(text, position, f"`{character}` must follow a character or `]`")
            places[-1] = _Place(
                places[-1].characters,
                optional=character == "?",
                repeated=character == "+",
            )
            quantifiable = False
            position += 1
            continue
        quantifiable = character != "*"
        new, position = _read(text, position)
        places.extend(new)
    return Pattern(text, negative, tuple(places))


def _read(text: str, position: int) -> tuple[Sequence[_Place], int]:
    """Return the places that the piece at `position` stands for, and where the next one begins."""
    match text[position]:
        case "*":
            if text.startswith("**/", position):
                return (_FOLDERS, _SLASH), position + 3
            if text.startswith("**", position):
                return (_ANY,), position + 2
            return (_IN_FOLDER,), position + 1
        case "[":
            characters, position = _bracket(text, position)
            return (_Place(characters),), position
        case "\\":
            if position + 1 == len(text):
                raise FilterError(text, position, "a character must follow `\\`")
            return (_Place(frozenset(text[position + 1])),), position + 2
        case character:
            return (_Place(frozenset(character)),), position + 1


def _bracket(text: str, opening: int) -> tuple[frozenset[str], int]:
    """Return the characters between the brackets, and where the text goes on after them."""
    closing = text.find("]", opening)
    if closing == -1:
        raise FilterError(text, opening, "`[` is not closed")
    inside = text[opening + 1 : closing]
    if not inside:
        raise FilterError(text, opening, "`[]` is empty")
    characters: set[str] = set()
    place = 0
    while place < len(inside):
        first, last = inside[place], inside[place + 2 : place + 3]
        if inside[place + 1 : place + 2] == "-" and last:
            if not (between := _range(first, last)):
                raise FilterError(
                    text,
                    opening + 1 + place,
                    f"the range {first}-{last} must go upwards within a-z, A-Z or 0-9",
                )
            characters |= between
            place += 3
        else:
            characters.add(first)
            place += 1
    return frozenset(characters), closing + 1


def _range(first: str, last: str) -> set[str]:
    """Return the characters from `first` to `last`; none where that is no range."""
    if not any({first, last} <= characters for characters in _CLASSES):
        return set()
    return {chr(code) for code in range(ord(first), ord(last) + 1)}


def matches(patterns: Iterable[str] | str, name: str, *, ignore: bool = False) -> bool:
    """Return whether an event with this name passes a filter.

    `patterns` are those of `branches`, `tags` or `paths`, or with `ignore` of the `…-ignore` filter; one string is a
    list of one. `name` is the short name of a tag or branch, or a path. The name is *matched* if the last pattern
    that applies to it has no `!`. A filter passes what is matched; with `ignore` it passes what is not.
    Raises FilterError for a pattern that GitHub rejects, and for a list of only `!` patterns (they would have nothing
    to take back); an empty list matches nothing.
    """
    return passes(deciding(parse_patterns(patterns, ignore=ignore), name), ignore=ignore)


def parse_patterns(patterns: Iterable[str] | str, *, ignore: bool = False) -> tuple[Pattern, ...]:
    """Return the patterns of one filter in their order; raises FilterError as `matches` does."""
    texts = [patterns] if isinstance(patterns, str) else patterns
    parsed = tuple(parse_pattern(text) for text in texts)
    if parsed and not ignore and all(pattern.negative for pattern in parsed):
        raise FilterError(parsed[0].text, 0, "at least one pattern must be without `!`")
    return parsed


def deciding(parsed: Sequence[Pattern], name: str) -> Pattern | None:
    """Return the last pattern that applies to `name`, negative or not; None if none does."""
    return next((pattern for pattern in reversed(parsed) if pattern.matches(name)), None)


def passes(decider: Pattern | None, *, ignore: bool = False) -> bool:
    """Return whether a name passes a filter in which `decider` is the last pattern that applies to it."""
    matched = decider is not None and not decider.negative
    return matched is not ignore

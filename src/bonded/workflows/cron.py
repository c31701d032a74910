"""Schedules: the five fields of POSIX cron that GitHub reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIELDS = 5


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five: its name, its smallest and greatest number, and names for numbers."""

    name: str
    least: int
    greatest: int
    words: Mapping[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int | None:
        """Return the number that `text` says, or None."""
        if text.lower() in self.words:
            return self.words[text.lower()]
        number = int(text) if text.isascii() and text.isdecimal() else -1
        return number if self.least <= number <= self.greatest else None

    def accepts(self, text: str) -> bool:
        """Say whether `text` is a list of `*`, numbers and ranges, each with a step or not."""
        return all(self._accepts_one(part) for part in text.split(","))

    def _accepts_one(self, text: str) -> bool:
        span, slash, step = text.partition("/")
        if slash and not self.number(step):
            return False
        if span == "*":
            return True
        first, dash, last = span.partition("-")
        low = self.number(first)
        high = self.number(last) if dash else low
        return low is not None and high is not None and low <= high


def _named(words: str, start: int) -> Mapping[str, int]:
    return {word: number for number, word in enumerate(words.split(), start)}


ALL = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, _named("jan feb mar apr may jun jul aug sep oct nov dec", 1)),
    Field("day of the week", 0, 6, _named("sun mon tue wed thu fri sat", 0)),
)


def why_invalid(text: str) -> str:
    """Return what is wrong with a cron expression, or an empty text."""
    parts = text.split()
    if len(parts) != FIELDS:
        return f"expected five fields, got {len(parts)} in `{text}`"
    for part, one in zip(parts, ALL, strict=True):
        if not one.accepts(part):
            return f"`{part}` is no {one.name} from {one.least} to {one.greatest}"
    return ""

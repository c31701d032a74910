"""The faults of one file while it is read: collected, placed and put in order."""

import re
from bisect import bisect_right

from bonded.errors import Fault, InvalidInput, Location
from bonded.workflows import core_schema
from bonded.workflows.document import Mapping, Node, Scalar, Sequence

# How much of a value a message repeats.
SHOWN = 60


class Faults:
    """A list of faults that remembers the file and its text."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = re.sub("\r\n?", "\n", text.removeprefix("\ufeff"))
        self.starts = (0, *(found.end() for found in re.finditer("\n", self.text)))
        self.found: list[Fault] = []

    def offset_of(self, location: Location) -> int:
        """Return how many characters of the text come before a place."""
        return self.starts[location.line - 1] + location.column - 1

    def location_of(self, offset: int) -> Location:
        """Return the place of a character of the text."""
        line = bisect_right(self.starts, offset)
        return Location(self.file, line, offset - self.starts[line - 1] + 1)

    def add(self, location: Location, place: str, message: str, hint: str = "") -> None:
        """Note one fault; `place` is the path of keys inside the file, empty for the whole."""
        prefix = f"`{place}`: " if place else ""
        self.found.append(Fault(location, f"{prefix}{message}", hint))

    def stop(self) -> None:
        """Raise InvalidInput with all faults in the order of the file, if there are any."""
        if self.found:
            raise InvalidInput(tuple(sorted(dict.fromkeys(self.found))))


def below(place: str, key: str | int) -> str:
    """Return the path of a key, or of an item counted from 0, under `place`."""
    if isinstance(key, int):
        return f"{place}[{key}]"
    return f"{place}.{key}" if place else key


def got(node: Node) -> str:
    """Return what a node is, as the end of "got …"."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool() | int() | float()):
            return f"`{core_schema.to_text(node.value)}`"
        case Scalar(text=""):
            return "an empty text"
    return f"the text `{shortened(node.text)}`"


def shortened(text: str) -> str:
    """Return the text on one line, cut where it gets long."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Return "; did you mean `x`?" for the known word most like `word`, or nothing."""
    from difflib import get_close_matches  # only where something is wrong

    same = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), same, n=1, cutoff=0.6)
    return f"; did you mean `{same[close[0]]}`?" if close else ""

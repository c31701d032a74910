"""The log of one step, bounded: what a build prints without end must not fill the memory or the report.

The first lines and the last ones stay, because what began and what ended a step stand there; one line between them
says how many were left out.
"""

from collections.abc import Iterable

__all__ = ["CHARACTERS", "LINES", "Log"]

LINES = 20_000
"""The most lines that a log keeps, the one that tells of others included."""
CHARACTERS = 4 << 20
"""The most characters that a log keeps, line ends included; its last line stays however long it is."""
_FIRST_LINES = 5_000
_FIRST_CHARACTERS = 1 << 20


class Log(list[str]):
    """A list of lines that grows at its end only, and leaves lines out in its middle."""

    __slots__ = ("_first", "_left_out", "_size")

    def __init__(self, lines: Iterable[str] = ()) -> None:
        super().__init__()
        self._first = self._left_out = self._size = 0
        for line in lines:
            self.append(line)

    def append(self, line: str, /) -> None:
        """Take one more line."""
        super().append(line)
        self._size += len(line) + 1
        if len(self) == self._first + 1 <= _FIRST_LINES and self._size <= _FIRST_CHARACTERS:
            self._first += 1
        while (len(self) > LINES or self._size > CHARACTERS) and self._can_leave_out():
            self._leave_one_out()

    def _can_leave_out(self) -> bool:
        return len(self) - self._first - bool(self._left_out) > 1

    def _leave_one_out(self) -> None:
        """Take out the oldest line after the first ones, and count it in the line that stands there instead."""
        if self._left_out:
            self._size -= len(self[self._first]) + 1
            del self[self._first]
        self._size -= len(self[self._first]) + 1
        self._left_out += 1
        self[self._first] = f"… {self._left_out:,} lines left out …"
        self._size += len(self[self._first]) + 1

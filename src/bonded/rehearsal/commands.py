"""What a step says to the runner: command files, `::command::` lines, and what must not be seen.

The grammar is the runner's: a command file is read once, after the step ended, and a malformed one fails the step;
a command line starts with `::` after blanks, or holds the legacy `##[`; what is no known command is plain text.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MASK = "***"

KNOWN_COMMANDS = frozenset(
    {
        "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
        "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
    }
)  # fmt: skip


class CommandFileError(ValueError):
    """A command file that the runner refuses; the text is the runner's own sentence."""


@dataclass(frozen=True, slots=True)
class Command:
    """One `::name key=value,…::data` line."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    data: str = ""


def parse_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read `GITHUB_OUTPUT` or `GITHUB_ENV`: `NAME=VALUE` lines and `NAME<<DELIMITER` blocks.

    Only a line feed ends a line, so a carriage return stays in the value. Raises CommandFileError.
    """
    pairs: list[tuple[str, str]] = []
    rest = text
    while rest:
        line, _, rest = rest.partition("\n")
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            if not name or not delimiter:
                raise CommandFileError(
                    f"Invalid format '{line}'. Name must not be empty and delimiter must not be empty"
                )
            value, rest = _until(rest, delimiter)
        else:
            raise CommandFileError(f"Invalid format '{line}'")
        if not name:
            raise CommandFileError(f"Invalid format '{line}'. Name must not be empty")
        pairs.append((name, value))
    return tuple(pairs)


def _until(text: str, delimiter: str) -> tuple[str, str]:
    """Split a block at the line that is its delimiter: (value without its last line end, rest)."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        if line == delimiter:
            return text[: max(start - 1, 0)], "" if end < 0 else text[end + 1 :]
        if end < 0:
            raise CommandFileError("Invalid value. EOF marker missing new line.")
        start = end + 1
    raise CommandFileError(f"Invalid value. Matching delimiter not found '{delimiter}'")


def parse_paths(text: str) -> tuple[str, ...]:
    """Read `GITHUB_PATH`: one folder a line, in the order written."""
    return tuple(line for line in text.split("\n") if line)


_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_LEGACY_TEXT = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))
_LEGACY = re.compile(r"##\[([^\s\]]+)([^\]]*)\](.*)", re.DOTALL)


def _unescape(text: str, table: Iterable[tuple[str, str]]) -> str:
    for escaped, plain in table:
        text = text.replace(escaped, plain)
    return text


def parse_command(line: str, known: Container[str] = KNOWN_COMMANDS) -> Command | None:
    """Read one line of a step's output; None where it is plain text, because its name is not among the `known`."""
    command = _new_form(line.lstrip())
    if command is None or command.name not in known:
        command = _legacy_form(line)
    return command if command and command.name in known else None


def _new_form(text: str) -> Command | None:
    if not text.startswith("::"):
        return None
    head, separator, data = text[2:].partition("::")
    if not separator:
        return None
    name, _, properties = head.partition(" ")
    return Command(name.lower(), _properties(properties, ",", _PROPERTY), _unescape(data, _DATA))


def _legacy_form(line: str) -> Command | None:
    match = _LEGACY.search(line)
    if match is None:
        return None
    name, properties, data = match.groups()
    given = _properties(properties, ";", _LEGACY_TEXT)
    return Command(name.lower(), given, _unescape(data, _LEGACY_TEXT))


def _properties(text: str, separator: str, table: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.strip().split(separator) if "=" in item)
    return {key.strip(): _unescape(value, table) for key, _, value in pairs}


class Masks:
    """Values that no log line, no report and no job output may show."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: list[str] = []
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Hide a value, and each line of one with several lines, as the runner does; blanks hide nothing."""
        for part in (value, *re.split(r"[\r\n]", value)):
            if part.strip() and part not in self._values:
                self._values.append(part)

    def apply(self, text: str) -> str:
        """Return the text with three stars for every stretch that hidden values cover.

        Values that overlap or touch are one stretch, so that no end of one is left beside the stars of another.
        """
        shown, done = "", 0
        for start, end in self._stretches(text):
            shown += text[done:start] + MASK
            done = end
        return shown + text[done:]

    def _stretches(self, text: str) -> list[tuple[int, int]]:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(span for value in self._values for span in _spans(value, text)):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def hides(self, text: str) -> bool:
        """Whether the text holds a hidden value; such job outputs are dropped."""
        return any(value in text for value in self._values)


def _spans(value: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(value)
    while start >= 0:
        yield start, start + len(value)
        start = text.find(value, start + 1)

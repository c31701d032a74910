"""What the YAML parser complains about, said in one sentence that a maintainer can act on."""

import re
from typing import Any

from bonded.errors import Fault, Location

# (what the parser says, our sentence, what to do); the first that fits counts. `{0}` is what the pattern caught.
SENTENCES: tuple[tuple[str, str, str], ...] = (
    (r"'\\t' that cannot start", "a tab cannot indent YAML", "Indent with spaces."),
    (
        r"found character (.+) that cannot start",
        "the character {0} cannot start a value",
        "Put the value in quotes.",
    ),
    (
        r"mapping values are not allowed",
        "a `: ` cannot stand here, because the text before it is already a value",
        "Mend the indentation, or put a value that contains `: ` in quotes.",
    ),
    (
        r"sequence entries are not allowed",
        "a list item cannot start here",
        "Put each `- ` on a line of its own, under its key.",
    ),
    (r"unexpected end of stream", "the quoted text never ends", "Close the quotes."),
    (
        r"found unknown escape character '(.+)'",
        "`\\{0}` is no escape in double quotes",
        "Write the backslash twice, or use single quotes.",
    ),
    (
        r"expected <block end>",
        "the indentation fits no open block",
        "Give all keys of a mapping, and all items of a list, the same indentation.",
    ),
    (r"could not find expected ':'", "a key has no `: ` after it", "Write `key: value`."),
    (
        r"expected ',' or '(.)'",
        "a `{0}` or a comma is missing",
        "Close the bracket, or put a value that contains brackets in quotes.",
    ),
    (
        r"expected the node content",
        "a value is missing here",
        "Write the value, or close the bracket.",
    ),
    (r"expected '<document start>'", "there is text after the end of the document", ""),
    (
        r"undefined tag handle",
        "unknown YAML tag",
        "Remove the tag; GitHub knows the core ones only.",
    ),
)


def from_error(error: Any, file: str, text: str) -> Fault:
    """Return the fault for an exception of the YAML parser over `text`."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        message, hint = sentence(str(getattr(error, "problem", None) or error))
        return Fault(Location(file, mark.line + 1, mark.column + 1), message, hint)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        character = text[position : position + 1]
        message = f"the character U+{ord(character or ' '):04X} is not allowed in YAML"
        return Fault(at_offset(text, position, file), message, "Remove it.")
    return Fault(Location(file), "this cannot be read as YAML", "")


def sentence(problem: str) -> tuple[str, str]:
    """Return our sentence and hint for what the parser says."""
    for pattern, message, hint in SENTENCES:
        found = re.search(pattern, problem)
        if found:
            return message.format(*found.groups()), hint
    return f"this is not YAML: {' '.join(problem.split())}", ""


def at_offset(text: str, offset: int, file: str) -> Location:
    """Return the place of the character at `offset`, counted as editors do."""
    lines = re.split(r"\r\n|\n|\r", text[:offset])
    return Location(file, len(lines), len(lines[-1]) + 1)

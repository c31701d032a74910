r"""Text of programs without what a terminal would obey.

Names, logs and error messages come from workflows, builds and servers. What a terminal takes for an order (ECMA-48:
control characters, and the sequences that ESC or a C1 character opens) could move its cursor, change its title, or
hide what was said; what turns the direction of writing could make a text read as another one. The sequences go whole,
colours too; every other control character goes but the tab and the line end; marks of direction, and halves of a pair
that no UTF-8 can write, become visible as U+FFFD.
"""

import re

__all__ = ["plain"]

_SEQUENCES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles and links, up to BEL or ST
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM and APC strings
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, the cursor, erasing
    r"|\x1b[ -/]*[0-~]"  # the short ones
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MISLEADING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return a text that a terminal only shows; a carriage return overwrites its line, as it does there."""
    if not _SUSPECT.search(text):
        return text
    text = _SEQUENCES.sub("", text).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _MISLEADING.sub("\ufffd", _CONTROLS.sub("", "\n".join(lines)))

"""Plain data as YAML that reads back as the same data: the new parts of a document that is edited.

Texts are plain where that is safe also for readers of YAML 1.1 (`on`, `yes`), else in single quotes; texts of several
lines become literal blocks where they can.
"""

import re
from collections.abc import Mapping, Sequence

from bonded.workflows import core_schema

Scalar = str | bool | int | None
Data = Scalar | Sequence["Data"] | Mapping[str, "Data"]

SAFE = re.compile(r"[A-Za-z0-9_./$(^~+<=][^\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff]*")
UNSAFE_INSIDE = re.compile(r":(?:\s|$)|\s#|\s$")
UNSAFE_IN_FLOW = re.compile(r"[\[\]{},:?]")
# YAML 1.1, which editors and other tools still speak, reads these as booleans, numbers and times.
OLD_WORDS = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|~|[-+]?[0-9][0-9_:.,eExXoO+-]*|=|<<")
CONTROL = re.compile(
    r"[^\n\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
ESCAPES = (("x", 2), ("u", 4), ("U", 8))


def block(value: Data, indent: int, *, item: bool = False) -> str:
    """Return what follows `key:` or, for an `item`, `-`, without a last line break.

    Lines after the first are indented by `indent`; a mapping that is an item begins behind its dash.
    """
    if isinstance(value, Mapping) and value:
        lines = [f"{flow(key)}:{block(inner, indent + 2)}" for key, inner in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        lines = [f"-{block(inner, indent + 2, item=True)}" for inner in value]
    elif isinstance(value, str) and _is_literal(value):
        return f" {_literal(value, indent)}"
    else:
        return (
            ""
            if value is None
            else f" {flow(value) if not isinstance(value, str) else plain(value)}"
        )
    between = "\n" + " " * indent
    return (" " if item else between) + between.join(lines)


def flow(value: Data) -> str:
    """Return the data on one line."""
    match value:
        case str():
            return plain(value, flow=True)
        case None | bool() | int():
            return _word(value)
        case Mapping():
            inside = ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items())
            return f"{{{inside}}}"
    return f"[{', '.join(flow(inner) for inner in value)}]"


def plain(text: str, *, flow: bool = False) -> str:
    """Return a text without quotes if it would still be this text, else with them."""
    unsafe = (
        SAFE.fullmatch(text) is None
        or UNSAFE_INSIDE.search(text)
        or (flow and UNSAFE_IN_FLOW.search(text))
        or OLD_WORDS.fullmatch(text)
        or core_schema.resolve(text) != text
    )
    return single(text) if unsafe else text


def single(text: str) -> str:
    """Return a text in single quotes; in double quotes if it needs escapes."""
    if CONTROL.search(text) or "\n" in text:
        return double(text)
    return "'" + text.replace("'", "''") + "'"


def double(text: str) -> str:
    """Return a text in double quotes, everything that is not printed escaped."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + CONTROL.sub(_escaped, inside) + '"'


def restyled(style: str, value: Scalar, *, indent: int, flow: bool) -> str:
    """Return a value in the quotes that another one had, where it can have them."""
    if not isinstance(value, str):
        return _word(value)
    if style == "'":
        return single(value)
    if style == '"':
        return double(value)
    if not flow and _is_literal(value):
        return _literal(value, indent)
    return plain(value, flow=flow)


def _escaped(found: re.Match[str]) -> str:
    code = f"{ord(found[0]):x}"
    return next(f"\\{kind}{code:0>{size}}" for kind, size in ESCAPES if len(code) <= size)


def _word(value: bool | int | None) -> str:  # noqa: FBT001 - a value to be written, not a switch
    """Return a value that is no text as YAML spells it."""
    return "null" if value is None else str(value).lower()


def _is_literal(text: str) -> bool:
    """Say whether a text can be a literal block: several lines, nothing but printable, no odd spaces at its ends."""
    if "\n" not in text or CONTROL.search(text) or text.startswith((" ", "\n")):
        return False
    body = text.removesuffix("\n")
    return bool(body.strip()) and not body.endswith((" ", "\n"))


def _literal(text: str, indent: int) -> str:
    lines = text.removesuffix("\n").split("\n")
    body = "\n".join(" " * indent + line if line else "" for line in lines)
    return f"|{'' if text.endswith(chr(10)) else '-'}\n{body}"

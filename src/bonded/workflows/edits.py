"""Changes of a YAML document that leave the rest of it alone.

Rule: nothing is written anew that was not asked to change. A change is an `Edit`, a span of the source and the text
that takes its place; the tree (`document`) says where things stand, and what is between them (comments, blank lines,
quoting, indentation, the kind of line break) is read from the source. All builders return edits for `apply`; edits of
one document can be collected and applied at once as long as they do not overlap.

A node that came through an alias stands where its anchor is: what changes there changes everywhere. New values come as
plain Python data and are written by `spelling`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bonded.workflows.document import Mapping, Node, Scalar, Sequence, Span
from bonded.workflows.spelling import Data, block, flow, restyled

__all__ = [
    "Data",
    "Edit",
    "apply",
    "insert_item",
    "insert_key",
    "remove_item",
    "remove_key",
    "replace_scalar",
    "replace_value",
]

PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")
DASH = re.compile(r"(?:\s|#[^\n]*\n)*-")
LEADING = re.compile(r" *(?:- +)*")
BLOCK_SCALAR = re.compile(r"[|>][+-]?$", re.MULTILINE)
STEP = 2


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in the place of the characters from `start` up to `end`; an insertion where both are the same."""

    start: int
    end: int
    text: str


def apply(source: str, edits: Iterable[Edit]) -> str:
    """Return the source with all edits made; insertions at the same place keep their order.

    Raises ValueError for edits that overlap or lie outside of the source.
    """
    pieces, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not 0 <= edit.start <= edit.end <= len(source):
            raise ValueError(f"an edit from {edit.start} to {edit.end} of {len(source)} characters")
        if edit.start < position:
            raise ValueError(f"two edits want to change character {edit.start}")
        pieces += [source[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, source[position:]])


def replace_scalar(source: str, node: Scalar, value: str | int) -> Edit:
    """Return the edit that gives a scalar another value and keeps its quotes, anchor and tag where it can."""
    start, end = node.span
    properties = PROPERTIES.match(source, start, end)
    start = properties.end() if properties else start
    gap = " " if source[start - 1 : start] in {":", "-"} else ""
    indent = _indent(source, start)
    one_line = _in_flow(source, node) or _comment_follows(source, end)
    text = restyled(node.style, value, indent=indent + STEP, flow=one_line)
    return Edit(start, end, gap + _lines(source, text))


def replace_value(source: str, mapping: Mapping, key: str, value: Data) -> Edit:
    """Return the edit that puts data in the place of a key's value, whatever stood there before.

    What stood in brackets stands in brackets again.
    """
    position = _position(mapping, key)
    name, old = mapping.entries[position]
    start, end = name.span[1], mapping.spans[position][1]
    start = source.index(":", start) + 1
    if mapping.flow or (isinstance(old, Sequence | Mapping) and old.flow):
        return Edit(start, end, f" {flow(value)}")
    text = block(value, _column(source, name.span[0]) + STEP)
    if _comment_follows(source, end) and BLOCK_SCALAR.search(text):
        text = f" {flow(value)}"
    return Edit(start, end, _lines(source, text))


def insert_key(
    source: str,
    mapping: Mapping,
    key: str,
    value: Data,
    *,
    before: str | None = None,
    after: str | None = None,
) -> Edit:
    """Return the edit that adds a key, at the end or beside a key that is there.

    Raises ValueError for a key that is there already, and for a neighbour that is not.
    """
    if mapping.get(key) is not None:
        raise ValueError(f"the key {key} is there already")
    place = len(mapping.entries)
    if before is not None or after is not None:
        place = _position(mapping, before or after or "") + (before is None)
    if mapping.flow:
        ends = [span[1] for span in mapping.spans]
        starts = [name.span[0] for name, _ in mapping.entries]
        return _into_flow(mapping, f"{flow(key)}: {flow(value)}", place, starts, ends)
    first = mapping.entries[0][0].span[0]
    column = _column(source, first)
    text = f"{flow(key)}:{block(value, column + STEP)}"
    if place == 0:
        return _before(source, first, text, column)
    return _after(source, mapping.spans[place - 1][1], text, column)


def remove_key(source: str, mapping: Mapping, key: str) -> Edit:
    """Return the edit that takes a key away, with its value and the comments that are only about it.

    Raises ValueError for the only key of a mapping: then the mapping has to go.
    """
    position = _position(mapping, key)
    starts = [name.span[0] for name, _ in mapping.entries]
    return _removal(source, position, starts, mapping.spans, flow=mapping.flow)


def insert_item(source: str, sequence: Sequence, index: int, value: Data) -> Edit:
    """Return the edit that puts data before the item `index`, or at the end."""
    if not sequence.items and not sequence.flow:
        raise ValueError("a block list has at least one item")
    starts, ends = [span[0] for span in sequence.spans], [span[1] for span in sequence.spans]
    if sequence.flow:
        return _into_flow(sequence, flow(value), index, starts, ends)
    starts = _dashes(source, sequence)
    column = _column(source, starts[0])
    text = f"-{block(value, column + STEP, item=True)}"
    if index == 0:
        return _before(source, starts[0], text, column)
    return _after(source, ends[index - 1], text, column)


def remove_item(source: str, sequence: Sequence, index: int) -> Edit:
    """Return the edit that takes an item away, with the comments that are only about it.

    Raises ValueError for the only item of a list.
    """
    starts = [span[0] for span in sequence.spans] if sequence.flow else _dashes(source, sequence)
    return _removal(source, index, starts, sequence.spans, flow=sequence.flow)


def _position(mapping: Mapping, key: str) -> int:
    for position, (name, _) in enumerate(mapping.entries):
        if name.text == key:
            return position
    raise ValueError(f"there is no key {key}")


def _dashes(source: str, sequence: Sequence) -> list[int]:
    """Return where the dash of each item of a block list stands."""
    found, end = [], sequence.span[0]
    properties = PROPERTIES.match(source, end)
    end = properties.end() if properties else end
    for span in sequence.spans:
        dash = DASH.match(source, end)
        if dash is None:
            raise ValueError("the list does not stand in one place")
        found.append(dash.end() - 1)
        end = span[1]
    return found


def _into_flow(
    node: Mapping | Sequence, text: str, place: int, starts: list[int], ends: list[int]
) -> Edit:
    """Return the insertion of a part into `{…}` or `[…]`."""
    if not starts:
        inside = node.span[1] - 1
        return Edit(inside, inside, text)
    if place == 0:
        return Edit(starts[0], starts[0], f"{text}, ")
    return Edit(ends[place - 1], ends[place - 1], f", {text}")


def _before(source: str, start: int, text: str, column: int) -> Edit:
    """Return the insertion of lines before the first entry of a block, and before the comments over it."""
    text = _lines(source, f"{text}\n")
    indent = " " * column
    if source[_line_start(source, start) : start].strip():
        return Edit(
            start, start, text + indent
        )  # behind a dash: what comes must stand on the same line
    place = _above(source, start, column)
    return Edit(place, place, indent + text)


def _after(source: str, end: int, text: str, column: int) -> Edit:
    """Return the insertion of lines after the line on which something ends."""
    place = _line_end(source, end)
    text = f"{' ' * column}{text}"
    if source[place - 1 : place] == "\n":
        return Edit(place, place, _lines(source, f"{text}\n"))
    return Edit(place, place, _lines(source, f"\n{text}"))


def _removal(
    source: str, position: int, starts: list[int], spans: tuple[Span, ...], *, flow: bool
) -> Edit:
    if len(starts) == 1:
        raise ValueError("nothing would be left of it")
    start, end = starts[position], spans[position][1]
    last = position == len(starts) - 1
    if flow:
        if last:
            return Edit(spans[position - 1][1], end, "")
        return Edit(start, starts[position + 1], "")
    line = _line_start(source, start)
    if source[line:start].strip():  # behind a dash: what follows moves up
        return Edit(start, _next_thing(source, end, starts[position + 1]), "")
    stop = _line_end(source, end)
    sibling_follows = not last and not source[stop : starts[position + 1]].strip(" ")
    begin = line if sibling_follows else _above(source, start, start - line)
    return Edit(begin, stop, "")


def _next_thing(source: str, end: int, limit: int) -> int:
    """Return where the next line's comment or key begins."""
    place = _line_end(source, end)
    return min(limit, place + len(source[place:]) - len(source[place:].lstrip()))


def _above(source: str, start: int, column: int) -> int:
    """Return where the comments begin that stand over something at its column, without a blank line between."""
    place = _line_start(source, start)
    while place:
        before = _line_start(source, place - 1)
        if not source[before:place].startswith(" " * column + "#"):
            break
        place = before
    return place


def _line_start(source: str, place: int) -> int:
    start = source.rfind("\n", 0, place) + 1
    return start + (start == 0 and source.startswith("\ufeff"))


def _line_end(source: str, place: int) -> int:
    """Return where the next line begins; the end of the source if there is none."""
    end = source.find("\n", place)
    return len(source) if end == -1 else end + 1


def _column(source: str, place: int) -> int:
    return place - _line_start(source, place)


def _indent(source: str, place: int) -> int:
    """Return the column of the first thing on the line of a place, dashes of lists aside."""
    found = LEADING.match(source, _line_start(source, place), place)
    return len(found[0]) if found else 0


def _in_flow(source: str, node: Node) -> bool:
    """Say whether a bracket that is open on the scalar's line makes its surroundings flow."""
    before = source[_line_start(source, node.span[0]) : node.span[0]]
    return before.count("[") + before.count("{") > before.count("]") + before.count("}")


def _comment_follows(source: str, end: int) -> bool:
    """Say whether the rest of the line is a comment, which a block scalar would take for its own text."""
    return bool(source[end : _line_end(source, end)].strip())


def _lines(source: str, text: str) -> str:
    """Return the text with the line breaks of the source."""
    return text.replace("\n", "\r\n") if "\r\n" in source else text

"""The tree of a plainly written document, without the general parser, which takes ten times as long.

Most workflows are plain: mappings and lists in blocks, and values on one line or in a literal or folded block. Such a
text is read line by line with one pattern. Whatever is not plain beyond doubt (anchors, tags, continued text, escapes,
a key twice, every fault) makes the whole answer None, and `document` asks the general parser. So this is never a second
opinion on what YAML means: where it answers, the answer is the general parser's, place by place, as tests hold.
"""

import re
from dataclasses import dataclass, field

from bonded.errors import Location
from bonded.workflows import core_schema
from bonded.workflows.nodes import Mapping, Node, Scalar, Sequence, Span

MAX_DEPTH = 50
# Line breaks other than a line feed, tabs, and characters that YAML does not know.
ODD = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# Every repetition is possessive, so that no line takes more time than its length.
BLANK = re.compile(r"(?:[ ]*+(?:#[^\n]*+)?\n)++")
PLAIN = (
    r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=\S))(?:[^\s:#]|:(?=\S)|(?<=\S)#|[ ]++(?=[^\s#]))*+"
)
ITEM = r"(?:[\w./$][\w./$+*@-]*+|'[^'\n]*+'|\"[^\"\\\n]*+\")"
NAME = r"[A-Za-z_][\w.-]{0,199}+"
PAIR = rf"{NAME}:[ ]++{ITEM}"
FLOW = rf"[ ]*+(?:{ITEM}[ ]*+(?:,[ ]*+{ITEM}[ ]*+)*+)?"
PAIRS = rf"[ ]*+(?:{PAIR}[ ]*+(?:,[ ]*+{PAIR}[ ]*+)*+)?"
LINE = re.compile(
    r"(?P<indent>[ ]*+)(?P<dashes>(?:-[ ]++)*+)"
    rf"(?:(?P<key>{NAME}):(?=[ \n]))?"
    rf"(?:[ ]*+(?:(?P<plain>{PLAIN})|'(?P<single>(?:[^'\n]|'')*+)'|\"(?P<double>[^\"\\\n]*+)\"|(?P<block>[|>]-?)"
    rf"|\[(?P<flow>{FLOW})\]|{{(?P<braces>{PAIRS})}}|(?P<dash>-(?=\n))))?"
    r"(?:[ ]*+(?<=[ ])#[^\n]*+|[ ]*+)\n",
    re.ASCII,
)
VALUELESS = frozenset({"indent", "dashes", "key", "dash"})
ITEMS = re.compile(rf"(?:(?P<name>{NAME}):[ ]++)?(?P<item>{ITEM})", re.ASCII)
DASH = re.compile(r"-[ ]*")


class _NotPlainError(Exception):
    """The text needs the general parser."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; `keys` is None for a list."""

    indent: int
    location: Location
    start: int
    keys: dict[str, Scalar] | None
    values: list[Node] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def read_plain(text: str, file: str) -> Node | None:
    """Return the tree of a plain text, a mapping at its root; None for any other text, good or bad."""
    if ODD.search(text) or not text.endswith("\n"):
        return None
    try:
        return _Reader(text, file).read()
    except _NotPlainError:
        return None


class _Reader:
    """Goes through the lines with the blocks that are open, the innermost last."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.stack: list[_Open] = []
        self.end = 0  # of the last thing that was read
        self.waiting: int | None = None  # where a value would be that has not come
        self.root: Node | None = None

    def read(self) -> Node:
        """Read to the end."""
        text, position, line = self.text, 0, 1
        if text.startswith("---\n"):
            position, line = 4, 2
        while position < len(text):
            blank = BLANK.match(text, position)
            if blank is not None:
                line += text.count("\n", position, blank.end())
                position = blank.end()
                continue
            found = LINE.match(text, position)
            if found is None:
                raise _NotPlainError
            self.begin(found, line)
            position, line = self.value(found, line)
        self.close(-1, line)
        if self.root is None:
            raise _NotPlainError
        return self.root

    def begin(self, found: re.Match[str], line: int) -> None:
        """Close and open blocks as the indentation of a line says, up to its value."""
        start = found.end("indent")
        indent = start - found.start()
        listed = bool(found["dashes"]) or found["dash"] is not None
        if not self.stack or (self.waiting is not None and self.holds(indent, listed=listed)):
            self.open(indent, start, line, listed=listed)
        self.close(indent, line, listed=listed)
        if not listed and found["key"] is None:
            raise _NotPlainError
        self.items(found, line)

    def holds(self, indent: int, *, listed: bool) -> bool:
        """Say whether a line of this indentation begins the value that is waited for; a list need not be deeper."""
        top = self.stack[-1]
        return indent > top.indent or (indent == top.indent and listed and top.keys is not None)

    def items(self, found: re.Match[str], line: int) -> None:
        """Open what the dashes of a line begin, and the mapping of its key."""
        start, first = found.end("indent"), found.start()
        key, dash = found["key"], found["dash"] is not None
        if key is not None and dash:
            raise _NotPlainError
        for one in DASH.findall(found["dashes"]):
            self.waiting = start + 1
            start += len(one)
            if start < found.end("dashes") or dash:
                self.open(start - first, start, line, listed=True)
        if dash:
            self.waiting = start + 1
        elif key is not None:
            if found["dashes"]:
                self.open(start - first, start, line, listed=False)
            self.key(key, start, line, start - first)

    def key(self, key: str, start: int, line: int, column: int) -> None:
        """Put a key into the innermost mapping."""
        keys = self.stack[-1].keys
        if keys is None or key.lower() in keys:
            raise _NotPlainError
        self.end = start + len(key)
        location = Location(self.file, line, column + 1)
        keys[key.lower()] = Scalar(core_schema.resolve(key), key, location, (start, self.end))
        self.waiting = self.end + 1

    def open(self, indent: int, start: int, line: int, *, listed: bool) -> None:
        """Begin a list or a mapping."""
        if len(self.stack) >= MAX_DEPTH:
            raise _NotPlainError
        self.waiting = None
        self.end = start
        location = Location(self.file, line, indent + 1)
        self.stack.append(_Open(indent, location, start, None if listed else {}))

    def close(self, indent: int, line: int, *, listed: bool = False) -> None:
        """End the blocks to which a line of this indentation does not belong; below zero all of them."""
        if self.waiting is not None:
            self.nothing(line, max(indent, 0) + 1)
        while self.stack:
            top = self.stack[-1]
            if top.indent == indent and (top.keys is None) == listed:
                return
            if top.indent < indent or (top.indent == indent and top.keys is not None):
                raise _NotPlainError
            self.stack.pop()
            span = (top.start, max(top.start, self.end))
            if top.keys is None:
                items, spans = tuple(top.values), tuple(top.spans)
                self.put(Sequence(items, top.location, span, spans), span)
            else:
                entries = tuple(zip(top.keys.values(), top.values, strict=True))
                self.put(Mapping(entries, top.location, span, tuple(top.spans)), span)
        if indent >= 0:
            raise _NotPlainError

    def put(self, node: Node, span: Span) -> None:
        """Put a finished node where it belongs."""
        if self.stack:
            self.stack[-1].values.append(node)
            self.stack[-1].spans.append(span)
        else:
            self.root = node

    def nothing(self, line: int, column: int) -> None:
        """Put the value that did not come; its location is that of what comes instead."""
        if self.waiting is None or self.stack[-1].keys is None:
            raise _NotPlainError
        offset, self.waiting = self.waiting, None
        self.end = offset
        self.put(
            Scalar(None, "", Location(self.file, line, column), (offset, offset)), (offset, offset)
        )

    def value(self, found: re.Match[str], line: int) -> tuple[int, int]:
        """Put the value of a line if there is one, and return where the next line begins, and its number."""
        kind = found.lastgroup
        after = (found.end(), line + 1)
        if kind is None or kind in VALUELESS:
            return after
        if kind == "block":
            return self.block(found, line)
        start, end = found.span(kind)
        text = found[kind]
        if kind != "plain":
            start, end = start - 1, end + 1
        location = Location(self.file, line, start - found.start() + 1)
        span = (start, end)
        self.waiting = None
        self.end = end
        node: Node
        if kind == "plain":
            node = Scalar(core_schema.resolve(text), text, location, span)
        elif kind == "single":
            text = text.replace("''", "'")
            node = Scalar(text, text, location, span, "'")
        elif kind == "double":
            node = Scalar(text, text, location, span, '"')
        else:
            node = self.flow(found, location, span, line)
        self.put(node, span)
        return after

    def flow(
        self, found: re.Match[str], location: Location, span: Span, line: int
    ) -> Mapping | Sequence:
        """Return a list or mapping on one line."""
        kind, first = found.lastgroup or "", found.start()
        keys: dict[str, Scalar] = {}
        items: list[Node] = []
        spans = []
        for one in ITEMS.finditer(self.text, *found.span(kind)):
            items.append(self.inline(one, "item", line, first))
            spans.append(one.span("item"))
            if one["name"] is not None:
                keys[one["name"].lower()] = self.inline(one, "name", line, first)
        if kind == "flow":
            return Sequence(tuple(items), location, span, tuple(spans), flow=True)
        if len(keys) < len(items):
            raise _NotPlainError
        entries = tuple(zip(keys.values(), items, strict=True))
        return Mapping(entries, location, span, tuple(spans), flow=True)

    def inline(self, found: re.Match[str], group: str, line: int, first: int) -> Scalar:
        """Return a value inside brackets, or its key; the line begins at `first`."""
        text, span = found[group], found.span(group)
        location = Location(self.file, line, span[0] - first + 1)
        if text[0] in "'\"":
            return Scalar(text[1:-1], text[1:-1], location, span, text[0])
        return Scalar(core_schema.resolve(text), text, location, span)

    def block(self, found: re.Match[str], line: int) -> tuple[int, int]:
        """Put a literal or folded block, and return where the next line begins, and its number."""
        text, start, first = self.text, found.start("block"), found.end()
        indent = _indent(text, first)
        if indent <= self.stack[-1].indent or text[first : first + 1] == "\n":
            raise _NotPlainError
        lines, position = [], first
        while position < len(text):
            stop = text.index("\n", position)
            one = text[position:stop]
            if one.strip(" "):
                if not one.startswith(" " * indent):
                    break
            elif one:
                raise _NotPlainError  # spaces at the end of a block may count
            lines.append(one[indent:])
            position = stop + 1
        style, strip = found["block"][0], found["block"].endswith("-")
        body = "\n".join(lines).rstrip("\n")
        body = _folded(body) if style == ">" else body
        whole = body if strip else f"{body}\n"
        end = start + len(text[start:position].rstrip())
        location = Location(self.file, line, start - found.start() + 1)
        self.waiting = None
        self.end = end
        self.put(Scalar(whole, whole, location, (start, end), style), (start, end))
        return position, line + 1 + len(lines)


def _folded(body: str) -> str:
    """Return a folded block's text: breaks become spaces, but beside empty and more indented lines."""
    before, *lines = body.split("\n")
    parts, empty = [before], 0
    for line in lines:
        if not line:
            empty += 1
            continue
        if before.startswith(" ") or line.startswith(" "):
            parts.append("\n" * (empty + 1))
        else:
            parts.append("\n" * empty or " ")
        parts.append(line)
        before, empty = line, 0
    return "".join(parts)


def _indent(text: str, position: int) -> int:
    """Return how many spaces begin at a position."""
    end = position
    while end < len(text) and text[end] == " ":
        end += 1
    return end - position

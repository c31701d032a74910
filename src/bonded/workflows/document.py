"""YAML as a tree of nodes that remember where they stand.

GitHub reads workflows as YAML 1.2 core schema: `on` and `yes` are strings, anchors and aliases are allowed, merge
keys are not, a key twice in a mapping (in any letter case) is an error, and there is exactly one document.

The tree is built from the parser's events on a stack of our own, so that no nesting exhausts Python's. Depth and
size are bounded as they count after every alias is expanded: a small file cannot become a large tree. A text that is
written plainly is read by `quick_document`, to the same tree.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from bonded.errors import Fault, InvalidInput, Location
from bonded.workflows import core_schema, yaml_faults
from bonded.workflows.nodes import Mapping, Node, Scalar, Sequence, Span
from bonded.workflows.quick_document import read_plain

__all__ = [
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Span",
    "compose",
    "compose_generally",
    "read_document",
    "read_file_bytes",
]

MAX_CHARACTERS = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 100
CORE_TAG = "tag:yaml.org,2002:"
SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}
SURROGATE = re.compile("[\ud800-\udfff]")
COLON = re.compile(r"\s*:")
DASH = re.compile(r"(?:\s|#[^\n]*\n)*-")


def read_document(text: str, file: str) -> Node:
    """Return the one document of `text`; an empty text is a null scalar.

    Raises InvalidInput with every fault that could be found; a fault of syntax ends the search.
    """
    node, faults = compose(text, file)
    if node is None or faults:
        raise InvalidInput(faults)
    return node


def read_file_bytes(data: bytes, file: str) -> str:
    """Return the text of a YAML file, which GitHub wants as UTF-8; raises InvalidInput."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8", "ignore").removeprefix("\ufeff")
        fault = Fault(
            yaml_faults.at_offset(good, len(good), file),
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            "Save the file as UTF-8.",
        )
        raise InvalidInput((fault,)) from None


def compose(text: str, file: str) -> tuple[Node | None, tuple[Fault, ...]]:
    """Return the tree and its faults; None where the syntax is broken.

    Where a single mapping is at fault (a key twice, a merge key) the tree is there without the entry, so that a
    reader can look for faults of its own before it gives up.
    """
    mark = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        message = f"the file has {len(text):,} characters, more than {MAX_CHARACTERS:,}"
        return None, (Fault(Location(file), message),)
    plain = None if mark else read_plain(text, file)
    if plain is not None:
        return plain, ()
    return compose_generally(text, file, mark=mark)


def compose_generally(text: str, file: str, *, mark: bool) -> tuple[Node | None, tuple[Fault, ...]]:
    """Return the tree and its faults as the general parser sees them; `mark` if one was taken off."""
    from ruamel.yaml import YAML  # 100 ms that most commands do not need
    from ruamel.yaml.error import YAMLError

    builder = _Builder(file, text, int(mark))
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except InvalidInput as error:
        return None, (*builder.faults, *error.faults)
    # ValueError and OverflowError: the parser reads `\UFFFFFFFF` as a character.
    except (YAMLError, ValueError, OverflowError) as error:
        return None, (*builder.faults, yaml_faults.from_error(error, file, text))
    root = builder.root or Scalar(None, "", Location(file, 1, 1))
    return root, tuple(builder.faults)


@dataclass(slots=True)
class _Built:
    """A finished node, and what it counts once its aliases are expanded."""

    node: Node
    span: Span
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; a mapping's children are keys and values in turn."""

    kind: str
    location: Location
    anchor: str | None
    start: int
    flow: bool
    children: list[Node] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    size: int = 1
    height: int = 1


class _Builder:
    """Takes the parser's events one by one and holds what has been built of them."""

    def __init__(self, file: str, text: str, shift: int) -> None:
        self.file = file
        self.text = text
        self.shift = shift  # of the parser's places against those of the text that was given
        self.end = 0  # of the last thing that was read
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Built | None] = {}
        self.size = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        """Add one event to the tree; raises InvalidInput where going on would be no use."""
        location = Location(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        match type(event).__name__:
            case "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    hint = "Keep one document; remove the `---` and what follows."
                    raise InvalidInput(
                        (Fault(location, "a second YAML document starts here", hint),)
                    )
            case "ScalarEvent":
                span = self.span(event)
                self.place(_Built(self.scalar(event, location, span), span), event.anchor)
            case "AliasEvent":
                self.place(self.alias(event.anchor, location, self.span(event)), None)
            case "SequenceStartEvent" | "MappingStartEvent" as name:
                self.open(event, name.removesuffix("StartEvent").lower(), location)
            case "SequenceEndEvent" | "MappingEndEvent":
                self.close(event)

    def span(self, event: Any) -> Span:
        """Return where a scalar or alias stands; blank lines and comments after a block are no part of it."""
        start, end = event.start_mark.index, event.end_mark.index
        if start == end:
            start = end = self.nothing()
        if getattr(event, "style", None) in ("|", ">"):
            end = start + len(self.text[start:end].rstrip())
        self.end = end
        return (start + self.shift, end + self.shift)

    def nothing(self) -> int:
        """Return where a value would stand that is not there: behind its `:` or `-`."""
        before = DASH if self.stack and self.stack[-1].kind == "sequence" else COLON
        found = before.match(self.text, self.end)
        return found.end() if found else self.end

    def open(self, event: Any, kind: str, location: Location) -> None:
        """Begin a list or mapping."""
        tag = event.tag
        if tag not in (None, "!", f"{CORE_TAG}{'seq' if kind == 'sequence' else 'map'}"):
            self.faults.append(_unknown_tag(tag, location))
        if len(self.stack) >= MAX_DEPTH:
            raise InvalidInput((_too_deep(location),))
        if event.anchor:
            self.anchors[event.anchor] = None
        start, flow = event.start_mark.index, bool(event.flow_style)
        self.end = start
        self.stack.append(_Open(kind, location, event.anchor, start, flow))

    def close(self, event: Any) -> None:
        """End the innermost list or mapping; the parser sees the end of a block only at what comes next."""
        done = self.stack.pop()
        if done.flow:
            self.end = event.end_mark.index
        span = (done.start + self.shift, max(done.start, self.end) + self.shift)
        node: Node
        if done.kind == "sequence":
            items, spans = tuple(done.children), tuple(done.spans)
            node = Sequence(items, done.location, span, spans, done.flow)
        else:
            entries, spans = self.entries(done)
            node = Mapping(entries, done.location, span, spans, done.flow)
        self.place(_Built(node, span, done.size, done.height), done.anchor)

    def place(self, built: _Built, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        if anchor:
            self.anchors[anchor] = built
        if not self.stack:
            self.root = built.node
            return
        parent = self.stack[-1]
        parent.children.append(built.node)
        parent.spans.append(built.span)
        parent.size += built.size
        parent.height = max(parent.height, built.height + 1)

    def alias(self, name: str, location: Location, span: Span) -> _Built:
        """Return what an alias stands for, within bounds."""
        if name not in self.anchors:
            message = (
                f"the alias `*{name}` stands for nothing, because no `&{name}` comes before it"
            )
            self.faults.append(Fault(location, message))
            return _Built(Scalar(None, "", location, span), span)
        built = self.anchors[name]
        if built is None:
            self.faults.append(Fault(location, f"the alias `*{name}` would contain itself"))
            return _Built(Scalar(None, "", location, span), span)
        if len(self.stack) + built.height > MAX_DEPTH:
            raise InvalidInput((_too_deep(location),))
        self.size += built.size
        if self.size > MAX_NODES:
            message = f"the aliases expand to more than {MAX_NODES:,} values"
            raise InvalidInput((Fault(location, message),))
        return _Built(built.node, span, built.size, built.height)

    def scalar(self, event: Any, location: Location, span: Span) -> Scalar:
        """Return the scalar with its value resolved; style and tag decide how."""
        text: str = event.value
        if SURROGATE.search(text):
            self.faults.append(Fault(location, "half of a surrogate pair is not a character"))
            text = SURROGATE.sub("\ufffd", text)
        tag: str | None = event.tag
        style: str = event.style or ""
        if tag is None:
            value = text if style else core_schema.resolve(text)
            return Scalar(value, text, location, span, style)
        if tag in ("!", f"{CORE_TAG}str"):
            return Scalar(text, text, location, span, style)
        value = core_schema.resolve(text)
        kinds = SCALAR_TAGS.get(tag.removeprefix(CORE_TAG), ())
        if not kinds:
            self.faults.append(_unknown_tag(tag, location))
        elif not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            name = tag.removeprefix(CORE_TAG)
            self.faults.append(Fault(location, f"`{text}` is not what its tag `!!{name}` says"))
        return Scalar(value, text, location, span, style)

    def entries(self, done: _Open) -> tuple[tuple[tuple[Scalar, Node], ...], tuple[Span, ...]]:
        """Return keys with their values, and where those stand; what cannot be a key becomes a fault."""
        kept: dict[str, tuple[Scalar, Node]] = {}
        spans: list[Span] = []
        pairs = zip(done.children[::2], done.children[1::2], done.spans[1::2], strict=True)
        for key, value, span in pairs:
            fault = _key_fault(key, kept)
            if fault:
                self.faults.append(fault)
            elif isinstance(key, Scalar):
                kept[key.text.lower()] = (key, value)
                spans.append(span)
        return tuple(kept.values()), tuple(spans)


def _key_fault(key: Node, kept: dict[str, tuple[Scalar, Node]]) -> Fault | None:
    """Return why `key` cannot stand beside those already kept, or None."""
    if not isinstance(key, Scalar):
        kind = "list" if isinstance(key, Sequence) else "mapping"
        return Fault(key.location, f"a {kind} cannot be a key", "Keys are plain words.")
    if key.text == "<<":
        hint = "Repeat the keys, or use an alias for a whole value."
        return Fault(key.location, "GitHub does not know the merge key `<<`", hint)
    first = kept.get(key.text.lower())
    if first is not None:
        hint = "Keys differ in more than letter case." if first[0].text != key.text else ""
        message = f"the key `{key.text}` is already defined at line {first[0].location.line}"
        return Fault(key.location, message, hint)
    return None


def _too_deep(location: Location) -> Fault:
    return Fault(location, f"values are nested deeper than {MAX_DEPTH} levels")


def _unknown_tag(tag: str, location: Location) -> Fault:
    return Fault(
        location, f"unknown YAML tag `{tag}`", "Remove it; GitHub knows the core tags only."
    )

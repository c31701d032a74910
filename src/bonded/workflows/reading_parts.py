"""Small readers that take a node if it is of the right kind; what is not has been noted by the check before."""

from collections.abc import Iterator

from bonded.errors import Location
from bonded.workflows import core_schema
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.faults import Faults

NAME_START = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
NAME = NAME_START | frozenset("0123456789-")
ID_LIMIT = 100
NOWHERE = Location("")


def scalar(node: Node | None) -> Scalar | None:
    """Return the node if it is a scalar with a value."""
    return node if isinstance(node, Scalar) and node.value is not None else None


def mapping(node: Node | None) -> Mapping:
    """Return the node if it is a mapping, else an empty one."""
    if isinstance(node, Mapping):
        return node
    location = node.location if node is not None else NOWHERE
    return Mapping((), location)


def env(node: Node | None) -> Mapping | Scalar | None:
    """Return a block of names and values, or the expression that stands for it."""
    return node if isinstance(node, Mapping) else scalar(node)


def words(node: Node | None) -> Iterator[Scalar]:
    """Yield the scalars of a list, or the one scalar that stands for a list."""
    if isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Scalar))
    elif isinstance(node, Scalar) and node.value is not None:
        yield node


def text_of(node: Node | None) -> str:
    """Return a scalar as text, empty for anything else."""
    return core_schema.to_text(node.value) if isinstance(node, Scalar) else ""


def check_id(node: Scalar, faults: Faults, place: str) -> None:
    """Note why a job or a step cannot have this id, by GitHub's rules."""
    text = text_of(node)
    if not text:
        return
    if text[0] not in NAME_START or not NAME.issuperset(text):
        message = f"the id `{text}` is invalid"
        hint = "Ids begin with a letter or `_` and go on with letters, digits, `_` and `-`."
        faults.add(node.location, place, message, hint)
    elif len(text) >= ID_LIMIT:
        message = f"the id has {len(text)} characters; fewer than {ID_LIMIT} are allowed"
        faults.add(node.location, place, message)
    elif text.startswith("__"):
        message = f"the id `{text}` is reserved, because it begins with `__`"
        faults.add(node.location, place, message)

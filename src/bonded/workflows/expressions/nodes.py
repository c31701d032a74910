"""A parsed expression as frozen values; what the grammar allows is what these types can say."""

from collections.abc import Iterator
from dataclasses import dataclass

STATUS_FUNCTIONS = frozenset({"always", "cancelled", "failure", "success"})


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the text, or the name after a dot."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Named:
    """A context: `github`, `needs`, …, spelt as in the text."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Star:
    """The `*` of `.*` and `[*]`."""


@dataclass(frozen=True, slots=True)
class Index:
    """`of.at`, `of[at]` or `of.*`."""

    of: "Node"
    at: "Node | Star"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `name` is spelt as in the text."""

    name: str
    arguments: tuple["Node", ...]
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, where the operator is one of `==`, `!=`, `<`, `<=`, `>`, `>=`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Logical:
    """A chain of `&&` or of `||`: two or more operands, the first deciding one is the value."""

    operator: str
    operands: tuple["Node", ...]


Node = Literal | Named | Index | Call | Not | Comparison | Logical


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole expression; `root` is None where the text is empty or only spaces."""

    text: str
    root: Node | None


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly under `node`, in the order of the text."""
    match node:
        case Index(of=of, at=at):
            return (of,) if isinstance(at, Star) else (of, at)
        case Call(arguments=arguments):
            return arguments
        case Not(operand=operand):
            return (operand,)
        case Comparison(left=left, right=right):
            return (left, right)
        case Logical(operands=operands):
            return operands
        case _:
            return ()


def walk(tree: Tree) -> Iterator[tuple[Node, int]]:
    """Yield every node with its depth (the root is 1), each before its children; needs no recursion."""
    pending = [] if tree.root is None else [(tree.root, 1)]
    while pending:
        node, depth = pending.pop()
        yield node, depth
        pending.extend((child, depth + 1) for child in reversed(children(node)))

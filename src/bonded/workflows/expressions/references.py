"""What an expression reads, for reports and checks."""

from bonded.workflows.expressions.nodes import Index, Literal, Named, Node, Star, Tree, walk
from bonded.workflows.expressions.values import to_text


def names(tree: Tree) -> frozenset[str]:
    """Return the contexts that the expression names, in lower case."""
    return frozenset(node.name.lower() for node, _ in walk(tree) if isinstance(node, Named))


def references(tree: Tree) -> tuple[str, ...]:
    """Return the paths that the expression reads, such as `secrets.TOKEN` or `needs.build.outputs.name`.

    Each longest path stands once, in the order of the text and spelt as there. `x['key']` counts as `x.key`, a `*` is
    kept, and a path ends with `.?` where its next key is computed (what computes it is listed itself).
    """
    found: dict[str, None] = {}
    inner: set[int] = set()
    for node, _ in walk(tree):
        if isinstance(node, Named | Index) and id(node) not in inner:
            path, passed = _path(node)
            inner |= passed
            if path:
                found.setdefault(path)
    return tuple(found)


def _path(node: Named | Index) -> tuple[str, set[int]]:
    """Return the path that ends at `node` ('' if it does not start at a context), and the nodes on it."""
    keys: list[str] = []
    passed: set[int] = set()
    current: Node = node
    while isinstance(current, Index):
        match current.at:
            case Literal(value=value):
                keys.append(to_text(value))
            case Star():
                keys.append("*")
            case _:
                keys = ["?"]
        current = current.of
        passed.add(id(current))
    if not isinstance(current, Named):
        return "", set()
    return ".".join([current.name, *reversed(keys)]), passed

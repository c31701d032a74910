"""A tree and contexts to a value."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from bonded.workflows.expressions.errors import ExpressionError
from bonded.workflows.expressions.functions import (
    FUNCTIONS,
    MOST_ARGUMENTS,
    SPECIAL_ARITIES,
    Arguments,
)
from bonded.workflows.expressions.nodes import (
    STATUS_FUNCTIONS,
    Call,
    Comparison,
    Index,
    Literal,
    Logical,
    Named,
    Node,
    Not,
    Star,
    Tree,
)
from bonded.workflows.expressions.parser import parse
from bonded.workflows.expressions.values import (
    Kind,
    Missing,
    Value,
    canonical,
    equal,
    is_nan,
    is_primitive,
    kind_of,
    less,
    look_up,
    to_number,
    to_text,
    truthy,
)

Functions = Mapping[str, Callable[..., Value]]
_LARGEST_INDEX = 2**31 - 1


class _Filtered(list[Value]):
    """What `.*` gives: a further index applies to each item, and drops those that have nothing there."""


def evaluate(
    text: str,
    contexts: Mapping[str, Value],
    *,
    status: str = "success",
    functions: Functions | None = None,
) -> Value:
    """Return the value of the text between `${{` and `}}`: None, bool, int, float, str, list or mapping.

    A number is int where it is whole and exact. `contexts` maps names to values, and any mapping in it may fetch its
    values lazily, provided that it gives the same object each time. `status` (success, failure or cancelled) is
    what the status functions see; `functions` are further functions, called with the values of their arguments.
    Keys match without letter case, except in a `CaseSensitive`. Raises ExpressionError, whose position points into
    `text`; what a given function raises passes through.
    """
    own = {name.lower(): function for name, function in (functions or {}).items()}
    tree = parse(text, contexts=contexts, functions=_arities(own))
    return compute(tree, contexts, status=status, functions=own)


def compute(
    tree: Tree,
    contexts: Mapping[str, Value],
    *,
    status: str = "success",
    functions: Functions | None = None,
) -> Value:
    """Return the value of a parsed expression; an empty one is None. See `evaluate`."""
    if tree.root is None:
        return None
    own = {name.lower(): function for name, function in (functions or {}).items()}
    value = _Evaluator(contexts, status, own).value(tree.root)
    if isinstance(value, _Filtered):
        return list(value)
    return canonical(value) if kind_of(value) is Kind.NUMBER else value


def _arities(functions: Collection[str]) -> dict[str, tuple[int, int]]:
    names = (*STATUS_FUNCTIONS, *functions)
    return {name: SPECIAL_ARITIES.get(name, (0, MOST_ARGUMENTS)) for name in names}


class _Evaluator:
    """One evaluation: `value` of a node, by the type of the node."""

    def __init__(self, contexts: Mapping[str, Value], status: str, functions: Functions) -> None:
        self.contexts = contexts
        self.status = status
        self.functions = functions

    def value(self, node: Node) -> Value:
        match node:
            case Literal(value=value):
                return value
            case Named():
                return self.named(node)
            case Not(operand=operand):
                return not truthy(self.value(operand))
            case Logical():
                return self.logical(node)
            case Comparison(operator=operator, left=left, right=right):
                return _compare(operator, self.value(left), self.value(right))
            case Index():
                return self.index(node)
            case Call():
                return self.call(node)

    def named(self, node: Named) -> Value:
        value = look_up(self.contexts, node.name)
        if value is Missing.MISSING:
            raise ExpressionError(
                f"Unrecognized named-value: '{node.name}'", position=node.position
            )
        return value

    def logical(self, node: Logical) -> Value:
        """Return the first operand that decides, else the last; the rest is not computed."""
        deciding = node.operator == "||"
        value: Value = None
        for operand in node.operands:
            value = self.value(operand)
            if truthy(value) is deciding:
                break
        return value

    def index(self, node: Index) -> Value:
        of = self.value(node.of)
        if is_primitive(of):
            return _Filtered() if isinstance(node.at, Star) else None
        if isinstance(node.at, Star):
            items = of if isinstance(of, _Filtered) else [of]
            return _Filtered(value for item in items for value in _members(item))
        at = self.value(node.at)
        if isinstance(of, _Filtered):
            found = (_member(item, at) for item in of)
            return _Filtered(value for value in found if value is not Missing.MISSING)
        value = _member(of, at)
        return None if value is Missing.MISSING else value

    def call(self, node: Call) -> Value:
        name = node.name.lower()
        arguments = Arguments([partial(self.value, argument) for argument in node.arguments])
        if name in self.functions:
            return self.functions[name](*arguments)
        if name in STATUS_FUNCTIONS:
            return name in {"always", self.status}
        try:
            return FUNCTIONS[name].call(arguments)
        except ExpressionError as error:
            error.position = error.position or node.position
            raise


def _compare(operator: str, left: Value, right: Value) -> bool:
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case "<":
            return less(left, right)
        case ">":
            return less(right, left)
        case "<=":
            return less(left, right) or equal(left, right)
        case _:
            return less(right, left) or equal(left, right)


def _members(value: Value) -> list[Value]:
    """Return the values in a collection; a primitive has none."""
    match kind_of(value):
        case Kind.OBJECT:
            return [value[key] for key in value]
        case Kind.ARRAY:
            return list(value)
        case _:
            return []


def _member(value: Value, at: Value) -> Value | Missing:
    """Return what stands in a collection at a key or number, or MISSING."""
    match kind_of(value):
        case Kind.OBJECT if is_primitive(at):
            return look_up(value, to_text(at))
        case Kind.ARRAY:
            number = to_number(at)
            if is_nan(number) or not 0 <= number <= min(len(value), _LARGEST_INDEX):
                return Missing.MISSING
            place = int(number)
            return value[place] if place < len(value) else Missing.MISSING
        case _:
            return Missing.MISSING

"""Tokens to a tree: recursive descent, with operator precedence, over the whole of GitHub's expression language.

From loosest to tightest: `||`, `&&`, `== !=`, `< <= > >=`, `!`, then `.name .* [index] name(arguments)`. There is no
arithmetic. Binary operators are left-associative; chains of `&&` and `||` are one flat node, so that a long chain is
not a deep one. Messages are those of GitHub's runner; of two mistakes the left one is reported.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from bonded.workflows.expressions.errors import ExpressionError, located
from bonded.workflows.expressions.functions import ARITIES, SPECIAL_ARITIES
from bonded.workflows.expressions.lexer import Kind, Token, tokens
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
    walk,
)

MAX_DEPTH = 50
MAX_LENGTH = 21_000
_PRECEDENCE = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}

Arity = tuple[int, int]


def parse(
    text: str,
    *,
    contexts: Collection[str] | None = None,
    functions: Mapping[str, Arity] | Collection[str] | None = None,
) -> Tree:
    """Return the tree of the text between `${{` and `}}`.

    `contexts` names the contexts that exist here, None lets any name pass. `functions` names the special functions
    that exist here (`success`, `hashFiles`, …) beside the built-in ones, or maps them to the least and greatest number
    of arguments; None allows all that GitHub knows.
    Raises ExpressionError for bad syntax, an unknown name or function, a wrong number of arguments, and more than
    21,000 characters or 50 levels.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Exceeded max expression length {MAX_LENGTH}")
    known = None if contexts is None else frozenset(name.lower() for name in contexts)
    return _parsed(text, known, tuple(_special(functions).items()))


# The same few conditions are asked about many times: once when a file is read, then for each event and rule.
@lru_cache(maxsize=1024)
def _parsed(
    text: str, contexts: frozenset[str] | None, special: tuple[tuple[str, Arity], ...]
) -> Tree:
    tree = _Parser(text, contexts, ARITIES | dict(special)).whole()
    if any(depth > MAX_DEPTH for _, depth in walk(tree)):
        raise _too_deep()
    return tree


def calls_status(tree: Tree | str) -> bool:
    """Return whether success, failure, cancelled or always is called anywhere.

    GitHub puts `success() &&` before a condition without. Raises ExpressionError if a text cannot be parsed.
    """
    if isinstance(tree, str):
        tree = parse(tree)
    return any(
        isinstance(node, Call) and node.name.lower() in STATUS_FUNCTIONS for node, _ in walk(tree)
    )


def _special(functions: Mapping[str, Arity] | Collection[str] | None) -> dict[str, Arity]:
    if functions is None:
        return dict(SPECIAL_ARITIES)
    if isinstance(functions, Mapping):
        return {name.lower(): arity for name, arity in functions.items()}
    return {name.lower(): SPECIAL_ARITIES.get(name.lower(), (0, 255)) for name in functions}


def _too_deep() -> ExpressionError:
    return ExpressionError(f"Exceeded max expression depth {MAX_DEPTH}")


class _Parser:
    """One pass over one text: `token` is the next one to read, `last` the one before it.

    The only recursion is into parentheses, brackets and arguments, and `expression` counts it.
    """

    def __init__(
        self, text: str, contexts: frozenset[str] | None, functions: Mapping[str, Arity]
    ) -> None:
        self.text = text
        self.contexts = contexts
        self.functions = functions
        self.stream: Iterator[Token] = tokens(text)
        self.last = self.token = next(self.stream)
        self.nesting = 0

    def whole(self) -> Tree:
        root = None if self.at_end() else self.expression()
        if not self.at_end():
            raise self.unexpected()
        return Tree(self.text, root)

    def at_end(self) -> bool:
        return self.token.kind is Kind.END

    def expression(self) -> Node:
        """Read operands and the binary operators between them, the tighter first."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise _too_deep()
        operands = [self.operand()]
        waiting: list[str] = []
        while self.token.kind is Kind.OPERATOR:
            operator = self.advance().raw
            while waiting and _PRECEDENCE[waiting[-1]] >= _PRECEDENCE[operator]:
                _join(waiting.pop(), operands)
            waiting.append(operator)
            operands.append(self.operand())
        while waiting:
            _join(waiting.pop(), operands)
        self.nesting -= 1
        return operands[0]

    def operand(self) -> Node:
        """Read one operand with the `!` before it and the indexes after it."""
        negations = 0
        while self.token.kind is Kind.NOT:
            self.advance()
            negations += 1
        node = self.literal() if self.token.kind is Kind.LITERAL else self.indexed()
        for _ in range(negations):
            node = Not(node)
        return node

    def literal(self) -> Node:
        return Literal(self.advance().value)

    def indexed(self) -> Node:
        node = self.group() if self.token.kind is Kind.OPEN else self.name()
        while True:
            if self.token.kind is Kind.DOT:
                self.advance()
                node = Index(node, self.star() or Literal(self.expect(Kind.NAME).raw))
            elif self.token.kind is Kind.OPEN_INDEX:
                self.advance()
                node = Index(node, self.star() or self.expression())
                self.expect(Kind.CLOSE_INDEX)
            else:
                return node

    def star(self) -> Star | None:
        if self.token.kind is not Kind.STAR:
            return None
        self.advance()
        return Star()

    def group(self) -> Node:
        self.advance()
        node = self.expression()
        self.expect(Kind.CLOSE)
        return node

    def name(self) -> Node:
        name = self.expect(Kind.NAME)
        if self.token.kind is Kind.OPEN:
            return self.call(name)
        if self.contexts is not None and name.raw.lower() not in self.contexts:
            raise located("Unrecognized named-value", name.raw, name.position, self.text)
        return Named(name.raw, name.position)

    def call(self, name: Token) -> Call:
        if name.raw.lower() not in self.functions:
            raise located("Unrecognized function", name.raw, name.position, self.text)
        opening = self.advance()
        arguments: list[Node] = []
        if self.token.kind is not Kind.CLOSE:
            arguments.append(self.expression())
            while self.token.kind is Kind.COMMA:
                self.advance()
                arguments.append(self.expression())
        self.expect(Kind.CLOSE)
        if complaint := self.miscounted(name.raw.lower(), len(arguments)):
            raise located(complaint, opening.raw, opening.position, self.text)
        return Call(name.raw, tuple(arguments), name.position)

    def miscounted(self, function: str, count: int) -> str:
        """Return what is wrong with this number of arguments, or nothing."""
        least, most = self.functions[function]
        if count < least:
            return "Too few parameters supplied"
        if count > most:
            return "Too many parameters supplied"
        if function == "case" and count % 2 == 0:
            return "Even number of parameters supplied, requires an odd number of parameters"
        return ""

    def expect(self, kind: Kind) -> Token:
        if self.token.kind is not kind:
            raise self.unexpected()
        return self.advance()

    def advance(self) -> Token:
        self.last, self.token = self.token, next(self.stream)
        return self.last

    def unexpected(self) -> ExpressionError:
        """Return the error for the next token; at the end GitHub names the token before it."""
        if self.at_end():
            what, at = "Unexpected end of expression", self.last
        else:
            what, at = "Unexpected symbol", self.token
        return located(what, at.raw, at.position, self.text)


def _join(operator: str, operands: list[Node]) -> None:
    """Replace the last two operands by one node."""
    right = operands.pop()
    left = operands.pop()
    if operator in {"&&", "||"}:
        operands.append(Logical(operator, (*_chain(operator, left), *_chain(operator, right))))
    else:
        operands.append(Comparison(operator, left, right))


def _chain(operator: str, node: Node) -> tuple[Node, ...]:
    """Return the operands of a chain of the same operator, else the node alone."""
    if isinstance(node, Logical) and node.operator == operator:
        return node.operands
    return (node,)

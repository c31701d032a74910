"""GitHub's expression language, the whole of it: `${{ … }}` and `if:`, parsed and evaluated as GitHub does.

Nothing here touches the world: values come in, a value or an ExpressionError comes out.
"""

from bonded.workflows.expressions.errors import ExpressionError
from bonded.workflows.expressions.evaluate import compute, evaluate
from bonded.workflows.expressions.nodes import Tree
from bonded.workflows.expressions.parser import calls_status, parse
from bonded.workflows.expressions.references import names, references
from bonded.workflows.expressions.values import CaseSensitive, Value, equal, to_text, truthy

__all__ = [
    "CaseSensitive",
    "ExpressionError",
    "Tree",
    "Value",
    "calls_status",
    "compute",
    "equal",
    "evaluate",
    "names",
    "parse",
    "references",
    "to_text",
    "truthy",
]

"""JSON objects that every program reads in the same way, or none.

A name given twice, a number that JSON does not have (NaN) or that has no end here (1e999) and a lone surrogate mean
different things to different programs. Two who read one document must not act on two meanings of it, so such a document
is refused as a whole. So is one that is nested deeper than any that we know: whoever walks through it later must not
run out of stack half-way.
"""

import json
import math
from collections.abc import Iterable
from typing import NoReturn

__all__ = ["MAX_DEPTH", "read_object"]

MAX_DEPTH = 32
"""Objects and lists inside each other; tokens and key sets have three."""


def read_object(raw: bytes) -> dict[str, object]:
    """Return the JSON object (RFC 8259) in `raw`; raises ValueError that says why there is none."""
    try:
        value = _DECODER.decode(raw.decode())
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate fails here
    except RecursionError:
        raise ValueError("not strict JSON: nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("not strict JSON: a text is not Unicode, a surrogate is alone") from None
    except ValueError as error:
        raise ValueError(f"not strict JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the text, not of a program
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise ValueError("not strict JSON: nested too deeply")
    return value


def _is_deep(value: object) -> bool:
    """Whether more than `MAX_DEPTH` objects and lists lie inside each other; goes layer by layer, not by recursion."""
    layer = [value]
    for _ in range(MAX_DEPTH):
        layer = [inner for outer in layer for inner in _members(outer)]
    return any(isinstance(inner, dict | list) for inner in layer)


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isfinite(number):
        return number
    raise ValueError(f"{text[:40]} is too large a number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_constant=_no_constant, parse_float=_finite
)

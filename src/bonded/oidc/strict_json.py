"""JSON objects that every program reads in the same way, or none.

A name given twice, a number that JSON does not have (NaN) and a lone surrogate mean different things to different
programs. Two who read one document must not act on two meanings of it, so such a document is refused as a whole.
"""

import json
from typing import NoReturn

__all__ = ["read_object"]


def read_object(raw: bytes) -> dict[str, object]:
    """Return the JSON object (RFC 8259) in `raw`; raises ValueError that says why there is none."""
    try:
        value = _DECODER.decode(raw.decode())
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate fails here
    except RecursionError:
        raise ValueError("not strict JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not strict JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the text, not of a program
    return value


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_names, parse_constant=_no_constant)

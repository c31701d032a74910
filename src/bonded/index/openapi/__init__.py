"""Every address of an index, described by OpenAPI 3.1: one file for each family of askers, and here the whole."""

from collections.abc import Sequence

from bonded.index.openapi import observing, owning, publishing, reading
from bonded.index.openapi.operations import Operation, described

__all__ = ["OPERATIONS", "document"]

OPERATIONS: Sequence[Operation] = (
    *reading.OPERATIONS,
    *publishing.OPERATIONS,
    *owning.OPERATIONS,
    *observing.OPERATIONS,
)

_ABOUT = """\
An index of Python packages with trusted publishing. Every GET is answered to HEAD too. Refusals are text, JSON or a
problem (RFC 9457), as `Accept` says. On a private index, readers bring an API token: as the password of the user
`__token__`, or as a bearer.
"""


def document() -> dict[str, object]:
    """Return the description as JSON has it."""
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "bonded", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            }
        },
    }

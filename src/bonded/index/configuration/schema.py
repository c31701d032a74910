"""The settings as a JSON schema, made from the declared keys: editors complete and check a TOML file by it."""

from collections.abc import Mapping, Sequence

from bonded.index.byte_sizes import PATTERN
from bonded.index.configuration.keys import MOST, Key, Kind, Section

__all__ = ["json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIZE = f"^{PATTERN}$"

_SHAPES: Mapping[Kind, Mapping[str, object]] = {
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
    Kind.SECONDS: {"type": "number", "minimum": 0},
    Kind.DAYS: {"type": "number", "minimum": 0},
    Kind.COUNT: {"type": "integer", "minimum": 0, "maximum": MOST},
    Kind.SIZE: {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _SIZE}]},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
}


def json_schema(sections: Sequence[Section]) -> dict[str, object]:
    """Return the schema of a whole file."""
    properties: dict[str, object] = {}
    for section in sections:
        if not section.name:
            properties.update(_properties(section))
    for section in sections:
        if section.name:
            table = _table(section)
            properties[section.name] = (
                {"type": "array", "items": table, "description": section.title}
                if section.many
                else table
            )
    return {
        "$schema": _DIALECT,
        "title": "Settings of `bonded serve`",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _table(section: Section) -> dict[str, object]:
    table: dict[str, object] = {
        "type": "object",
        "description": section.title,
        "properties": _properties(section),
        "additionalProperties": False,
    }
    if needed := [key.name for key in section.keys if key.needed]:
        table["required"] = needed
    return table


def _properties(section: Section) -> dict[str, object]:
    return {key.name: _shape(key) for key in section.keys}


def _shape(key: Key) -> dict[str, object]:
    shape = {**_SHAPES[key.kind], "description": key.meaning}
    if key.choices and key.kind is Kind.TEXTS:
        shape["items"] = {"enum": list(key.choices)}
    elif key.choices:
        shape["enum"] = list(key.choices)
    if key.default is not None:
        shape["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    return shape

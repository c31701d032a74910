"""The published schema of the JSON report is that of the values behind it."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from bonded.rehearsal.report import SCHEMA_VERSION, Cause, Report
from pages import DOCS

FILE = DOCS / "reference" / "report.schema.json"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def shape(kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a type; records are put into `named` and referred to."""
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if get_origin(kind) is list:
        return {"type": "array", "items": shape(get_args(kind)[0], named)}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": shape(get_args(kind)[1], named)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [one.value for one in kind]}
    name: str = kind.__name__
    assert is_dataclass(kind), name
    if name not in named:
        named[name] = {}
        named[name] = members(kind, named)
    return {"$ref": f"#/$defs/{name}"}


def members(record: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a record: every member is always there."""
    hints = get_type_hints(record)
    names = [one.name for one in fields(record)]
    return {
        "type": "object",
        "properties": {name: shape(hints[name], named) for name in names},
        "required": names,
    }


def schema() -> Mapping[str, Any]:
    """Return the schema of the whole report."""
    named: dict[str, Any] = {}
    whole = members(Report, named)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The report of a rehearsal",
        "type": "object",
        "properties": {"schema": {"const": SCHEMA_VERSION}, **whole["properties"]},
        "required": ["schema", *whole["required"]],
        "$defs": dict(sorted(named.items())),
    }


def test_the_schema_is_that_of_the_report() -> None:
    """Whoever reads the JSON report can rely on the schema beside its page."""
    assert json.loads(FILE.read_text("utf-8")) == schema()


def test_a_report_has_every_member_that_the_schema_requires() -> None:
    """`as_data` gives the members of the schema, in its order, and no others."""
    event = {"name": "push"}
    report = Report(project="p", version="1", event=event, repository="o/p", commit="c")
    report.causes.append(Cause(what="a reason"))
    data = report.as_data()

    assert list(data) == schema()["required"]
    assert list(data["causes"][0]) == schema()["$defs"]["Cause"]["required"]

"""The JSON form of a report and its schema say the same."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import report_builder as reports
from bonded.rehearsal import report as values
from bonded.rehearsal.engine import Result
from bonded.rehearsal.report import SCHEMA_VERSION, Cause, Report, Verdict

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/reference/report.schema.json").read_text("utf-8"))
RECORDS = {
    name.removesuffix("Record").lower(): kind
    for name, kind in vars(values).items()
    if dataclasses.is_dataclass(kind) and kind is not Report
}


def faults(report: Report) -> list[str]:
    """Return what the schema finds wrong in a report's JSON form."""
    data = json.loads(json.dumps(report.as_data()))
    return [
        f"{fault.json_path}: {fault.message}"
        for fault in Draft202012Validator(SCHEMA).iter_errors(data)
    ]


def with_everything() -> Report:
    """Return a report in which every kind of record occurs."""
    report = reports.refused()
    report.published = [reports.file("parrot-1.2.0.tar.gz", attestations=2)]
    report.refusals = [reports.refusal()]
    report.curtain = [reports.curtain("sdist", ok=False)]
    report.provenance = [reports.provenance(), reports.provenance("refused", reason="digest: x")]
    return report


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema of an object with named properties, however deep."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_the_schema_is_one() -> None:
    """The schema is valid JSON Schema 2020-12, of the version that reports carry."""
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["properties"]["schema"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    "report",
    [
        reports.empty(),
        reports.ready(),
        reports.refused(),
        reports.not_rehearsed(),
        with_everything(),
    ],
    ids=["empty", "ready", "refused", "not-rehearsed", "everything"],
)
def test_reports_keep_to_the_schema(report: Report) -> None:
    """Reports of every verdict are valid."""
    assert faults(report) == []


def test_the_schema_is_closed() -> None:
    """A misspelt or unknown member is a fault, at the top and inside."""
    report = reports.ready()
    report.event["ref_name"] = "v1.2.0"
    report.jobs[0].result = "succeeded"
    report.causes = [Cause(what="", side="weather")]

    assert [fault.partition(":")[0] for fault in faults(report)] == [
        "$.event",
        "$.jobs[0].result",
        "$.causes[0].side",
    ]


@pytest.mark.parametrize("kind", RECORDS.values(), ids=RECORDS)
def test_every_record_is_described(kind: type) -> None:
    """Each record's fields are the required properties of its definition, in the same order."""
    name = kind.__name__.removesuffix("Record").lower()
    definition = SCHEMA["$defs"][name]
    fields = [field.name for field in dataclasses.fields(kind)]

    assert list(definition["properties"]) == fields
    assert definition["required"] == fields


def test_the_report_itself_is_described() -> None:
    """The top has the schema's version and then the report's own fields; nothing is defined in vain."""
    fields = ["schema", *(field.name for field in dataclasses.fields(Report))]

    assert list(SCHEMA["properties"]) == fields
    assert SCHEMA["required"] == fields
    assert set(SCHEMA["$defs"]) == set(RECORDS)


def test_every_property_has_a_description() -> None:
    """Nobody has to guess what a member means, and no object takes more than it names."""
    for schema in objects(SCHEMA):
        assert "additionalProperties" in schema
        assert all(part.get("description") for part in schema["properties"].values())


def test_the_words_are_those_of_the_code() -> None:
    """Verdicts and results are listed as the engine knows them."""
    results = {"", *(result.value for result in Result)}

    assert SCHEMA["properties"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert set(SCHEMA["$defs"]["job"]["properties"]["result"]["enum"]) == results
    assert set(SCHEMA["$defs"]["step"]["properties"]["result"]["enum"]) == results

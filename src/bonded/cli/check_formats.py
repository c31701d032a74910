"""The report of `bonded check` for programs: SARIF 2.1.0, and annotations of GitHub Actions."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from bonded.cli.check_report import Checked, Report
from bonded.workflows.audit import RULES
from bonded.workflows.findings import Finding, Severity

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/bonded-dev/bonded"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def sarif(report: Report) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log with one run."""
    found = list(report.findings())
    return {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "bonded",
                        "version": report.version,
                        "informationUri": HOME,
                        "rules": list(_rules([finding for _, finding in found])),
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not report.trouble,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": text}}
                            for text in (report.trouble,)
                            if text
                        ],
                    }
                ],
                "results": [_result(project, finding) for project, finding in found],
            }
        ],
    }


def _rules(found: list[Finding]) -> Iterator[dict[str, Any]]:
    """Yield what SARIF wants to know of each rule that found something."""
    ours = {rule.id: rule for rule in RULES}
    for finding in {one.rule: one for one in found}.values():
        rule = ours.get(finding.rule)
        entry: dict[str, Any] = {"id": finding.rule}
        if rule is not None:
            entry["shortDescription"] = {"text": rule.title}
            entry["fullDescription"] = {"text": rule.reason}
            entry["help"] = {"text": rule.remedy}
        elif finding.address:
            entry["helpUri"] = finding.address
        yield entry


def _result(project: Checked, finding: Finding) -> dict[str, Any]:
    artifact = {"uri": quote(project.shown(finding.place.file))}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if finding.place.line:
        place = finding.place
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": max(place.end_line, place.line),
            "endColumn": place.end_column or place.column,
        }
    text = f"{finding.message}\n{finding.hint}".strip()
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
    }
    if finding.fix:
        result["fixes"] = [_fix(artifact, finding)]
    return result


def _fix(artifact: dict[str, Any], finding: Finding) -> dict[str, Any]:
    assert finding.fix is not None
    replacements = [
        {
            "deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start},
            "insertedContent": {"text": edit.text},
        }
        for edit in finding.fix.edits
    ]
    return {
        "description": {"text": finding.fix.title},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
    }


def annotations(report: Report) -> Iterator[str]:
    """Return one workflow command of GitHub Actions for each finding."""
    for project, finding in report.findings():
        place = finding.place
        parts = [f"file={_property(project.shown(place.file))}"]
        if place.line:
            parts += [f"line={place.line}", f"endLine={place.end_line}", f"col={place.column}"]
        parts.append(f"title={_property(f'bonded: {finding.rule}')}")
        text = f"{finding.message}\n{finding.hint}".strip()
        yield f"::{COMMANDS[finding.severity]} {','.join(parts)}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")

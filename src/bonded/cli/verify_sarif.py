"""What `bonded verify` found as SARIF 2.1.0: one result for each alarm, at the file that named the release."""

from typing import Any

from bonded import __version__
from bonded.attestations.policy import Alarm, Kind
from bonded.cli.verify_report import Report

__all__ = ["RULES", "sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/bonded-dev/bonded"

RULES: dict[Kind, str] = {
    Kind.INVALID: "An attestation is not genuine, or is of another file or publisher.",
    Kind.DIGEST: "The index shows another file under the name that is installed.",
    Kind.MISSING: "A file has no provenance, and the policy wants some.",
    Kind.VANISHED: "A file has no provenance, and earlier ones of the project had.",
    Kind.IDENTITY: "A file was published by somebody else than the policy or the lock file says.",
    Kind.PUBLISHER_CHANGED: "A file was published by somebody else than earlier ones of the project.",
    Kind.OWNER_CHANGED: "The account that owns the source repository is another one than before.",
    Kind.NOT_LISTED: "The index does not list what is installed.",
}


def sarif(report: Report) -> dict[str, Any]:
    """Return a SARIF log with one run; what could not be reached is a notification, not a result."""
    found = [(outcome, alarm) for outcome in report.outcomes for alarm in outcome.alarms]
    trouble = [outcome.trouble for outcome in report.outcomes if outcome.trouble]
    kinds = {alarm.kind for _, alarm in found}
    driver = {
        "name": "bonded",
        "version": __version__,
        "informationUri": _HOME,
        "rules": [
            {"id": f"verify/{kind}", "shortDescription": {"text": RULES[kind]}}
            for kind in Kind
            if kind in kinds
        ],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [
                    {
                        "executionSuccessful": report.reached,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": text}} for text in trouble
                        ],
                    }
                ],
                "results": [
                    _result(
                        f"{outcome.wanted.project} {outcome.version}",
                        outcome.wanted.place.file or "pyproject.toml",
                        outcome.wanted.place.line,
                        alarm,
                    )
                    for outcome, alarm in found
                ],
            }
        ],
    }


def _result(release: str, file: str, line: int, alarm: Alarm) -> dict[str, Any]:
    about = f"{alarm.filename}: " if alarm.filename else ""
    compared = (
        f" Expected {alarm.expected}, got {alarm.got or 'nothing'}." if alarm.expected else ""
    )
    location: dict[str, Any] = {"artifactLocation": {"uri": file}}
    if line:
        location["region"] = {"startLine": line}
    return {
        "ruleId": f"verify/{alarm.kind}",
        "level": "error",
        "message": {"text": f"{release}: {about}{alarm.message}.{compared}"},
        "locations": [{"physicalLocation": location}],
    }

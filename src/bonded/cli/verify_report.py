"""What `bonded verify` found, as a table and as JSON."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bonded.attestations.examining import Examined, Outcome, Status
from bonded.attestations.locks import LeftOut
from bonded.attestations.policy import Alarm
from bonded.attestations.verify import Attributed
from bonded.rehearsal.plain import plain

__all__ = ["SCHEMA_VERSION", "Report", "as_json", "as_text", "state_of"]

SCHEMA_VERSION = 1
_SHORT = 12
_SILENT = "not known: this index's pages are of a form that cannot speak of provenance"
_WORDS = {
    "verified": "verified",
    "partly": "partly attested",
    "unattested": "no provenance",
    "unknown": "not known",
    "unreachable": "NOT REACHED",
    "alarm": "ALARM",
}
_COLORS = {
    "verified": "32",
    "partly": "33",
    "unattested": "2",
    "unknown": "33",
    "unreachable": "33",
    "alarm": "31",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every release examined, in the order in which they were named, and by whose trust."""

    outcomes: Sequence[Outcome]
    left_out: Sequence[LeftOut]
    trust_root: str
    index: str

    @property
    def alarms(self) -> int:
        """How many alarms there are that nobody reviewed."""
        return sum(len(one.alarms) for one in self.outcomes)

    @property
    def reached(self) -> bool:
        """Whether everything could be asked."""
        return all(one.reached for one in self.outcomes)


def state_of(outcome: Outcome) -> str:
    """Return the state of a release in one word."""
    if outcome.alarms:
        return "alarm"
    if not outcome.reached:
        return "unreachable"
    verified = [file.status is Status.VERIFIED for file in outcome.files]
    if all(verified) and verified:
        return "verified"
    if any(verified):
        return "partly"
    return "unknown" if outcome.silent else "unattested"


def as_text(report: Report, *, color: bool, quiet: bool = False) -> str:
    """Return the table and its last line; `quiet` leaves out what is in order."""
    rows = [
        (plain(f"{one.wanted.project} {one.version}"), state_of(one), one)
        for one in report.outcomes
        if not quiet or one.alarms or not one.reached
    ]
    width = max((len(name) for name, _, _ in rows), default=0)
    states = max((len(_WORDS[state]) for _, state, _ in rows), default=0)
    lines = []
    for name, state, outcome in rows:
        word = f"{_WORDS[state]:<{states}}"
        word = f"\x1b[{_COLORS[state]}m{word}\x1b[0m" if color else word
        lines.append(f"{name:<{width}}  {word}  {_line(_who(outcome))}".rstrip())
        lines += (f"    {_line(text)}" for text in _details(outcome))
    if not quiet:
        lines += (_line(f"{one.name}  left out: {one.reason}") for one in report.left_out)
    if any(state_of(one) == "unknown" for one in report.outcomes):
        lines.append(_SILENT)
    return "\n".join([*lines, _summary(report)])


def _line(text: str) -> str:
    """Return a stranger's words as one line of plain text."""
    return " ".join(plain(text).splitlines())


def _who(outcome: Outcome) -> str:
    found = outcome.publisher
    if found is None:
        return ""
    signer = found.proof.signer
    ref = signer.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    parts = (found.publisher.title, ref, signer.commit[:_SHORT], signer.environment)
    return "  ".join(part for part in parts if part)


def _details(outcome: Outcome) -> Iterator[str]:
    for alarm in outcome.alarms:
        yield f"{alarm.kind}: {_sentence(alarm)}"
    for alarm, reviewed in outcome.excused:
        yield f"reviewed ({alarm.kind}): {_sentence(alarm)}; {reviewed.reason}"
    if outcome.trouble:
        yield outcome.trouble
    yield from outcome.notes


def _sentence(alarm: Alarm) -> str:
    about = f"{alarm.filename}: " if alarm.filename else ""
    compared = (
        f" (expected {alarm.expected}, got {alarm.got or 'nothing'})" if alarm.expected else ""
    )
    return f"{about}{alarm.message}{compared}"


def _summary(report: Report) -> str:
    count = Counter(state_of(one) for one in report.outcomes)
    number = len(report.outcomes)
    parts = [f"{count[state]} {_WORDS[state]}" for state in _WORDS if count[state]]
    releases = f"{number} release{'' if number == 1 else 's'}"
    return f"{releases}: {', '.join(parts)}." if parts else f"{releases}."


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as `docs/reference/verify.schema.json` describes it."""
    good = "good" if report.reached else "unreachable"
    return {
        "schema": SCHEMA_VERSION,
        "verdict": "alarm" if report.alarms else good,
        "trust_root": report.trust_root,
        "index": report.index,
        "releases": [_release(one) for one in report.outcomes],
        "left_out": [{"name": one.name, "reason": one.reason} for one in report.left_out],
    }


def _release(outcome: Outcome) -> dict[str, Any]:
    found = outcome.publisher
    return {
        "project": outcome.wanted.project,
        "version": outcome.version,
        "state": state_of(outcome),
        "publisher": None if found is None else found.publisher.to_table(),
        "files": [_file(one) for one in outcome.files],
        "alarms": [_alarm(one) for one in outcome.alarms],
        "reviewed": [{**_alarm(alarm), "reason": by.reason} for alarm, by in outcome.excused],
        "notes": list(outcome.notes),
        "trouble": outcome.trouble,
    }


def _file(file: Examined) -> dict[str, Any]:
    return {
        "filename": file.artifact.filename,
        "sha256": file.artifact.sha256,
        "status": file.status.value,
        "attestations": [_attestation(one) for one in file.found],
    }


def _attestation(found: Attributed) -> dict[str, Any]:
    signer, proof = found.proof.signer, found.proof
    return {
        "predicate_type": proof.predicate_type,
        "publisher": found.publisher.to_table(),
        "repository": signer.repository,
        "repository_id": signer.repository_id,
        "owner_id": signer.owner_id,
        "workflow": signer.workflow,
        "commit": signer.commit,
        "ref": signer.ref,
        "environment": signer.environment,
        "run": signer.run,
        "log_index": proof.log_index,
        "logged": dt.datetime.fromtimestamp(proof.time, dt.UTC).isoformat().replace("+00:00", "Z"),
    }


def _alarm(alarm: Alarm) -> dict[str, str]:
    return {
        "kind": alarm.kind.value,
        "message": alarm.message,
        "filename": alarm.filename,
        "expected": alarm.expected,
        "got": alarm.got,
    }

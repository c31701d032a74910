"""What became of a release, as one value; text, JSON and annotations are made from it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bonded.client.messages import Refused
from bonded.client.sending import Confirmed
from bonded.client.target import Target

__all__ = ["SCHEMA", "FileReport", "Outcome", "Report", "State"]

SCHEMA = 1
"""The version of the JSON form; it moves where a reader would have to change."""

State = Literal["published", "existed", "earlier", "refused", "unsure", "not sent", "planned"]
"""`existed`: the index had these bytes. `earlier`: the journal says so. `unsure`: broken off, nobody can tell."""

_OUT = frozenset({"published", "existed", "earlier"})


class Outcome(StrEnum):
    """How it ended; the first that fits counts, in this order."""

    INTERRUPTED = "interrupted"
    PARTIAL = "partly published"
    REFUSED = "refused"
    UNREACHED = "not reached"
    DIFFERENT = "served otherwise"
    PLANNED = "planned"
    DONE = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file: what it is, and what became of it."""

    filename: str
    project: str
    version: str
    size: int
    sha256: str
    state: State
    attestations: tuple[str, ...] = ()
    """The kinds of its attestations: `publish`, `slsa`."""
    confirmed: Confirmed | None = None

    @property
    def is_out(self) -> bool:
        """Whether it is on the index."""
        return self.state in _OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole. `refused` is the first thing that went wrong, `claims` whom the index refused, both as they were told.

    `urls` are the releases' pages. `burned` counts tokens that the index ended, of so many that there were.
    """

    target: Target
    files: tuple[FileReport, ...]
    refused: Refused | None = None
    claims: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    burned: tuple[int, int] = (0, 0)
    signal: int = 0
    dry_run: bool = False
    journal: str = ""
    """Where the journal lies, while it is needed."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        out = [file for file in self.files if file.is_out]
        if self.signal:
            return Outcome.INTERRUPTED
        if self.refused is not None:
            if out:
                return Outcome.PARTIAL
            return Outcome.REFUSED if self.refused.is_decision else Outcome.UNREACHED
        if self.dry_run:
            return Outcome.PLANNED
        if any(map(_differs, self.files)):
            return Outcome.DIFFERENT
        return Outcome.DONE

    def to_data(self) -> dict[str, object]:
        """Return what `--json` prints."""
        refused = self.refused
        return {
            "schema": SCHEMA,
            "outcome": str(self.outcome),
            "index": {"name": self.target.name, "upload_url": self.target.upload_url},
            "dry_run": self.dry_run,
            "files": [_file(one) for one in self.files],
            "refused": None
            if refused is None
            else {
                "what": refused.what,
                "status": refused.status,
                "said": refused.said,
                "codes": list(refused.codes),
                "hint": refused.hint,
            },
            "claims": dict(self.claims),
            "warnings": list(self.warnings),
            "urls": list(self.urls),
            "tokens": {"minted": self.burned[1], "burned": self.burned[0]},
            "journal": self.journal or None,
        }


def _differs(file: FileReport) -> bool:
    found = file.confirmed
    return found is not None and "different" in (found.state, found.provenance)


def _file(file: FileReport) -> dict[str, object]:
    found = file.confirmed
    return {
        "filename": file.filename,
        "project": file.project,
        "version": file.version,
        "size": file.size,
        "sha256": file.sha256,
        "state": file.state,
        "attestations": _listed(file.attestations),
        "served": found.state if found else None,
        "provenance": found.provenance if found else None,
        "message": found.message if found else "",
    }


def _listed(texts: Sequence[str]) -> list[str]:
    return list(texts)

"""What happened, as one value: everything that a rehearsal found out, before anybody renders it.

The engine fills the records while it plays; `verdict` and the causes are decided at the end (`judging.py`); text, JSON
and HTML only show what stands here. The JSON form is `as_data`; its schema is `docs/reference/report.schema.json`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from packaging.utils import canonicalize_name

from bonded.rehearsal.log import Log

SCHEMA_VERSION = 2


class Verdict(StrEnum):
    """The last word of a rehearsal."""

    READY = "READY"
    NOT_READY = "NOT READY"
    NOT_REHEARSED = "NOT REHEARSED"


@dataclass(slots=True, kw_only=True)
class Cause:
    """Why it is not READY: what happened where, and what to do; `side` says what has to change."""

    what: str
    where: str = ""
    fix: str = ""
    side: str = ""


@dataclass(slots=True, kw_only=True)
class StepRecord:
    """One step as played; `seconds` is its duration, `log` its output, bounded, with secrets masked."""

    name: str
    kind: str  # run, action, curtain
    location: str = ""
    result: str = ""
    excused: bool = False
    """It failed, and `continue-on-error` lets that count as success."""
    seconds: float = 0.0
    log: list[str] = field(default_factory=Log)
    error: str = ""
    hint: str = ""
    annotations: list[dict[str, str]] = field(default_factory=list)
    summary: str = ""
    children: list["StepRecord"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class JobRecord:
    """One job, or one leg of a matrix; `began` counts in seconds from the start of the evening."""

    workflow: str
    id: str
    name: str
    location: str = ""
    result: str = ""
    excused: bool = False
    """It failed, and `continue-on-error` lets that count as success."""
    reason: str = ""
    began: float = 0.0
    seconds: float = 0.0
    environment: str = ""
    permissions: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[StepRecord] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class WorkflowRecord:
    """One workflow file: whether the event starts it, by which rule, and whether it was played."""

    path: str
    starts: bool
    rule: str
    played: bool
    why_not_played: str = ""


@dataclass(slots=True, kw_only=True)
class PublishedRecord:
    """One file that the stage's index took."""

    index: str
    project: str
    version: str
    filename: str
    size: int
    sha256: str
    blake2b_256: str
    publisher: str = ""
    attestations: int = 0


@dataclass(slots=True, kw_only=True)
class CheckRecord:
    """One line of the identity table: what is registered beside what the token says."""

    claim: str
    registered: str
    got: str
    how: str
    ok: bool


@dataclass(slots=True, kw_only=True)
class ExchangeRecord:
    """One ID token presented to an index, and the answer."""

    index: str
    granted: bool
    publisher: str = ""
    status: int = 200
    answer: str = ""
    checks: list[CheckRecord] = field(default_factory=list)
    advice: list[dict[str, str]] = field(default_factory=list)
    claims: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class RefusalRecord:
    """One upload that an index refused, in the words that the client got."""

    index: str
    filename: str
    status: int
    message: str


@dataclass(slots=True, kw_only=True)
class RegistrationRecord:
    """A trusted publisher as the rehearsal knew it; `assumed` where nobody had registered it yet."""

    index: str
    project: str
    kind: str
    fields: dict[str, str]
    assumed: bool
    form_url: str = ""


@dataclass(slots=True, kw_only=True)
class CurtainRecord:
    """One installation into a clean environment."""

    index: str
    project: str
    version: str
    kind: str  # wheel or sdist
    ok: bool
    seconds: float
    imports: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=Log)


@dataclass(slots=True, kw_only=True)
class ProvenanceRecord:
    """What the attestations of one published file prove, by the publisher that was granted the right to it."""

    index: str
    filename: str
    state: str  # verified, none or refused
    publisher: str = ""
    environment: str = ""
    commit: str = ""
    predicates: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ConnectionRecord:
    """Where the steps' connections to one host went."""

    host: str
    went: str  # stage, outside, refused
    count: int
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Report:
    """The whole evening."""

    project: str
    version: str
    event: dict[str, str]
    repository: str
    commit: str
    isolation: str = ""
    bonded: str = ""
    planned: bool = False
    """Nothing was played: only what the event would start is known, and the verdict means nothing."""
    verdict: Verdict = Verdict.NOT_READY
    seconds: float = 0.0
    workflows: list[WorkflowRecord] = field(default_factory=list)
    jobs: list[JobRecord] = field(default_factory=list)
    published: list[PublishedRecord] = field(default_factory=list)
    exchanges: list[ExchangeRecord] = field(default_factory=list)
    refusals: list[RefusalRecord] = field(default_factory=list)
    registrations: list[RegistrationRecord] = field(default_factory=list)
    curtain: list[CurtainRecord] = field(default_factory=list)
    provenance: list[ProvenanceRecord] = field(default_factory=list)
    connections: list[ConnectionRecord] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What is released: the projects that were published, else that of the folder, as it is spelt there.

        A workspace can release a member of it.
        """
        names = {record.project for record in self.published}
        return (
            ", ".join(sorted(names)) if names - {canonicalize_name(self.project)} else self.project
        )

    def differ(self, sentence: str) -> None:
        """Note once where this rehearsal is not what GitHub or the index would do."""
        if sentence not in self.differences:
            self.differences.append(sentence)

    def note(self, sentence: str) -> None:
        """Note once what the user should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def as_data(self) -> Mapping[str, Any]:
        """Return the report as plain values for JSON, its schema version first."""
        return {"schema": SCHEMA_VERSION, **asdict(self), "verdict": self.verdict.value}

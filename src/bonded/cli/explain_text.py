"""An explanation as text, and as the data of its published schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bonded.minting.advice.elsewhere import title_of
from bonded.minting.advice.wording import Advice
from bonded.minting.explaining.explanation import Explanation, Known, Seen
from bonded.rehearsal.plain import plain

__all__ = ["SCHEMA", "Case", "Told", "as_data", "render", "replaces"]

SCHEMA = 1
"""The version of the JSON, raised whenever a reader of the older one could be misled."""

_MARKS = {"ok": ("✓", "32"), "no": ("✗", "31"), "unknown": ("?", "33")}
_SIDES = {
    "workflow": "in the workflow",
    "publisher": "in the publisher",
    "project": "in the project",
    "GitHub": "at GitHub",
    "provider": "at the CI service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Claims and what would be said to them; `title` is empty for the only ones."""

    title: str
    claims: Mapping[str, object]
    explanation: Explanation


@dataclass(slots=True, kw_only=True)
class Told:
    """All that there is to say."""

    source: str
    signature: str
    audience: str
    rules: str
    cases: Sequence[Case]
    notes: tuple[str, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """Whether every case would be accepted; without any, nothing is."""
        return bool(self.cases) and all(case.explanation.accepted for case in self.cases)


def replaces(case: Case) -> bool:
    """Whether a step gives a field of the publisher a new value."""
    known = case.explanation.known
    fields = known.publisher.to_fields() if known else {}
    return any(
        step.side == "publisher" and step.field in fields for step in case.explanation.advice
    )


def render(told: Told, *, color: bool) -> str:
    """Return what a person reads."""
    blocks = [_block(case, color=color) for case in told.cases]
    if not told.cases:
        blocks = [[_paint("No job would publish.", "31", color=color)]]
    notes = [f"note: {_line(note)}" for note in told.notes]
    blocks += [notes] if notes else []
    return "\n\n".join("\n".join(block) for block in blocks)


def _block(case: Case, *, color: bool) -> list[str]:
    explanation = case.explanation
    mark = "32" if explanation.accepted else "31"
    lines = [_paint(_line(case.title), "1", color=color)] if case.title else []
    lines.append(_paint(_line(explanation.sentence), mark, color=color))
    if explanation.checks:
        lines += ["", _nearest(explanation.known), *_table(explanation.checks, color=color)]
    steps = [
        f"{number}. {_SIDES[step.side]}: {_line(step.sentence)}"
        for number, step in enumerate(explanation.advice, 1)
    ]
    answer = f"The client reads: {explanation.code}: {_line(explanation.reason)}"
    for block in (
        steps,
        [answer] if explanation.code else [],
        list(map(_bullet, explanation.notes)),
    ):
        lines += ["", *block] if block else []
    return lines


def _nearest(known: Known | None) -> str:
    if known is None:
        return "The token:"
    project = f", for the project {known.project}" if known.project else ""
    return f"Against the {known.publisher.kind} publisher {_line(known.publisher.title)}{project}:"


def _bullet(note: str) -> str:
    return f"- {_line(note)}"


def _table(checks: Sequence[Seen], *, color: bool) -> list[str]:
    rows = [(" ", "claim", "registered", "token says", "compared")]
    rows += [
        (
            _MARKS[one.outcome][0],
            one.claim,
            one.registered or ("(not recorded)" if one.outcome == "unknown" else "(any)"),
            one.got or ("(not known)" if one.outcome == "unknown" else "(nothing)"),
            one.how,
        )
        for one in checks
    ]
    cells = [[_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    codes = ["2", *(_MARKS[one.outcome][1] for one in checks)]
    return [
        "  "
        + _paint(row[0], code, color=color)
        + "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row[1:4], widths[1:], strict=True))
        + f"  {_paint(row[4], '2', color=color)}"
        for row, code in zip(cells, codes, strict=True)
    ]


def _line(text: str) -> str:
    """Return a text as one line that a terminal only shows; claims may be a stranger's."""
    return " ".join(plain(text).splitlines())


def _paint(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def as_data(told: Told) -> dict[str, object]:
    """Return the explanation as plain JSON values; docs/reference/explain.schema.json describes them."""
    return {
        "schema": SCHEMA,
        "accepted": told.accepted,
        "source": told.source,
        "signature": told.signature,
        "index": {"audience": told.audience, "title": title_of(told.audience)},
        "rules": told.rules,
        "cases": [_case(case) for case in told.cases],
        "notes": list(told.notes),
    }


def _case(case: Case) -> dict[str, object]:
    explanation = case.explanation
    return {
        "title": case.title,
        "accepted": explanation.accepted,
        "code": explanation.code,
        "reason": explanation.reason,
        "sentence": explanation.sentence,
        "publisher": _publisher(explanation.known),
        "checks": [
            {
                "claim": one.claim,
                "registered": one.registered,
                "got": one.got,
                "how": one.how,
                "outcome": one.outcome,
            }
            for one in explanation.checks
        ],
        "advice": [_step(step) for step in explanation.advice],
        "unknown": list(explanation.unknown),
        "notes": list(explanation.notes),
        "claims": dict(case.claims),
    }


def _publisher(known: Known | None) -> dict[str, object] | None:
    if known is None:
        return None
    return {
        "kind": known.publisher.kind,
        "title": known.publisher.title,
        "fields": {
            name: "" if name in known.unrecorded else text
            for name, text in known.publisher.to_fields().items()
        },
        "project": known.project,
        "audience": known.audience,
        "unrecorded": sorted(known.unrecorded),
    }


def _step(step: Advice) -> dict[str, str]:
    return {
        "sentence": step.sentence,
        "side": "provider" if step.side == "GitHub" else step.side,
        "field": step.field,
        "new_value": step.new_value,
    }

"""What stood around the play: the workflows and their rules, the connections, the differences, and who says so."""

from collections.abc import Sequence

from bonded.rehearsal.rendering.markup import Html, element, row, spoken, table
from bonded.rehearsal.rendering.words import GOOD, SKIPPED, Mark, badge
from bonded.rehearsal.report import SCHEMA_VERSION, ConnectionRecord, Report, WorkflowRecord

_WENT = {
    "stage": Mark("✓", "stayed on the stage", "good"),
    "outside": Mark("↗", "went outside", "quiet"),
    "refused": Mark("✗", "refused", "warn"),
}


def workflows(report: Report) -> Html | None:
    """Return every workflow file with the rule that decided whether the event starts it."""
    if not report.workflows:
        return None
    rows = map(_workflow, sorted(report.workflows, key=lambda record: not record.starts))
    event = report.event.get("title", "the event")
    return element(
        "section",
        element("h2", f"Workflows at {event}", id="workflows"),
        table(f"Which workflows {event} starts", ("File", "State", "Rule"), rows, class_="rules"),
        aria_labelledby="workflows",
    )


def _workflow(record: WorkflowRecord) -> Html:
    if record.played:
        state = badge(GOOD, "played")
    elif record.starts:
        state = badge(Mark("\u2013", "starts, not played", "warn"))
    else:
        state = badge(SKIPPED, "does not start")
    why = element("small", record.why_not_played) if record.why_not_played else None
    return row(
        element("code", record.path),
        ("State", state),
        ("Rule", element("div", spoken(record.rule), why)),
    )


def connections(report: Report) -> Html | None:
    """Return where the steps' connections went, refused ones first."""
    if not report.connections:
        return None
    order = ("refused", "outside", "stage")
    known = {went: place for place, went in enumerate(order)}
    records = sorted(report.connections, key=lambda record: known.get(record.went, -1))
    return element(
        "section",
        element("h2", "Where connections went", id="connections"),
        table(
            "Hosts that steps connected to",
            ("Host", "Where", "Times"),
            map(_connection, records),
            class_="hosts",
        ),
        aria_labelledby="connections",
    )


def _connection(record: ConnectionRecord) -> Html:
    mark = _WENT.get(record.went, Mark("·", record.went, "quiet"))
    reason = element("small", record.reason) if record.reason else None
    return row(
        element("code", record.host),
        ("Where", element("div", badge(mark), reason)),
        ("Times", f"{record.count:,}"),
    )


def sentences(title: str, anchor: str, texts: Sequence[str]) -> Html | None:
    """Return sentences as a list under a title."""
    if not texts:
        return None
    return element(
        "section",
        element("h2", title, id=anchor),
        element("ul", *(element("li", spoken(text)) for text in texts), class_="notes"),
        aria_labelledby=anchor,
    )


def footer(report: Report) -> Html:
    """Return which program said all this, of which commit, and how well its steps were kept in."""
    facts = (
        f"bonded {report.bonded}" if report.bonded else "bonded",
        element("span", "commit ", element("code", report.commit)) if report.commit else None,
        f"steps kept in by {report.isolation}" if report.isolation else None,
        f"report schema {SCHEMA_VERSION}",
    )
    return element(
        "footer",
        element("ul", *(element("li", fact) for fact in facts if fact), class_="chips"),
        class_="wide",
    )

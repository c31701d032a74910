"""The report for a terminal: the verdict first, then why, then what would be published, as whom, and what differed."""

from collections.abc import Iterator, Sequence

from bonded.rehearsal.plain import plain
from bonded.rehearsal.report import ExchangeRecord, ProvenanceRecord, Report, Verdict

_KIB = 1024
_SHORT = 12
_COLORS = {Verdict.READY: "1;32", Verdict.NOT_READY: "1;31", Verdict.NOT_REHEARSED: "1;33"}
_FORM = (
    ("repository_owner", "Owner"),
    ("repository_name", "Repository name"),
    ("workflow_filename", "Workflow name"),
    ("environment", "Environment name"),
)
TITLES = {"pypi": "PyPI", "testpypi": "TestPyPI"}


def render(report: Report, *, color: bool, quiet: bool = False) -> str:
    """Return the report as text; `quiet` leaves only the verdict and its causes."""
    blocks: list[Sequence[str]] = []
    if not report.planned:
        blocks += [list(_causes(report))]
    if not quiet or report.planned:
        blocks += [_workflows(report)]
    if not quiet and not report.planned:
        blocks += [
            _published(report),
            *_identities(report),
            *_registrations(report),
            _provenance(report),
            _curtain(report),
        ]
    if not quiet:
        blocks += [_list("Differs from GitHub and the index here", report.differences)]
        refused = [f"{c.host}: {c.reason}" for c in report.connections if c.went == "refused"]
        blocks += [_list("Hosts that the network of the stage refused", refused)]
        blocks += [_list("Worth knowing", report.notes)]
    # Everything that others wrote is made plain; only the verdict's own colour is an order to the terminal.
    texts = [plain("\n".join(block)) for block in blocks if block]
    return "\n\n".join(texts if report.planned else [_verdict(report, color=color), *texts])


def _verdict(report: Report, *, color: bool) -> str:
    word = (
        f"\x1b[{_COLORS[report.verdict]}m{report.verdict}\x1b[0m" if color else str(report.verdict)
    )
    what = f"{report.title} {_version(report)}, {report.event['title']} of {report.repository}"
    return f"{word}: {plain(what)} ({report.seconds:.1f} s)"


def _version(report: Report) -> str:
    versions = sorted({record.version for record in report.published})
    return ", ".join(versions) or report.version or "of unknown version"


def _causes(report: Report) -> Iterator[str]:
    for number, cause in enumerate(report.causes, 1):
        first, *rest = cause.what.splitlines() or [""]
        yield f"{number}. {first}"
        yield from (f"   | {line}" for line in rest)
        if cause.where:
            yield from (f"   at: {line}" for line in cause.where.splitlines())
        fixes = cause.fix.splitlines()
        yield from (
            f"   fix: {line}" if n == 0 else f"        {line}" for n, line in enumerate(fixes)
        )


def _workflows(report: Report) -> list[str]:
    lines = [f"Workflows at {report.event['title']}"]
    for record in report.workflows:
        state = "played" if record.played else "starts" if record.starts else "does not start"
        why = f"; not played: {record.why_not_played}" if record.why_not_played else ""
        lines.append(f"  {record.path}: {state}{why}")
        lines.append(f"    {record.rule}")
    return lines


def _published(report: Report) -> list[str]:
    if not report.published:
        return []
    lines = ["Would be published"]
    for record in report.published:
        lines.append(f"  {TITLES[record.index]}  {record.filename}  {record.size / _KIB:.1f} KiB")
        lines.append(f"    sha256 {record.sha256}")
    return lines


def _identities(report: Report) -> list[list[str]]:
    blocks = []
    for exchange in report.exchanges:
        verb = "granted" if exchange.granted else "refused"
        lines = [f"As which identity: {TITLES[exchange.index]} {verb} a token"]
        lines += _table(exchange)
        if not exchange.granted:
            lines.append(
                f"  {TITLES[exchange.index]}'s own answer ({exchange.status}): {exchange.answer}"
            )
        blocks.append(lines)
    return blocks


def _table(exchange: ExchangeRecord) -> list[str]:
    if not exchange.checks:
        return ["  no publisher is registered to compare with"] if not exchange.granted else []
    rows = [("", "claim", "registered", "token says")]
    rows += [
        (
            "✓" if check.ok else "✗",
            check.claim,
            check.registered or "(any)",
            check.got or "(nothing)",
        )
        for check in exchange.checks
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        + "  "
        + row[3]
        for row in rows
    ]


def _registrations(report: Report) -> list[list[str]]:
    blocks = []
    # A leg that was not played needs no form; without any exchange, every form may be the missing one.
    spoken_to = {exchange.index for exchange in report.exchanges} or set(TITLES)
    for registration in report.registrations:
        if not registration.assumed or registration.index not in spoken_to:
            continue
        lines = [
            f"Nothing is recorded about the publisher at {TITLES[registration.index]}; this one was assumed.",
            f"Register it for {registration.project}, field by field:",
        ]
        lines += [
            f"  {label}: {registration.fields.get(name) or '(leave blank)'}"
            for name, label in _FORM
        ]
        lines.append(f"  {registration.form_url}")
        lines.append("and record it in pyproject.toml under [[tool.bonded.publishers]].")
        blocks.append(lines)
    return blocks


def _curtain(report: Report) -> list[str]:
    lines = ["Installed in clean environments"] if report.curtain else []
    for record in report.curtain:
        mark = "✓" if record.ok else "✗"
        what = f"imported {', '.join(record.imports)}" if record.imports else "nothing to import"
        lines.append(
            f"  {mark} {record.kind} of {record.project} {record.version} from {TITLES[record.index]}"
            + (f": {what}" if record.ok else "")
        )
    return lines


def _provenance(report: Report) -> list[str]:
    lines = ["Provenance, verified as whoever installs could"] if report.provenance else []
    for record in report.provenance:
        mark = {"verified": "✓", "refused": "✗"}.get(record.state, "\u2013")
        lines.append(
            f"  {mark} {TITLES.get(record.index, record.index)}  {record.filename}: {said_of(record)}"
        )
    return lines


def said_of(record: ProvenanceRecord) -> str:
    """Return what is known of who built a file, in a few words."""
    if record.state == "none":
        return "no attestation came along; none is needed"
    if record.state == "refused":
        return f"refused: {'; '.join(record.reasons)}"
    where = f" in environment {record.environment}" if record.environment else ""
    return f"{record.publisher}{where}, commit {record.commit[:_SHORT]}"


def _list(title: str, sentences: Sequence[str]) -> list[str]:
    return [title, *(f"  - {sentence}" for sentence in sentences)] if sentences else []

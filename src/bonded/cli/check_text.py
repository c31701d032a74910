"""The report of `bonded check` for a terminal: each finding with its place, its line and what to do."""

from collections.abc import Iterator

from bonded.cli.check_report import Checked, Report
from bonded.rehearsal.plain import plain
from bonded.workflows.case import BREAK
from bonded.workflows.findings import Finding, Severity

COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;34"}
WIDTH = 160


def render(report: Report, *, color: bool, quiet: bool = False) -> str:
    """Return the report as text; `quiet` leaves one line for each finding."""
    blocks = [
        "\n".join(_finding(project, finding, color=color, quiet=quiet))
        for project, finding in report.findings()
    ]
    between = "\n" if quiet else "\n\n"
    parts = [between.join(blocks)] if blocks else []
    if not quiet:
        parts.append("\n".join(_summary(report)))
    return "\n\n".join(parts)


def _finding(project: Checked, finding: Finding, *, color: bool, quiet: bool) -> Iterator[str]:
    place = finding.place
    where = project.shown(place.file) + (f":{place.line}:{place.column}" if place.line else "")
    word = finding.severity.word
    if color:
        word = f"\x1b[{COLORS[finding.severity]}m{word}\x1b[0m"
    option = _option(finding)
    mendable = f" ({option})" if quiet and option else ""
    yield f"{plain(where)}: {word}[{plain(finding.rule)}]: {plain(finding.message)}{mendable}"
    if quiet:
        return
    yield from _frame(project.sources.get(place.file, ""), finding)
    if finding.hint:
        yield f"  = {plain(finding.hint)}"
    if finding.address:
        yield f"  = {plain(finding.address)}"
    if finding.fix:
        yield f"  = {option} mends it: {plain(finding.fix.title)}"


def _option(finding: Finding) -> str:
    """Return the option that mends a finding, or empty."""
    if finding.fix is None:
        return ""
    return "--fix" if finding.fix.safe else "--fix=all"


def _frame(source: str, finding: Finding) -> Iterator[str]:
    """Return the line of a finding with marks under what it is about."""
    place = finding.place
    lines = BREAK.split(source.removeprefix("\ufeff"))
    if not place.line or place.line > len(lines) or not source:
        return
    line = lines[place.line - 1].replace("\t", " ")
    end = place.end_column if place.end_line == place.line else len(line) + 1
    width = max(1, min(end, len(line) + 1) - place.column)
    margin = " " * len(str(place.line))
    yield f" {margin} |"
    yield f" {place.line} | {plain(line[:WIDTH])}"
    if place.column <= WIDTH:
        yield f" {margin} | {' ' * (place.column - 1)}{'^' * min(width, WIDTH - place.column + 1)}"


def _summary(report: Report) -> Iterator[str]:
    found = [finding for _, finding in report.findings()]
    files = sum(len(project.sources) for project in report.projects)
    looked = f"{_count(files, 'file')} of {_count(len(report.projects), 'project')}"
    yield from (
        f"mended {plain(one.shown)} [{plain(one.finding.rule)}]: {plain(one.title)}"
        for one in report.fixed
    )
    if report.fixed:
        yield f"{_count(len(report.fixed), 'finding')} mended"
    if not found:
        yield f"nothing found in {looked}"
    else:
        kinds = [
            _count(sum(one.severity is kind for one in found), kind.word)
            for kind in reversed(Severity)
            if any(one.severity is kind for one in found)
        ]
        yield f"{_count(len(found), 'finding')} ({', '.join(kinds)}) in {looked}"
    safe = sum(one.fix is not None and one.fix.safe for one in found)
    unsafe = sum(one.fix is not None and not one.fix.safe for one in found)
    look = "with --fix=all, which needs a look afterwards"
    if safe:
        yield f"{safe} can be mended with --fix{f', {unsafe} more {look}' if unsafe else ''}"
    elif unsafe:
        yield f"{unsafe} can be mended {look}"
    if report.hidden:
        yield f"{_count(report.hidden, 'lesser finding')} not shown; --min-severity info shows them"
    if report.trouble:
        yield f"note: {plain(report.trouble)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

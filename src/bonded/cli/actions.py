"""What a job of GitHub Actions sees of a report: annotations at the lines to change, and the step's summary."""

import re
from collections.abc import Iterator

from bonded.rehearsal.report import Report, Verdict
from bonded.rehearsal.report_text import render

_PLACE = re.compile(r"^(?P<file>\S+?):(?P<line>\d+):(?P<column>\d+)")
_FENCE = "~~~~"


def annotations(report: Report) -> Iterator[str]:
    """Return one `::error` line for each cause, and one notice where all is well."""
    for cause in report.causes:
        place = _PLACE.match(cause.where)
        where = ""
        if place:
            where = f"file={place['file']},line={place['line']},col={place['column']},"
        text = f"{cause.what}\n{cause.fix}".strip()
        yield f"::error {where}title=bonded: {report.verdict}::{_escaped(text)}"
    if report.verdict is Verdict.READY:
        yield f"::notice title=bonded: READY::{_escaped(f'{report.title} is ready to be released')}"


def summary(report: Report) -> str:
    """Return the report as Markdown; the fence is one that no report contains."""
    text = render(report, color=False).replace(_FENCE, "~~~")
    return f"## bonded rehearse: {report.verdict}\n\n{_FENCE}text\n{text}\n{_FENCE}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

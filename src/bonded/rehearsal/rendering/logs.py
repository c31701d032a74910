"""Output of programs, bounded: a page stays a page however much a build prints.

A log keeps its first and last lines, because what started and what ended it stand there, and says how many lines are
left out between. All logs of a page share one allowance of characters. More of the output is in the JSON report.
"""

from collections.abc import Iterable, Sequence

from bonded.rehearsal.plain import plain
from bonded.rehearsal.rendering.markup import Html, clip, element
from bonded.rehearsal.report import Report, StepRecord

HEAD, TAIL = 60, 240
"""The lines that a log keeps at its beginning and at its end."""
_LONGEST_LINE = 600
_ALL_LOGS = 1_500_000
_LEAST, _MOST = 2_000, 60_000


def allowance(report: Report) -> int:
    """Return how many characters each log of this report may have on the page."""
    logs = sum(1 for job in report.jobs for step in _every(job.steps) if step.log)
    logs += sum(1 for record in report.curtain if record.log)
    return min(max(_ALL_LOGS // max(logs, 1), _LEAST), _MOST)


def _every(steps: Iterable[StepRecord]) -> list[StepRecord]:
    return [found for step in steps for found in (step, *_every(step.children))]


def lines_shown(log: Sequence[str], most: int) -> Html | None:
    """Return a log of at most `most` characters as a block of text, or nothing where it says nothing."""
    first, last = [*map(_line, log[:HEAD])], [*map(_line, log[HEAD:][-TAIL:])]
    if not any(first) and not any(last):
        return None
    if sum(map(len, (*first, *last))) > most:
        first = first[: _fitting(first, most // 4)]
        last = last[len(last) - _fitting(reversed(last), most - most // 4) :]
    left_out = len(log) - len(first) - len(last)
    if not left_out:
        return element("pre", *_texts(first + last), tabindex="0")
    note = element("b", f"… {left_out:,} lines left out; the JSON report has more …")
    return element("pre", *_texts(first), "\n", note, "\n", *_texts(last), tabindex="0")


def folded(head: Html, body: Html | None, *, opened: bool) -> Html:
    """Return a line that opens onto `body`, or the bare line where there is nothing behind it."""
    if body is None:
        return element("div", head, class_="line")
    return element("details", element("summary", head, class_="line"), body, open=opened)


def _line(text: str) -> str:
    return clip(plain(text), _LONGEST_LINE)


def _fitting(lines: Iterable[str], most: int) -> int:
    """Return how many of the lines, from the first on, fit into `most` characters."""
    number = 0
    for line in lines:
        most -= len(line) + 1
        if most < 0:
            break
        number += 1
    return number


def _texts(lines: Sequence[str]) -> list[str]:
    """Return the lines one by one, so that the limit of a text holds for a line and not for the log."""
    return [part for number, line in enumerate(lines) for part in ("\n" if number else "", line)]

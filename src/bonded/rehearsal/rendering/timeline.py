"""The jobs against the clock: a bar for each job and each step, and behind each step what it printed.

A report says when a job began and how long each of its steps took. Steps follow one another without a pause, and
what time a job has beyond them is spent before the first, on its fresh machine; so the last step ends with its job.
"""

from dataclasses import dataclass
from itertools import cycle

from bonded.rehearsal.rendering.logs import allowance, folded, lines_shown
from bonded.rehearsal.rendering.markup import Html, element, join, spoken
from bonded.rehearsal.rendering.words import BAD, GAP, badge, duration, mark_of, sign
from bonded.rehearsal.report import JobRecord, Report, StepRecord

_TICKS = 5
_NARROWEST = 0.4
_FEW = 12
_LOUD = frozenset({BAD.word, GAP.word})
_LEVELS = {"error": "bad", "warning": "warn"}


@dataclass(frozen=True, slots=True)
class Scale:
    """The page's clock: `seconds` fill the width, `tick` seconds lie between two lines; a log has `most` characters."""

    seconds: float
    tick: float
    most: int

    def bar(self, began: float, seconds: float, tone: str) -> Html:
        """Return the bar of a stretch of time; it says nothing to those who listen, the duration beside it does."""
        left = 100 * min(max(began, 0.0) / self.seconds, 1.0)
        width = min(max(100 * seconds / self.seconds, _NARROWEST), 100 - left)
        place = f"margin-left:{left:.2f}%;width:{max(width, 0.0):.2f}%"
        bar = element("span", class_=f"bar {tone}", style=place)
        return element("span", bar, class_="track", aria_hidden="true")


def jobs(report: Report) -> Html | None:
    """Return every job with its steps, on one clock."""
    if not report.jobs:
        return None
    scale = _scale(report)
    return element(
        "section",
        element("h2", "What was played", id="jobs"),
        _axis(scale),
        *(_job(job, scale, opened=len(report.jobs) <= _FEW) for job in report.jobs),
        aria_labelledby="jobs",
        class_="timeline",
        style=f"--tick:{100 * scale.tick / scale.seconds:.4f}%",
    )


def _scale(report: Report) -> Scale:
    seconds = max(0.1, *(job.began + job.seconds for job in report.jobs))
    return Scale(seconds, _tick(seconds), allowance(report))


def _tick(seconds: float) -> float:
    """Return the shortest round time of which about five fit into `seconds`."""
    tick, steps = 0.05, cycle((2, 2, 2.5))
    while seconds / tick > _TICKS:
        tick *= next(steps)
    return tick


def _axis(scale: Scale) -> Html:
    times = (scale.tick * number for number in range(int(scale.seconds / scale.tick) + 1))
    labels = (
        element("span", f"{time:g} s", style=f"left:{100 * time / scale.seconds:.2f}%")
        for time in times
    )
    return element(
        "div", element("div", *labels, class_="ticks"), class_="axis", aria_hidden="true"
    )


def _job(job: JobRecord, scale: Scale, *, opened: bool) -> Html:
    mark = mark_of(job.result)
    head = join(
        (
            sign(mark),
            element("h3", job.name or job.id, class_="name"),
            scale.bar(job.began, job.seconds, mark.tone) if job.steps else None,
            element("span", duration(job.seconds) if job.steps else mark.word, class_="took"),
        )
    )
    steps = _steps(job.steps, job.began + job.seconds, scale)
    body = element("div", _about(job), steps, class_="inside")
    return element("article", folded(head, body, opened=opened or mark.word in _LOUD), class_="job")


def _about(job: JobRecord) -> Html:
    granted = [f"{name}: {level}" for name, level in job.permissions.items() if level != "none"]
    chips = [
        badge(mark_of(job.result)) if job.result not in {"success", "skipped"} else None,
        element("code", job.location or job.workflow),
        join((f"environment {job.environment}",)) if job.environment else None,
        join((f"permissions {', '.join(sorted(granted))}",)) if granted else None,
        *(join((f"output {name} = {text}",)) for name, text in job.outputs.items()),
    ]
    return join(
        (
            element("p", spoken(job.reason), class_="reason") if job.reason else None,
            element("ul", *(element("li", chip) for chip in chips if chip), class_="chips"),
        )
    )


def _steps(steps: list[StepRecord], end: float, scale: Scale) -> Html | None:
    """Return steps that follow one another, the last of which ends at `end`."""
    began = end - sum(step.seconds for step in steps)
    items = []
    for step in steps:
        items.append(element("li", _step(step, began, scale)))
        began += step.seconds
    return element("ol", *items, class_="steps") if items else None


def _step(step: StepRecord, began: float, scale: Scale) -> Html:
    mark = mark_of(step.result)
    took = mark.word if step.result == "skipped" else duration(step.seconds)
    name = element("span", _name(step), class_="name")
    bar = scale.bar(began, step.seconds, mark.tone)
    head = join((sign(mark), name, bar, element("span", took, class_="took")))
    parts = (
        element("p", step.error, class_="error") if step.error else None,
        element("p", element("b", "Hint"), " ", step.hint, class_="hint") if step.hint else None,
        *map(_annotation, step.annotations),
        lines_shown(step.log, scale.most),
        _summary(step),
        _steps(step.children, began + step.seconds, scale),
    )
    if not any(parts):
        return folded(head, None, opened=False)
    place = element("p", element("code", step.location), class_="place") if step.location else None
    body = element("div", *parts, place, class_="inside")
    return folded(head, body, opened=mark.word in _LOUD)


def _name(step: StepRecord) -> Html:
    """Return the step's name; the commit that an action is pinned to recedes behind the action."""
    name, at, pin = step.name.partition("@")
    if step.kind != "action" or not at:
        return join((step.name,))
    return join((name, element("span", f"@{pin}", class_="pin")))


def _annotation(annotation: dict[str, str]) -> Html:
    level = annotation.get("level", "notice")
    place = ":".join(annotation[key] for key in ("file", "line") if annotation.get(key))
    return element(
        "p",
        element("b", level.capitalize()),
        " ",
        annotation.get("message", ""),
        element("code", place) if place else None,
        class_=f"annotation {_LEVELS.get(level, 'quiet')}",
    )


def _summary(step: StepRecord) -> Html | None:
    if not step.summary.strip():
        return None
    text = element("pre", step.summary, tabindex="0")
    return element("details", element("summary", "Job summary of this step"), text)

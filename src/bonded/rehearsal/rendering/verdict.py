"""The top of the page: the verdict, why, and how far along the seven stations the release came."""

from bonded.rehearsal.rendering.markup import Html, element, join, spoken
from bonded.rehearsal.rendering.stations import Station, stations, versions
from bonded.rehearsal.rendering.words import BAD, GAP, GOOD, UNKNOWN, Mark, badge, duration, short
from bonded.rehearsal.report import Cause, Report, Verdict

_MARKS = {Verdict.READY: GOOD, Verdict.NOT_READY: BAD, Verdict.NOT_REHEARSED: GAP}
_MEANINGS = {
    Verdict.READY: "Built, accepted and installed, all on this machine. Nothing was published for real.",
    Verdict.NOT_READY: "This release would fail. What stands in its way is below.",
    Verdict.NOT_REHEARSED: "Nothing failed, but a part of this release could not be played here.",
}
_SIDES = {
    "workflow": "change the workflow",
    "publisher": "change the publisher at the index",
    "project": "change the project",
    "provider": "change a setting at the CI service",
    "GitHub": "change a setting at GitHub",
}


def is_judged(report: Report) -> bool:
    """Whether anything was played, so that the verdict means something."""
    return not report.planned


def banner(report: Report) -> Html:
    """Return the verdict over the name of what was rehearsed."""
    mark = _MARKS[report.verdict] if is_judged(report) else UNKNOWN
    word = str(report.verdict) if is_judged(report) else "NOT PLAYED"
    meaning = _MEANINGS[report.verdict] if is_judged(report) else "A plan: nothing was played yet."
    return element(
        "header",
        element(
            "div",
            _stamp(mark, word),
            element(
                "div",
                _title(report),
                element("p", meaning, class_="meaning"),
                _facts(report),
                class_="named",
            ),
            class_="wide",
        ),
        class_=f"banner {mark.tone}",
    )


def _stamp(mark: Mark, word: str) -> Html:
    sign = element("span", mark.sign, aria_hidden="true")
    return element("p", sign, join((" ", word)), class_="stamp")


def _title(report: Report) -> Html:
    name = element("span", report.title or "an unnamed project")
    version = element("span", ", ".join(versions(report)) or "of unknown version", class_="version")
    return element("h1", name, " ", version)


def _facts(report: Report) -> Html:
    facts = {
        "Event": report.event.get("title", "") or report.event.get("name", ""),
        "Repository": report.repository,
        "Commit": short(report.commit),
        "Took": duration(report.seconds),
    }
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", text))
            for name, text in facts.items()
            if text
        ),
        class_="facts",
    )


def strip(report: Report) -> Html:
    """Return the seven stations in a line, each with its state in a word."""
    return element(
        "section",
        element("h2", "From the commit to the install", id="stations"),
        element("ol", *map(_station, stations(report)), class_="stations"),
        aria_labelledby="stations",
    )


def _station(station: Station) -> Html:
    return element(
        "li",
        element("span", station.mark.sign, class_="dot", aria_hidden="true"),
        element(
            "div",
            element("strong", station.name),
            element("span", station.mark.word, class_="state"),
            element("span", station.detail, class_="detail") if station.detail else None,
        ),
        class_=station.mark.tone,
    )


def causes(report: Report) -> Html | None:
    """Return what stands in the way, each with its place and its fix."""
    if not report.causes:
        return None
    title = "What is missing" if report.verdict is Verdict.NOT_REHEARSED else "Why, and what to do"
    tone = "warn" if report.verdict is Verdict.NOT_REHEARSED else "bad"
    return element(
        "section",
        element("h2", title, id="causes"),
        element("ol", *map(_cause, report.causes), class_=f"causes {tone}"),
        aria_labelledby="causes",
    )


def _cause(cause: Cause) -> Html:
    first, _, rest = cause.what.partition("\n")
    side = _SIDES.get(cause.side, cause.side)
    return element(
        "li",
        element("p", spoken(first), class_="what"),
        element("pre", rest, tabindex="0") if rest else None,
        element("p", element("b", "Where "), element("span", cause.where), class_="where")
        if cause.where
        else None,
        element(
            "div",
            element("p", element("b", "Fix"), " ", badge(_TODO, side) if side else None),
            *(element("p", spoken(line)) for line in cause.fix.split("\n")),
            class_="fix",
        )
        if cause.fix
        else None,
    )


_TODO = Mark("→", "to do", "quiet")

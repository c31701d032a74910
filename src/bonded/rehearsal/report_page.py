"""The report as one HTML page that stands alone: no script, no other file, nothing loaded from anywhere.

The page is a function of the report, so the same report gives the same bytes. What its parts look like is in
`rendering/`; here is their order: first the verdict and why, then what would be published and as whom, then the play
itself, then what stood around it.
"""

from bonded.rehearsal.rendering import goods, identities, surroundings, timeline, verdict
from bonded.rehearsal.rendering.markup import Html, element, join
from bonded.rehearsal.rendering.stations import versions
from bonded.rehearsal.rendering.style import STYLE
from bonded.rehearsal.report import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Should markup ever slip in, the browser still loads nothing and runs nothing."""


def render_page(report: Report) -> str:
    """Return a whole HTML document that shows the report."""
    document = element("html", _head(report), _body(report), lang="en")
    return f"<!DOCTYPE html>\n{document.text}\n"


def _head(report: Report) -> Html:
    title = f"{report.verdict}: {report.title} {', '.join(versions(report))}".rstrip()
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        # The one text of the page that is not escaped is our own.
        element("style", Html(STYLE)),
    )


def _body(report: Report) -> Html:
    parts = (
        verdict.causes(report),
        verdict.strip(report),
        goods.published(report),
        identities.exchanges(report),
        identities.forms(report),
        timeline.jobs(report),
        surroundings.workflows(report),
        goods.provenance(report),
        goods.installs(report),
        surroundings.connections(report),
        surroundings.sentences(
            "What differs from the real thing", "differences", report.differences
        ),
        surroundings.sentences("Worth knowing", "notes", report.notes),
    )
    return element(
        "body",
        verdict.banner(report),
        element("main", join(parts), class_="wide"),
        surroundings.footer(report),
    )

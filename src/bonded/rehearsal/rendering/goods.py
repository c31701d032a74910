"""The goods: what would be published, and whether a stranger could install it."""

from bonded.rehearsal.rendering.logs import allowance, folded, lines_shown
from bonded.rehearsal.rendering.markup import Html, element, join, row, table
from bonded.rehearsal.rendering.words import (
    BAD,
    GOOD,
    NONE,
    badge,
    count,
    duration,
    index_title,
    size,
)
from bonded.rehearsal.report import (
    CurtainRecord,
    ProvenanceRecord,
    PublishedRecord,
    RefusalRecord,
    Report,
)
from bonded.rehearsal.report_text import said_of


def published(report: Report) -> Html | None:
    """Return the files that the indexes of the stage took, with digests to compare, and those that they refused."""
    if not report.published and not report.refusals:
        return None
    files = table(
        "Files that would be published",
        ("File", "Index", "Size", "Digests"),
        map(_file, report.published),
        class_="files",
    )
    return element(
        "section",
        element("h2", "What would be published", id="published"),
        files if report.published else None,
        element("ul", *map(_refusal, report.refusals), class_="plain") if report.refusals else None,
        aria_labelledby="published",
    )


def _file(record: PublishedRecord) -> Html:
    by = element("small", f"by {record.publisher}") if record.publisher else None
    attested = (
        element("small", count(record.attestations, "attestation")) if record.attestations else None
    )
    return row(
        join((element("code", record.filename), by, attested)),
        ("Index", index_title(record.index)),
        ("Size", size(record.size)),
        (
            "Digests",
            join((_digest("SHA-256", record.sha256), _digest("BLAKE2b", record.blake2b_256))),
        ),
    )


def _digest(name: str, digest: str) -> Html:
    return element("div", element("small", name), " ", element("code", digest), class_="digest")


def _refusal(refusal: RefusalRecord) -> Html:
    what = refusal.filename or "an upload"
    return element(
        "li",
        badge(BAD, "refused"),
        " ",
        element("code", what),
        f" by {index_title(refusal.index)} ({refusal.status}): {refusal.message}",
    )


def provenance(report: Report) -> Html | None:
    """Return what the attestations of each published file prove; nothing where none came along."""
    if all(record.state == "none" for record in report.provenance):
        return None
    files = table(
        "Who built the published files",
        ("File", "Index", "Proved", "By"),
        map(_proof, report.provenance),
        class_="files",
    )
    return element(
        "section",
        element("h2", "Provenance, verified as whoever installs could", id="provenance"),
        files,
        aria_labelledby="provenance",
    )


def _proof(record: ProvenanceRecord) -> Html:
    mark = {"verified": GOOD, "refused": BAD}.get(record.state, NONE)
    return row(
        element("code", record.filename),
        ("Index", index_title(record.index)),
        ("Proved", badge(mark, record.state)),
        ("By", element("div", said_of(record), *map(_kind, record.predicates))),
    )


def _kind(predicate: str) -> Html:
    return element("div", element("code", predicate))


def installs(report: Report) -> Html | None:
    """Return each installation into a clean environment, with its output folded."""
    if not report.curtain:
        return None
    most = allowance(report)
    return element(
        "section",
        element("h2", "Installed in clean environments", id="installs"),
        element("ul", *(_install(record, most) for record in report.curtain), class_="steps"),
        aria_labelledby="installs",
    )


def _install(record: CurtainRecord, most: int) -> Html:
    said = f"imported {', '.join(record.imports)}" if record.imports else "nothing to import"
    head = join(
        (
            badge(GOOD if record.ok else BAD, "installed" if record.ok else "failed"),
            element(
                "span",
                f"{record.kind} of {record.project} {record.version} from {index_title(record.index)}",
                element("small", said) if record.ok else None,
                class_="name",
            ),
            element("span", duration(record.seconds), class_="took"),
        )
    )
    return element("li", folded(head, lines_shown(record.log, most), opened=not record.ok))

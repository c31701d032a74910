"""What a job of GitHub Actions sees of a release: masks, annotations, the step's summary and its outputs."""

import sys
from collections.abc import Callable, Iterator, Mapping

from bonded.cli.publish_progress import in_words
from bonded.client.report import Outcome, Report

__all__ = ["annotations", "in_actions", "mask", "outputs", "summary"]


def in_actions(environ: Mapping[str, str]) -> bool:
    """Whether this runs in a job of GitHub Actions, or of a service that speaks its language."""
    return environ.get("GITHUB_ACTIONS") == "true"


def mask(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Return what tells the runner of a secret; elsewhere nobody can be told."""

    def told(secret: str) -> None:
        # On standard error, which the runner reads too: standard output belongs to the results.
        print(f"::add-mask::{_escaped(secret)}", file=sys.stderr, flush=True)

    return told if in_actions(environ) else lambda _: None


def annotations(report: Report) -> Iterator[str]:
    """Return a line for what went wrong, for each warning, and for a good end."""
    if report.refused is not None:
        text = "\n".join(filter(None, (str(report.refused), report.refused.hint)))
        yield f"::error title=bonded publish: {report.outcome}::{_escaped(text)}"
    for warning in report.warnings:
        yield f"::warning title=bonded publish::{_escaped(warning)}"
    if report.outcome is Outcome.DONE:
        text = " ".join((f"{len(report.files)} files on {report.target.title}", *report.urls))
        yield f"::notice title=bonded publish::{_escaped(text)}"


def summary(report: Report) -> str:
    """Return the report as Markdown."""
    lines = [f"## bonded publish: {report.outcome}", ""]
    lines += [f"<{url}>" for url in report.urls] + [""] * bool(report.urls)
    lines += ["| file | | SHA-256 | attested | served |", "| --- | --- | --- | --- | --- |"]
    for file in report.files:
        served = file.confirmed.state if file.confirmed else ""
        kinds = ", ".join(file.attestations)
        lines.append(
            f"| `{file.filename}` | {in_words(file.state)} | `{file.sha256}` | {kinds} | {served} |"
        )
    if report.refused is not None:
        lines += ["", "~~~~text", str(report.refused).replace("~~~~", "~~~"), "~~~~"]
    lines += [f"\n* {' '.join(warning.split())}" for warning in report.warnings]
    return "\n".join(lines) + "\n"


def outputs(report: Report) -> str:
    """Return the step's outputs: `outcome`, `project`, `version`, `url`; one line each."""
    first = report.files[0]
    url = report.urls[0] if report.urls else ""
    return (
        f"outcome={report.outcome}\nproject={first.project}\nversion={first.version}\nurl={url}\n"
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

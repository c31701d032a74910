"""What became of a release, told: text on standard output, faults on standard error, and whatever the CI wants."""

import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bonded.cli.publish_actions import annotations, in_actions, outputs, summary
from bonded.cli.publish_progress import in_words
from bonded.client.report import FileReport, Outcome, Report
from bonded.client.secrets import Secrets
from bonded.index.byte_sizes import size_told
from bonded.rehearsal.plain import plain

__all__ = ["exit_code", "rendered", "tell", "trouble"]

_CODES = {
    Outcome.DONE: 0,
    Outcome.PLANNED: 0,
    Outcome.REFUSED: 1,
    Outcome.DIFFERENT: 1,
    Outcome.UNREACHED: 3,
    Outcome.PARTIAL: 4,
}
_SIGNALLED = 128
_SHOWN = (
    "iss", "sub", "aud", "repository", "repository_owner", "repository_owner_id", "workflow_ref",
    "job_workflow_ref", "ref", "event_name", "environment", "project_path", "ci_config_ref_uri",
    "email", "pipeline_slug", "organization_slug",
)  # fmt: skip
"""Claims that publishers are matched by; the others would only make the list long."""
_PAGES = frozenset(
    {
        "invalid-publisher", "invalid-token", "invalid-payload", "invalid-pending-publisher",
        "invalid-reuse-token", "not-enabled",
    }
)  # fmt: skip
"""The codes of the mint that have a page of the documentation."""


def exit_code(report: Report) -> int:
    """Return the exit code, see docs/reference/exit-codes.md."""
    if report.signal:
        return _SIGNALLED + report.signal
    return _CODES[report.outcome]


def tell(report: Report, secrets: Secrets, environ: Mapping[str, str], *, as_text: bool) -> None:
    """Print the result and what went wrong, and tell the CI service; no secret is in any of it."""

    def shown(text: str) -> str:
        return plain(secrets.hide(text))

    if as_text:
        print(shown(rendered(report)), flush=True)
    if said := trouble(report):
        print(shown(said), file=sys.stderr, flush=True)
    if in_actions(environ):
        for line in annotations(report):
            print(shown(line), file=sys.stderr, flush=True)
        _append(environ.get("GITHUB_STEP_SUMMARY", ""), shown(summary(report)))
        _append(environ.get("GITHUB_OUTPUT", ""), shown(outputs(report)))


def rendered(report: Report) -> str:
    """Return the result: one line for each file, then where it is."""
    releases = ", ".join(dict.fromkeys(f"{one.project} {one.version}" for one in report.files))
    width = max(len(one.filename) for one in report.files)
    lines = [f"{releases} on {report.target.title}: {report.outcome}"]
    lines += [
        f"  {one.filename:{width}}  {size_told(one.size):>10}  {_file(one)}" for one in report.files
    ]
    lines += list(report.urls) if any(one.is_out for one in report.files) else []
    return "\n".join(lines)


def _file(file: FileReport) -> str:
    parts = [in_words(file.state)]
    if file.attestations:
        parts.append(
            "attested" if len(file.attestations) == 1 else "attested twice (publish, SLSA)"
        )
    if found := file.confirmed:
        parts.append(
            {"same": "served as sent", "different": "SERVED OTHERWISE"}.get(
                found.state, "not listed yet"
            )
        )
        if found.provenance == "same":
            parts.append("provenance shown")
        if found.message:
            parts.append(found.message)
    return ", ".join(parts)


def trouble(report: Report) -> str:
    """Return what went wrong and what to do, or empty."""
    lines = [f"warning: {text}" for text in report.warnings]
    if (refused := report.refused) is not None:
        lines.append(f"bonded: {refused}")
        lines += [f"  {line}" for line in refused.hint.splitlines()]
        lines += _claims(report)
    if report.outcome is Outcome.INTERRUPTED:
        name = signal.Signals(report.signal).name
        lines.append(
            f"bonded: interrupted by {name}; what is out is out, run it again for the rest"
        )
    elif report.outcome is Outcome.PARTIAL:
        lines.append("  run the same again: what is out is not sent twice")
    if report.journal and report.outcome in {Outcome.PARTIAL, Outcome.INTERRUPTED}:
        lines.append(f"  what is out stands in {report.journal}")
    burned, minted = report.burned
    if burned < minted:
        lines.append("the index did not confirm that the upload token was ended; it ends by itself")
    return "\n".join(lines)


def _claims(report: Report) -> Iterator[str]:
    """Yield what the refused identity says, in the form that `bonded explain --log` reads."""
    if not report.claims:
        return
    yield "  The claims of the ID token that was refused:"
    for name in _SHOWN:
        if isinstance(value := report.claims.get(name), str | int):
            yield f"  * `{name}`: `{value}`"
    called, started = (report.claims.get(name) for name in ("job_workflow_ref", "workflow_ref"))
    if called and started and called != started:
        yield "  The job is one of a reusable workflow: it is the called file that publishes."
    codes = report.refused.codes if report.refused else ()
    if "invalid-publisher" in codes and (link := _form(report)):
        yield "  If nothing is registered yet, this is the form, filled in with these claims:"
        yield f"  {link}"
    for code in codes:
        if code in _PAGES:
            yield f"  errors/{code} in the documentation of bonded says what it means."
    yield "  `bonded explain --log FILE`, with this log in FILE, says which check failed and what to change."


def _form(report: Report) -> str:
    """Return the link to PyPI's form for the identity that was refused; empty for other indexes and strange claims."""
    from bonded.attestations.own_identity import own_identity
    from bonded.dists import endpoints
    from bonded.dists.names import parse_project_name

    known = next((one for one in endpoints.known() if one.name == report.target.name), None)
    if known is None:
        return ""
    try:
        expected = own_identity(report.claims)
    except ValueError:
        return ""
    fields = expected.publisher.form_values() | {"environment": expected.environment}
    return known.publishing_form_url(parse_project_name(report.files[0].project), fields)


def _append(file: str, text: str) -> None:
    """Append to a file of the runner; where it has none, or it cannot be written, the release is no worse."""
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            print(f"bonded: {file} cannot be written: {error.strerror}", file=sys.stderr)

"""The seven stations of a release, and how far this rehearsal came.

They are source, workflow, identity, trust, upload, provenance and install, in the order of the story. Each state is
read off what happened at that station alone. A job that fails because the index refused its token leaves the
workflow's station green: GitHub would have run it. A station that nothing touched is *not reached*, never done.
"""

from collections.abc import Callable
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from bonded.rehearsal.judging import UNATTESTED
from bonded.rehearsal.plan import version_in
from bonded.rehearsal.rendering.words import (
    BAD,
    GAP,
    GOOD,
    UNKNOWN,
    Mark,
    count,
    index_title,
    short,
)
from bonded.rehearsal.report import JobRecord, Report, StepRecord

_NOT_USED = Mark("\u2013", "not used", "quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One station: its name, its state and what the state rests on."""

    name: str
    mark: Mark
    detail: str


def stations(report: Report) -> tuple[Station, ...]:
    """Return the seven stations in the order in which a release passes them."""
    return tuple(
        Station(name=name, mark=mark, detail=detail)
        for name, judge in _STATIONS.items()
        for mark, detail in [judge(report)]
    )


def versions(report: Report) -> list[str]:
    """Return the versions that were published, else the one that the project says."""
    return sorted({record.version for record in report.published} or {report.version} - {""})


def _source(report: Report) -> tuple[Mark, str]:
    if not report.commit:
        return UNKNOWN, "no commit"
    tag = report.event.get("tag", "")
    wrong = [text for text in versions(report) if _differs(text, version_in(tag))]
    if wrong:
        return BAD, f"tag {tag}, but version {', '.join(wrong)}"
    return GOOD, f"{tag or report.event.get('ref', 'commit')} at {short(report.commit)}"


def _differs(text: str, tagged: str) -> bool:
    try:
        return Version(text) != Version(tagged)
    except InvalidVersion:
        return False


def _workflow(report: Report) -> tuple[Mark, str]:
    played = [record for record in report.workflows if record.played]
    if not played:
        return (BAD, "nothing was played") if report.causes else (UNKNOWN, "nothing was played")
    if any(job.result == GAP.word for job in report.jobs):
        return GAP, "a step has no stand-in"
    broken = [job for job in report.jobs if _broke_by_itself(report, job)]
    if broken:
        return BAD, f"{count(len(broken), 'job')} of {len(report.jobs)} failed"
    return GOOD, f"{count(len(played), 'file')}, {count(len(report.jobs), 'job')}"


def _broke_by_itself(report: Report, job: JobRecord) -> bool:
    """Whether a job failed at its own work: where the index refused the job, the index's station is red instead."""
    if job.result not in {"failure", "cancelled"} or _has_no_id_token(report, job):
        return False
    if _was_unattested(job):
        return False
    turned_away = bool(report.refusals) or not all(_last_answers(report).values())
    return not (turned_away and job.permissions.get("id-token") == "write")


def _has_no_id_token(report: Report, job: JobRecord) -> bool:
    """Whether the judge found that this job failed for want of an ID token; only the cause's words tell."""
    return any(cause.what.startswith(f"job '{job.id}' gets no ID token") for cause in report.causes)


def _identity(report: Report) -> tuple[Mark, str]:
    if report.exchanges:
        return GOOD, f"{count(len(report.exchanges), 'ID token')} presented"
    if any(_has_no_id_token(report, job) for job in report.jobs):
        return BAD, "the job may not ask for an ID token"
    if report.published:
        return _NOT_USED, "published without an ID token"
    return UNKNOWN, "no ID token was presented"


def _last_answers(report: Report) -> dict[str, bool]:
    """Map each index to whether it granted the last token that it was shown: a client may try again."""
    return {exchange.index: exchange.granted for exchange in report.exchanges}


def _trust(report: Report) -> tuple[Mark, str]:
    answers = _last_answers(report)
    refusing = [index_title(name) for name, granted in answers.items() if not granted]
    if refusing:
        return BAD, f"{' and '.join(refusing)} refused the token"
    if answers:
        return GOOD, f"{' and '.join(index_title(name) for name in answers)} granted a token"
    return (_NOT_USED, "no publisher was asked for") if report.published else (UNKNOWN, "")


def _upload(report: Report) -> tuple[Mark, str]:
    taken = {file.filename for file in report.published}
    refused = [r for r in report.refusals if r.filename not in taken]
    # Without a cause the client went on: a file that is there already may be skipped on purpose.
    if refused and report.causes:
        return BAD, f"{count(len(refused), 'upload')} refused"
    if report.published:
        indexes = dict.fromkeys(index_title(record.index) for record in report.published)
        return GOOD, f"{count(len(report.published), 'file')} at {' and '.join(indexes)}"
    return UNKNOWN, ""


def _provenance(report: Report) -> tuple[Mark, str]:
    states = [record.state for record in report.provenance]
    if (refused := states.count("refused")) > 0:
        return BAD, f"{refused} of {count(len(states), 'file')} refused"
    if any(_was_unattested(job) for job in report.jobs):
        return BAD, "Sigstore did not sign"
    if (verified := states.count("verified")) > 0:
        return GOOD, f"{verified} of {count(len(states), 'file')} verified"
    return (_NOT_USED, "no attestation came along") if states else (UNKNOWN, "")


def _was_unattested(job: JobRecord) -> bool:
    return any(map(_failed_at_sigstore, job.steps))


def _failed_at_sigstore(step: StepRecord) -> bool:
    return step.error.startswith(UNATTESTED) or any(map(_failed_at_sigstore, step.children))


def _install(report: Report) -> tuple[Mark, str]:
    if not report.curtain:
        return UNKNOWN, ""
    failed = [record for record in report.curtain if not record.ok]
    if failed:
        return BAD, f"{count(len(failed), 'install')} of {len(report.curtain)} failed"
    return GOOD, f"{count(len(report.curtain), 'clean environment')}"


_STATIONS: dict[str, Callable[[Report], tuple[Mark, str]]] = {
    "source": _source,
    "workflow": _workflow,
    "identity": _identity,
    "trust": _trust,
    "upload": _upload,
    "provenance": _provenance,
    "install": _install,
}

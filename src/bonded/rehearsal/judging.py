"""The verdict: from what happened to READY or not, with every cause and what to do about it.

READY means: the event starts a workflow that publishes, every job of it succeeded or was skipped on purpose, files of
the right version came to an index by the registered identity, and a stranger can install them.
"""

import json
from collections.abc import Mapping, Sequence

from bonded.rehearsal.engine import Result
from bonded.rehearsal.report import (
    Cause,
    ExchangeRecord,
    JobRecord,
    ProvenanceRecord,
    RefusalRecord,
    Report,
    StepRecord,
    Verdict,
)

UNATTESTED = "Attestation generation failure"
"""How the error of a step begins that Sigstore failed; the action's own words."""

_BAD = {Result.FAILURE.value, Result.CANCELLED.value}
_TAIL = 12
# Words by which a step shows that it asked for its identity, and that it spoke with an index.
_IDENTITY = ("id_token", "id-token", "oidc", "trusted publishing")
_UPLOAD = ("publish", "upload", "token", "twine")


def judge(
    report: Report,
    *,
    tag_version: str,
    kept_before: frozenset[str],
    no_id_token: Mapping[str, str],
    expected_indexes: Mapping[str, Sequence[str]],
    attested_at: str = "",
) -> None:
    """Fill in the causes and the verdict.

    `tag_version` is the version that the event's tag names, or empty; `kept_before` are files that the index had
    before this evening; `no_id_token` maps each publishing job without an ID token to the reason; `expected_indexes`
    maps each index that must receive a file to the ids of the jobs that publish there; `attested_at` is the place of
    a step that leaves attestations for the upload, or empty.
    """
    failed = _failed_jobs(report, no_id_token)
    causes = [
        *_not_started(report),
        *failed,
        *_refused_uploads(report, named={cause.what for cause in failed}),
        *_wrong_version(report, tag_version),
        *_nothing_published(report, kept_before),
        *_missed_indexes(report, expected_indexes),
        *_curtain(report),
        *_provenance(report, attested_at),
    ]
    gaps = _gaps(report)
    report.causes += [*causes, *gaps]
    if len(report.causes) > len(gaps):
        report.verdict = Verdict.NOT_READY
    else:
        report.verdict = Verdict.NOT_REHEARSED if gaps else Verdict.READY


def _not_started(report: Report) -> list[Cause]:
    if any(record.played for record in report.workflows):
        return []
    event = report.event.get("title", "the event")
    rules = "\n".join(f"{record.path}: {record.rule}" for record in report.workflows)
    return [
        Cause(
            what=f"{event} starts no workflow that publishes",
            where=rules,
            fix="change the trigger or the event, so that they meet",
            side="workflow",
        )
    ]


def _failed_jobs(report: Report, no_id_token: Mapping[str, str]) -> list[Cause]:
    causes = []
    for job in report.jobs:
        if job.result not in _BAD or job.excused:
            continue
        step = _culprit(job.steps)
        if step is None:
            causes.append(
                Cause(what=f"job '{job.name}' {job.result}: {job.reason}", where=job.location)
            )
        else:
            causes.append(_step_cause(report, job, step, no_id_token))
    return causes


def _culprit(steps: list[StepRecord]) -> StepRecord | None:
    for step in steps:
        if step.result in _BAD and not step.excused:
            return _culprit(step.children) or step
    return None


def _step_cause(
    report: Report, job: JobRecord, step: StepRecord, no_id_token: Mapping[str, str]
) -> Cause:
    where = f"{step.location}: job '{job.name}', step '{step.name}'"
    if step.error.startswith(UNATTESTED):
        return Cause(what=step.error, where=where, fix=step.hint)
    if job.id in no_id_token and _says(step, _IDENTITY):
        return Cause(
            what=f"job '{job.id}' gets no ID token, so it cannot prove who it is. {no_id_token[job.id]}",
            where=where,
            fix=f"in {job.location}, give the job `permissions: id-token: write`",
            side="workflow",
        )
    refused = [e for e in report.exchanges if not e.granted]
    if refused and _says(step, _UPLOAD):
        return _refused_exchange(refused[-1], where)
    if report.refusals and _says(step, _UPLOAD):
        return _refused_upload(report.refusals[-1], where)
    tail = "\n".join(step.log[-_TAIL:])
    return Cause(
        what=f"{step.error}\n{tail}".strip(),
        where=where,
        fix=(step.hint or "mend what the last lines of the step say") + _closed_hosts(report),
        side="project",
    )


def _refused_upload(refusal: RefusalRecord, where: str) -> Cause:
    fix = "mend what the index names, and rehearse again: it would say the same on the day"
    if _already_there(refusal):
        fix = "an index takes a file name once: raise the version and tag it anew"
    name = refusal.filename or "the upload"
    return Cause(
        what=f"{_title(refusal.index)} refused {name} ({refusal.status}): {refusal.message}",
        where=where,
        fix=fix,
        side="project",
    )


def _already_there(refusal: RefusalRecord) -> bool:
    return "already exists" in refusal.message.lower()


def _refused_uploads(report: Report, named: set[str]) -> list[Cause]:
    """Return a cause for each refusal that no failed job names and that no later upload made good.

    That a file is there already is only noted where the step goes on in spite of it, as with `skip-existing`.
    """
    taken = {(record.index, record.filename) for record in report.published}
    excused = _excused_upload(report)
    causes: dict[str, Cause] = {}
    for refusal in report.refusals:
        cause = _refused_upload(refusal, excused)
        if (refusal.index, refusal.filename) in taken or cause.what in named:
            continue
        if _already_there(refusal) and not excused:
            report.note(f"{cause.what}; the step went on")
        else:
            causes[cause.what] = cause
    return list(causes.values())


def _excused_upload(report: Report) -> str:
    """Return the place of a step that failed at an upload; empty where none did, or where no step tells."""
    return next(
        (
            f"{step.location}: job '{job.name}', step '{step.name}'"
            for job in report.jobs
            for step in _steps(job.steps)
            if step.result in _BAD and not step.children and _says(step, _UPLOAD)
        ),
        "",
    )


def _says(step: StepRecord, words: Sequence[str]) -> bool:
    text = " ".join([step.name, step.error, *step.log[-_TAIL:]]).lower()
    return any(word in text for word in words)


def _closed_hosts(report: Report) -> str:
    """Return what the stage's network refused, as a last sentence of a fix; empty where it refused nothing."""
    hosts = sorted({c.host for c in report.connections if c.went == "refused"})
    return f"; the network refused {', '.join(hosts)}" if hosts else ""


def _refused_exchange(exchange: ExchangeRecord, where: str) -> Cause:
    best = exchange.advice[0] if exchange.advice else {}
    others = [advice["sentence"] for advice in exchange.advice[1:]]
    fix = best.get("sentence", "compare the registered publisher with the claims above")
    return Cause(
        what=f"{_title(exchange.index)} refused the ID token: {_in_words(exchange.answer)}",
        where=where,
        fix="\n".join([fix, *others]),
        side=best.get("side", ""),
    )


def _in_words(answer: str) -> str:
    """Return the sentences of an index's refusal; the whole answer where it has none."""
    try:
        errors = json.loads(answer)["errors"]
        return "; ".join(f"{error['code']}: {error['description']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        return answer


def _title(index: str) -> str:
    return {"pypi": "PyPI", "testpypi": "TestPyPI"}.get(index, index)


def _wrong_version(report: Report, tag_version: str) -> list[Cause]:
    from packaging.version import InvalidVersion, Version

    try:
        wanted = Version(tag_version)
    except InvalidVersion:
        return []
    found = {record.version for record in report.published} or {report.version} - {""}
    wrong = sorted(text for text in found if Version(text) != wanted)
    if not wrong:
        return []
    tag = report.event["tag"]
    verb = "what is published is" if report.published else "the project says"
    return [
        Cause(
            what=f"the tag {tag} says {wanted}, but {verb} {', '.join(wrong)}",
            where=f"tag {tag} and pyproject.toml",
            fix=f"set the project's version to {wanted}, or tag {tag.replace(tag_version, wrong[0])}",
            side="project",
        )
    ]


def _nothing_published(report: Report, kept_before: frozenset[str]) -> list[Cause]:
    if report.published or not any(record.played for record in report.workflows):
        return []
    if any(job.result in {*_BAD, Result.NOT_REHEARSED.value} for job in report.jobs):
        return []  # the causes of that are named already
    if kept_before:
        return [
            Cause(
                what=f"nothing new was published: {report.project} {report.version} is on the index already",
                where=", ".join(sorted(kept_before)),
                fix="an index takes a file name once: raise the version and tag it anew",
                side="project",
            )
        ]
    skipped = [f"job '{job.name}': {job.reason}" for job in report.jobs if job.reason]
    return [
        Cause(
            what="every job ended well, and nothing was published",
            where="; ".join(skipped),
            fix="is a job skipped that should publish, or does it publish an empty folder?",
            side="workflow",
        )
    ]


def _missed_indexes(report: Report, expected: Mapping[str, Sequence[str]]) -> list[Cause]:
    """Return a cause for each index that got nothing, where another one got files."""
    if any(job.result in {*_BAD, Result.NOT_REHEARSED.value} for job in report.jobs):
        return []  # the causes of that are named already
    reached = {record.index for record in report.published}
    # TestPyPI may have the files of an earlier push; a release must be new to PyPI.
    there = {r.index for r in report.refusals if _already_there(r)} - {"pypi"}
    return [
        Cause(
            what=f"nothing was published to {_title(index)}, only to {', '.join(map(_title, sorted(reached)))}",
            where="; ".join(
                line for job in report.jobs if job.id in ids for line in _why_nothing(job)
            ),
            fix=f"the event should publish to {_title(index)}: let the job run, and let its failure count",
            side="workflow",
        )
        for index, ids in expected.items()
        if reached and index not in reached | there
    ]


def _why_nothing(job: JobRecord) -> list[str]:
    """Return why a job that ended well published nothing, as far as its record shows."""
    if job.reason:
        return [f"job '{job.name}': {job.reason}"]
    found = [step for step in _steps(job.steps) if step.result in {*_BAD, Result.SKIPPED.value}]
    return [
        f"{step.location}: job '{job.name}', step '{step.name}' ({step.result}): {step.error}".rstrip(
            ": "
        )
        for step in found
    ] or [f"job '{job.name}'"]


def _curtain(report: Report) -> list[Cause]:
    return [
        Cause(
            what=f"the published {record.kind} of {record.project} {record.version} cannot be installed and imported:\n"
            + "\n".join(record.log[-_TAIL:]),
            where=f"clean environment, from {_title(record.index)}",
            fix="build it, install it from the file alone, and import it",
            side="project",
        )
        for record in report.curtain
        if not record.ok
    ]


_MENDS = {
    "identity": "sign in a job of the registered repository and workflow; a reusable workflow signs as its caller",
    "environment": "sign in a job of the publisher's environment, the one that uploads",
    "publisher": "attestations come with trusted publishing only: upload without a password, or without attestations",
    "digest": "attest the very bytes that are published: nothing may change a file after it was signed",
    "subject": "attest each file under the name under which it is published",
    "log-version": "sign with Rekor of version 1: entries of version 2 cannot be carried by an attestation of PEP 740",
}
_MEND = "sign again once Sigstore gives what can be verified, or publish without attestations"


def _provenance(report: Report, attested_at: str) -> list[Cause]:
    """Return a cause for each attestation that nobody could believe, and one where all were lost on the way."""
    causes = _refused_attestations(report)
    for record in report.provenance:
        if record.state == "verified" and record.reasons:
            report.note(
                f"the attestation of {record.filename} holds, but {'; '.join(record.reasons)}"
            )
    bare = [record.filename for record in report.provenance if record.state == "none"]
    if attested_at and bare and len(bare) == len(report.provenance):
        what = "a step makes attestations, and none was published"
        fix = (
            "leave `FILE.publish.attestation` beside each file in the folder that is uploaded; uv takes them along, "
            "twine with `--attestations`"
        )
        causes.append(Cause(what=what, where=attested_at, fix=fix, side="workflow"))
    elif bare and len(bare) < len(report.provenance):
        report.note(f"some files were published without an attestation: {', '.join(bare)}")
    return causes


def _refused_attestations(report: Report) -> list[Cause]:
    """Return one cause for all files of an index that are refused for the same kind of reason."""
    kinds: dict[tuple[str, str], list[ProvenanceRecord]] = {}
    for record in report.provenance:
        if record.state == "refused":
            kind = record.reasons[0].partition(":")[0]
            kinds.setdefault((record.index, kind), []).append(record)
    causes = []
    for (index, kind), (first, *others) in kinds.items():
        what = f"the attestation of {first.filename} is refused: {'; '.join(first.reasons)}"
        if others:
            what += f"\nand so are those of {', '.join(other.filename for other in others)}"
        where = f"as published to {_title(index)}, against the publisher that was granted a token"
        causes.append(Cause(what=what, where=where, fix=_MENDS.get(kind, _MEND), side="workflow"))
    return causes


def _gaps(report: Report) -> list[Cause]:
    return [
        Cause(
            what=f"not rehearsed: {step.error}",
            where=f"{step.location}: job '{job.name}', step '{step.name}'",
            fix=step.hint,
            side="workflow",
        )
        for job in report.jobs
        for step in _steps(job.steps)
        if step.result == Result.NOT_REHEARSED.value and not step.children
    ]


def _steps(steps: list[StepRecord]) -> list[StepRecord]:
    return [found for step in steps for found in (step, *_steps(step.children))]

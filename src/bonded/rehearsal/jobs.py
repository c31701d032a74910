"""One job, played: its legs, and each leg on a runner of its own.

A leg is a fresh workspace, a fresh temporary folder, a fresh Python environment and a fresh list of variables; nothing
goes from job to job but outputs and artifacts, as on GitHub.
"""

import platform
import time
from collections.abc import Mapping
from typing import Any

from bonded.errors import Fault, InvalidInput
from bonded.rehearsal import contexts, engine, labels, matrix, runner
from bonded.rehearsal.bench import Bench, Scope
from bonded.rehearsal.conditions import flag, holds, number
from bonded.rehearsal.engine import Result
from bonded.rehearsal.production import JobOutcome, Production
from bonded.rehearsal.report import JobRecord, Report, StepRecord
from bonded.rehearsal.steps import play_step
from bonded.workflows import templates
from bonded.workflows.expressions import evaluate, to_text, truthy
from bonded.workflows.model import Job


class CannotPlay(Exception):
    """The job needs something that no rehearsal has; nobody knows how it would end."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def play_job(
    production: Production, job: Job, needs: Mapping[str, JobOutcome], ancestors: list[Result]
) -> tuple[JobOutcome, list[JobRecord]]:
    """Play a job with all its legs; never raises but for a stop or a bug."""
    view = _job_view(production, needs, job)
    try:
        status = engine.status_for_job(ancestors)
        if not holds(job.condition, view, status=status):
            reason = _why_skipped(job, status)
            record = _record(production, job, _plain_name(job), Result.SKIPPED, reason)
            return JobOutcome(Result.SKIPPED), [record]
        legs = _legs(job, view)
    except (InvalidInput, matrix.MatrixError) as error:
        record = _record(production, job, _plain_name(job), Result.FAILURE, str(error))
        return JobOutcome(Result.FAILURE), [record]
    except CannotPlay as gap:
        record = _record(production, job, _plain_name(job), Result.NOT_REHEARSED, gap.message)
        record.steps.append(_gap_step(job, gap))
        return JobOutcome(Result.NOT_REHEARSED), [record]
    return _play_legs(production, job, legs, view)


def _why_skipped(job: Job, status: str) -> str:
    text = job.condition.text if job.condition else ""
    if status != "success" and (not text or not _asks_status(text)):
        return "a job that it needs did not succeed"
    return f"its `if` is false: {text}"


def _asks_status(text: str) -> bool:
    """Whether a condition asks for more than success, so that it is its own words that make it false."""
    return any(word in text for word in ("always()", "failure(", "cancelled()"))


def _record(
    production: Production, job: Job, name: str, result: Result, reason: str = ""
) -> JobRecord:
    record = JobRecord(
        workflow=production.workflow.path,
        id=job.id,
        name=name,
        location=str(job.location),
        result=result.value,
        reason=reason,
        began=time.monotonic() - production.began,
    )
    production.watcher.job_ended(record)
    return record


def _gap_step(job: Job, gap: CannotPlay) -> StepRecord:
    return StepRecord(
        name=_plain_name(job),
        kind="job",
        location=str(job.location),
        result=Result.NOT_REHEARSED.value,
        error=gap.message,
        hint=gap.hint,
    )


def _plain_name(job: Job) -> str:
    return job.name.text if job.name else job.id


def _job_view(production: Production, needs: Mapping[str, JobOutcome], job: Job) -> dict[str, Any]:
    return {
        "github": {**production.github, "job": job.id},
        "needs": {
            name: contexts.need_context(needs[name].result.for_github, needs[name].outputs)
            for name in job.needs
            if name in needs
        },
        "vars": dict(production.variables),
        "inputs": dict(production.inputs),
        "secrets": dict(production.secrets),
    }


def _equal(left: Any, right: Any) -> bool:
    return truthy(evaluate("v.a == v.b", {"v": {"a": left, "b": right}}))


def _legs(
    job: Job, view: Mapping[str, Any]
) -> list[tuple[matrix.Combination | None, dict[str, Any]]]:
    """Return each leg's combination and its `strategy` context."""
    _playable(job)
    if job.strategy is None or job.strategy.matrix is None:
        return [(None, contexts.strategy_context(index=0, total=1, fail_fast=True, max_parallel=1))]
    value = templates.resolve_node(job.strategy.matrix, view)
    if not isinstance(value, Mapping):
        raise matrix.MatrixError(f"the matrix of job '{job.id}' is not a mapping, but {value!r}")
    combinations = matrix.expand(value, _equal)
    total = len(combinations)
    fail_fast = flag(job.strategy.fail_fast, view, default=True)
    most = number(job.strategy.max_parallel, view, default=total)
    return [
        (
            combination,
            contexts.strategy_context(
                index=index, total=total, fail_fast=fail_fast, max_parallel=int(most)
            ),
        )
        for index, combination in enumerate(combinations)
    ]


def _playable(job: Job) -> None:
    if job.uses is not None:
        raise CannotPlay(
            f"job '{job.id}' calls the reusable workflow {job.uses.text}",
            "reusable workflows are not played yet; trusted publishing from one needs the called file's name anyway",
        )
    if job.container is not None or job.services is not None:
        what = "container" if job.container is not None else "services"
        raise CannotPlay(
            f"job '{job.id}' has `{what}`, which needs a container engine",
            "a rehearsal has none; publish from a job that runs on the runner itself",
        )


def _play_legs(
    production: Production,
    job: Job,
    legs: list[tuple[matrix.Combination | None, dict[str, Any]]],
    view: dict[str, Any],
) -> tuple[JobOutcome, list[JobRecord]]:
    outcomes: list[JobOutcome] = []
    records: list[JobRecord] = []
    for combination, strategy in legs:
        name = matrix.job_name(_plain_name(job), combination, to_text)
        values = combination.values if combination else {}
        leg_view = {**view, "strategy": strategy, "matrix": values}
        if strategy["fail-fast"] and any(o.result is Result.FAILURE for o in outcomes):
            reason = "another leg of the matrix failed, and `fail-fast` is on"
            records.append(_record(production, job, name, Result.CANCELLED, reason))
            outcomes.append(JobOutcome(Result.CANCELLED))
            continue
        outcome, record = _play_leg(production, job, name, leg_view)
        outcomes.append(outcome)
        records.append(record)
    result = engine.combine(outcome.result for outcome in outcomes)
    outputs = engine.combine_outputs(outcome.outputs for outcome in outcomes)
    return JobOutcome(result, outputs), records


def _play_leg(
    production: Production, job: Job, name: str, view: dict[str, Any]
) -> tuple[JobOutcome, JobRecord]:
    record = JobRecord(
        workflow=production.workflow.path,
        id=job.id,
        name=name,
        location=str(job.location),
        began=time.monotonic() - production.began,
    )
    carry_on = False
    try:
        if (job.name and job.strategy is None) or (job.name and "${{" in job.name.text):
            record.name = to_text(templates.resolve_node(job.name, view))
        production.watcher.job_started(record)
        _on_linux(job, view, production.theatre.report)
        carry_on = flag(job.continue_on_error, view, default=False)
        bench = runner.furnish(production, job, view, record)
        scope = Scope(inputs=production.inputs)
        try:
            _play_steps(bench, scope, job, record)
            record.outputs = _outputs(bench, scope, job)
        finally:
            runner.clear(production, bench)
        status = bench.status
    except CannotPlay as gap:
        record.steps.append(_gap_step(job, gap))
        status = Result.NOT_REHEARSED
    except InvalidInput as error:
        record.reason = str(error)
        status = Result.FAILURE
    record.result = status.value
    record.excused = engine.end_job(status, continue_on_error=carry_on) is not status
    record.seconds = time.monotonic() - production.began - record.began
    production.watcher.job_ended(record)
    return JobOutcome(engine.end_job(status, continue_on_error=carry_on), record.outputs), record


def _on_linux(job: Job, view: Mapping[str, Any], report: Report) -> None:
    """Refuse a runner that is not Linux, and one that no one has; note one that GitHub does not offer."""
    place = job.runs_on.location if job.runs_on is not None else job.location
    wanted = labels.wanted(
        templates.resolve_node(job.runs_on, view) if job.runs_on is not None else ""
    )
    if not wanted.labels and not wanted.group:
        message = f"Error when evaluating 'runs-on' for job '{job.id}'. Unexpected value ''"
        hint = "is the name in the expression that of a matrix axis or of an output?"
        raise InvalidInput((Fault(place, message, hint),))
    if foreign := labels.foreign(wanted.labels):
        raise CannotPlay(
            f"job '{job.id}' runs on {foreign}, and this machine is not",
            "a rehearsal plays Linux jobs only",
        )
    if fault := labels.fault(wanted.labels):
        hint = "on GitHub the job would wait for a runner for a day, and then be cancelled"
        raise InvalidInput((Fault(place, fault, hint),))
    for label in labels.custom(wanted.labels):
        report.differ(
            f"job '{job.id}' asks for the runner label '{label}', which GitHub does not offer; "
            "on GitHub it waits for a runner of yours with it"
        )
    machine = platform.machine()
    if label := labels.other_machine(wanted.labels, machine):
        report.differ(f"job '{job.id}' runs on {label}, and was played on {machine}")
    if wanted.group:
        report.differ(
            f"job '{job.id}' asks for the runner group '{wanted.group}'; "
            "on GitHub it waits for a runner of that group"
        )


def _play_steps(bench: Bench, scope: Scope, job: Job, record: JobRecord) -> None:
    for step in job.steps:
        record.steps.append(play_step(bench, scope, step))
    if bench.status is Result.SUCCESS:
        for name, post in reversed(bench.posts):
            began = time.monotonic()
            post()
            record.steps.append(
                StepRecord(
                    name=f"Post {name}",
                    kind="action",
                    result=Result.SUCCESS.value,
                    seconds=time.monotonic() - began,
                )
            )


def _outputs(bench: Bench, scope: Scope, job: Job) -> dict[str, str]:
    """Evaluate the job's outputs; one that holds a secret is dropped, as on GitHub."""
    if job.outputs is None:
        return {}
    value = templates.resolve_node(job.outputs, bench.view(scope), functions=bench.functions())
    texts = {str(name): to_text(item) for name, item in value.items()}
    for name in [name for name, text in texts.items() if bench.masks.hides(text)]:
        del texts[name]
        bench.theatre.report.note(f"Skip output '{name}' since it may contain secret.")
    return texts

"""The whole evening: prepare, set, play, judge, strike.

`rehearse` is the one function that puts the rooms together. It raises BondedError for what the user can mend before
anything is played; whatever goes wrong on the stage is in the report that it returns.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

from bonded import __version__
from bonded.dists.names import parse_project_name
from bonded.publishers import Publisher, from_fields
from bonded.publishers.recorded import INDEXES, Registration
from bonded.rehearsal import attesting, expectation, judging, plan, processes
from bonded.rehearsal.contexts import github_context
from bonded.rehearsal.engine import Result
from bonded.rehearsal.expectation import expected_indexes
from bonded.rehearsal.jobs import play_job
from bonded.rehearsal.payloads import payload
from bonded.rehearsal.preparation import Prepared, Request, open_report, prepare
from bonded.rehearsal.production import JobOutcome, Production
from bonded.rehearsal.report import (
    ConnectionRecord,
    CurtainRecord,
    RegistrationRecord,
    Report,
    Verdict,
)
from bonded.rehearsal.repositories import owner_id_of
from bonded.rehearsal.script import run_of
from bonded.rehearsal.stage import setting, workspace
from bonded.rehearsal.stage.artifacts import Artifacts
from bonded.rehearsal.stage.audience import install
from bonded.rehearsal.stage.props import make_props
from bonded.rehearsal.stage.setting import Stage, Surroundings
from bonded.rehearsal.watching import Watcher
from bonded.workflows import permissions
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import Publishing, ancestors


def rehearse(
    request: Request,
    *,
    around: Surroundings,
    watcher: Watcher,
    stop: processes.Stop,
    plan_only: bool = False,
) -> Report:
    """Play a project's release on this machine and return what happened.

    With `plan_only` nothing is played: the report says which workflows the event would start. Raises BondedError for
    what cannot be played, and Interrupted after everything was struck.
    """
    began = time.monotonic()
    with ExitStack() as exits:
        folders = setting.reserve(exits)
        props = make_props(exits, around.sigstore_faults)
        origin = workspace.Origin(folders.origin, env=around.environ, stop=stop)
        prepared = prepare(request, origin, folders.source)
        report = open_report(prepared, bonded=__version__)
        if plan_only:
            report.planned = True
            return report
        watcher.scene(f"{report.repository}: {report.event['title']}")
        registrations = _registrations(prepared)
        plot = setting.Plot(
            folders=folders, props=props, around=around, origin=origin, report=report, stop=stop,
            repository=prepared.repository,
            project=parse_project_name(prepared.project.name),
            registrations=[registration for registration, _ in registrations],
            habits=_habits(prepared),
        )  # fmt: skip
        stage = setting.set_stage(exits, plot)
        _describe_stage(stage, report)
        _record_registrations(stage, registrations, report)
        _perform(
            Evening(stage=stage, prepared=prepared, request=request, watcher=watcher, began=began)
        )
    # A connection is in the log when it ended, and what broke on the stage is known when it is struck.
    _collect_connections(stage, report)
    _judge(stage, prepared, request, report)
    report.seconds = time.monotonic() - began
    return report


def _habits(prepared: Prepared) -> setting.Habits:
    played = prepared.script.played
    return setting.Habits(
        pushes=plan.pushes(played),
        signs=attesting.will_sign(played),
        runs_sigstore=attesting.runs_sigstore(played),
    )


def _describe_stage(stage: Stage, report: Report) -> None:
    report.isolation = stage.isolation.level
    if stage.isolation.level == "proxy only":
        report.differ(
            "steps were kept in by the proxy and the environment alone, not by the kernel: "
            f"{stage.isolation.why}"
        )
    if stage.faults:
        report.differ(f"the stage's Sigstore was made to fail: {', '.join(sorted(stage.faults))}")
    own = stage.theatre.toolbox.own
    report.differ(
        f"jobs ran on this machine (Python {own.text} where none was set up, one cache of uv for all jobs), "
        "not on GitHub's runner image"
    )


def _registrations(prepared: Prepared) -> tuple[tuple[Registration, bool], ...]:
    """Return the publishers to register, and whether each is assumed.

    Where none is recorded for an index, it is the one that the workflow implies.
    """
    found: list[tuple[Registration, bool]] = []
    for index in INDEXES:
        declared = [r for r in prepared.project.registrations if r.index == index]
        found += [(registration, False) for registration in declared]
        if not declared:
            found += [(registration, True) for registration in _implied(prepared, index)]
    return tuple(found)


def _record_registrations(
    stage: Stage, registrations: Sequence[tuple[Registration, bool]], report: Report
) -> None:
    endpoints = {str(index.endpoints.name): index.endpoints for index in stage.indexes}
    for registration, assumed in registrations:
        fields = registration.publisher.to_fields()
        project = parse_project_name(registration.project)
        report.registrations.append(
            RegistrationRecord(
                index=registration.index,
                project=registration.project,
                kind=registration.publisher.kind,
                fields=dict(fields),
                assumed=assumed,
                form_url=endpoints[registration.index].publishing_form_url(
                    project, registration.publisher.form_values()
                ),
            )
        )


def _implied(prepared: Prepared, index: str) -> tuple[Registration, ...]:
    found: dict[str, Registration] = {}
    for publishing in prepared.script.publishings:
        # Where only the run tells the index, the publisher is assumed at both.
        if publishing.index == index or not expectation.is_certain(publishing):
            publisher = _publisher(prepared, publishing)
            found[json.dumps(publisher.to_fields())] = Registration(
                index=index, project=prepared.project.name, publisher=publisher
            )
    return tuple(found.values())


def _publisher(prepared: Prepared, publishing: Publishing) -> Publisher:
    owner, _, name = prepared.repository.partition("/")
    environment = publishing.job.environment
    text = environment.name.text if environment else ""
    return from_fields(
        "github",
        {
            "repository_owner": owner,
            "repository_owner_id": prepared.project.owner_id or owner_id_of(prepared.repository),
            "repository_name": name,
            "workflow_filename": publishing.workflow.filename,
            # A name that is only computed at run time cannot be registered beforehand.
            "environment": "" if "${{" in text else text,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What playing needs: the stage, what was prepared, who watches, and since when."""

    stage: Stage
    prepared: Prepared
    request: Request
    watcher: Watcher
    began: float


def _perform(evening: Evening) -> None:
    stage, report = evening.stage, evening.stage.theatre.report
    _play(evening)
    _curtain(stage, evening.prepared, evening.watcher)
    _prove(stage, evening.watcher)
    _collect(stage, report)


def _play(evening: Evening) -> None:
    numbers = count(1)
    theatre = evening.stage.theatre
    for number, workflow in enumerate(evening.prepared.script.played):
        # Artifacts belong to one run: no workflow sees those of another.
        theatre.artifacts = Artifacts(theatre.folders.back / f"artifacts-{number}", theatre.inside)
        _play_workflow(_production(evening, workflow, numbers.__next__))


def _production(evening: Evening, workflow: Workflow, next_job: Callable[[], int]) -> Production:
    stage, prepared, request = evening.stage, evening.prepared, evening.request
    commit, event = prepared.commit, prepared.script.event
    run = run_of(workflow, event, prepared.repository, owner_id=prepared.project.owner_id)
    sent = payload(run, message=commit.message, timestamp=commit.timestamp)
    stage.theatre.folders.event.write_text(json.dumps(sent, indent=2))
    report = stage.theatre.report
    for name in plan.missing_secrets([workflow], request.secrets):
        report.note(f"secrets.{name} is empty here (give it with --secret {name}=…)")
    return Production(
        theatre=stage.theatre,
        watcher=evening.watcher,
        run=run,
        workflow=workflow,
        github=github_context(run, event=sent, token=stage.token),
        secrets={**request.secrets, "GITHUB_TOKEN": stage.token},
        variables=request.wishes.variables,
        inputs=prepared.script.inputs,
        base=stage.base_env,
        admit=stage.github.admit,
        dismiss=stage.github.dismiss,
        began=evening.began,
        next_job=next_job,
    )


def _play_workflow(production: Production) -> None:
    workflow = production.workflow
    outcomes: dict[str, JobOutcome] = {}
    for job in plan.order(workflow):
        before: list[Result] = [outcomes[other.id].result for other in ancestors(workflow, job)]
        outcome, records = play_job(production, job, outcomes, before)
        outcomes[job.id] = outcome
        production.theatre.report.jobs.extend(records)


def _curtain(stage: Stage, prepared: Prepared, watcher: Watcher) -> None:
    """Install what was published, from each index and in each form; the installations run beside each other."""
    report = stage.theatre.report
    for index in stage.indexes:
        report.published.extend(index.published())
    acts = list(_acts(report))
    if not acts:
        return
    watcher.scene(f"installing {len(acts)} times in clean environments")

    def play(act: tuple[str, str, str, str]) -> CurtainRecord:
        name, project, version, kind = act
        return install(
            stage.theatre,
            index=next(i.endpoints for i in stage.indexes if i.endpoints.name == name),
            default=stage.indexes[0].endpoints,
            project=project,
            version=version,
            kind=kind,
            env=stage.base_env,
            requires_python=prepared.project.requires_python,
        )

    with ThreadPoolExecutor(len(acts), thread_name_prefix="curtain") as pool:
        report.curtain.extend(pool.map(play, acts))


def _prove(stage: Stage, watcher: Watcher) -> None:
    """Verify what was attested of the published files, as whoever installs them could."""
    report = stage.theatre.report
    if any(record.attestations for record in report.published):
        watcher.scene("verifying attestations")
    for index in stage.indexes:
        report.provenance.extend(index.provenance())


def _acts(report: Report) -> Iterator[tuple[str, str, str, str]]:
    """Return each installation to make: index, project, version and form."""
    releases = sorted({(r.index, r.project, r.version) for r in report.published})
    for release in releases:
        files = [r.filename for r in report.published if (r.index, r.project, r.version) == release]
        for kind, suffix in (("wheel", ".whl"), ("sdist", ".tar.gz")):
            if any(name.endswith(suffix) for name in files):
                yield (*release, kind)
            else:
                report.note(
                    f"no {kind} of {release[1]} {release[2]} was published, so none was installed"
                )


def _collect(stage: Stage, report: Report) -> None:
    for index in stage.indexes:
        report.exchanges.extend(index.exchanges())
        report.refusals.extend(index.refusals())


def _collect_connections(stage: Stage, report: Report) -> None:
    ended = Counter((c.host, c.went, c.reason) for c in stage.backstage.log)
    report.connections.extend(
        ConnectionRecord(host=host, went=went, count=number, reason=reason)
        for (host, went, reason), number in sorted(ended.items())
    )


def _judge(stage: Stage, prepared: Prepared, request: Request, report: Report) -> None:
    event = prepared.script.event

    def world(publishing: Publishing) -> dict[str, Any]:
        run = run_of(publishing.workflow, event, prepared.repository)
        sent = payload(run, message=prepared.commit.message, timestamp=prepared.commit.timestamp)
        return {
            "github": github_context(run, event=sent, token=""),
            "vars": request.wishes.variables,
            "inputs": prepared.script.inputs,
        }

    reasons = {
        p.job.id: permissions.why_no_id_token(p.workflow, p.job, event=event)
        for p in prepared.script.publishings
    }
    kept = frozenset(name for index in stage.indexes for name in index.kept_before())
    judging.judge(
        report,
        tag_version=plan.version_in(event.ref_name) if event.ref_type == "tag" else "",
        kept_before=kept,
        no_id_token={job: reason for job, reason in reasons.items() if reason},
        expected_indexes=expected_indexes(prepared.script.publishings, world),
        attested_at=attesting.maker(prepared.script.played),
    )
    if stage.faults and report.verdict is Verdict.READY:
        report.note(
            "this release is READY although Sigstore failed: nothing in it needs Sigstore, or it goes on without"
        )

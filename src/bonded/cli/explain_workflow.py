"""The claims that the jobs of a workflow would have, for an event that has not happened.

Every job is looked at that asks for an ID token; if some of them publish to the index in question, only those. Jobs of
a reusable workflow of the same repository are read too. What only a run can tell (a matrix, an output, a variable) is
not known, and said to be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bonded.cli.explain_sources import PresentedBy, Source
from bonded.dists.endpoints import known as known_indexes
from bonded.errors import InvalidInput, UsageError
from bonded.minting.explaining.cases import Presented
from bonded.publishers.github import ISSUER
from bonded.rehearsal.conditions import holds
from bonded.rehearsal.contexts import github_context
from bonded.rehearsal.payloads import payload
from bonded.rehearsal.plan import read_names
from bonded.rehearsal.repositories import check_repository
from bonded.rehearsal.script import run_of
from bonded.workflows import permissions, templates, triggers
from bonded.workflows.claims import Run, id_token_claims
from bonded.workflows.document import Node, Scalar, read_file_bytes
from bonded.workflows.events import HEADS, TAGS, Event
from bonded.workflows.expressions import ExpressionError, to_text
from bonded.workflows.model import Job, Workflow
from bonded.workflows.publishing import publishings
from bonded.workflows.reading import read_workflow

__all__ = ["from_workflow"]

SHA = "0" * 40
BRANCH = "main"
KNOWN = frozenset({"github", "inputs"})
"""Contexts that are known before a run."""

_AT_RELEASE = {"release": "published"}
_ON_BRANCH = (
    "workflow_dispatch",
    "schedule",
    "repository_dispatch",
    "workflow_run",
    "pull_request_target",
    "issue_comment",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """A job that asks for an ID token; `caller` is the job that calls its workflow, if that is a reusable one."""

    workflow: Workflow
    job: Job
    caller: Job | None = None
    inputs: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    """Inputs that only a run can tell."""

    @property
    def id(self) -> str:
        """The job's id, that of the caller first."""
        return f"{self.caller.id} / {self.job.id}" if self.caller else self.job.id


def from_workflow(name: str, *, event: str, job: str, repository: str, audience: str) -> Source:
    """Predict the claims of a workflow's jobs; raises InvalidInput and UsageError."""
    path, root = _place(Path(name))
    workflow = _read(root, path)
    happened = _event(event)
    run = run_of(workflow, happened, check_repository(repository or _repository(root)))
    start = triggers.starts(workflow, happened)
    about = _about(event)
    if not start.starts:
        return _nothing(f"{event} does not start {path}: {start.rule}", *about)
    notes: list[str] = []
    asking = list(_asking(root, workflow, run, notes))
    chosen = _chosen(asking, workflow, job=job, audience=audience, notes=notes)
    if not chosen:
        return _nothing(*(notes or [f"no job of {path} asks for an ID token"]))
    running = [one for one in chosen if _runs(one, _view(run, one.inputs))]
    skipped = ", ".join(one.id for one in chosen if one not in running)
    if skipped:
        notes.append(f"skipped, because its `if:` does not hold: {skipped}")
    if not running:
        return _nothing(*notes)
    notes.append("nothing was run: these are the claims that GitHub would make for this workflow")
    return Source(
        kind="workflow",
        presented=tuple(_predicted(one, run, path, audience) for one in running),
        notes=(*notes, *about),
    )


def _nothing(*notes: str) -> Source:
    return Source(kind="workflow", presented=(), notes=notes)


def _place(path: Path) -> tuple[str, Path]:
    """Return the workflow's path in its repository, and the repository's folder."""
    whole = path.resolve()
    if whole.parent.name != "workflows" or whole.parent.parent.name != ".github":
        return f".github/workflows/{whole.name}", whole.parent
    root = whole.parents[2]
    return whole.relative_to(root).as_posix(), root


def _read(root: Path, path: str) -> Workflow:
    if not path.endswith((".yml", ".yaml")):
        raise UsageError(
            f"--workflow: {PurePosixPath(path).name} is no workflow: its name ends in .yml or .yaml",
            hint="give a file of .github/workflows",
        )
    file = root / path
    file = file if file.is_file() else root / PurePosixPath(path).name
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UsageError(f"--workflow: {file.name} cannot be read: {error.strerror}") from None
    return read_workflow(read_file_bytes(raw, path), path)


def _event(text: str) -> Event:
    """Return the event that a text names, such as `push:v1.0`, `release:v1.0` or `workflow_dispatch:main`."""
    name, _, where = text.partition(":")
    if name in {"push", "release"}:
        if not where:
            raise UsageError(
                f"--event {name} wants a tag", hint=f"for example --event {name}:v1.0.0"
            )
        ref = where if where.startswith("refs/") else f"{TAGS}{where}"
    elif name == "pull_request":
        ref = f"refs/pull/{where or 1}/merge"
    elif name in _ON_BRANCH:
        ref = where if where.startswith("refs/") else f"{HEADS}{where or BRANCH}"
    else:
        known = ", ".join(
            ("push:TAG", "push:refs/heads/BRANCH", "release:TAG", "pull_request", *_ON_BRANCH)
        )
        raise UsageError(f"--event: {name!r} is not known", hint=f"known: {known}")
    return Event(name=name, ref=ref, sha=SHA, action=_AT_RELEASE.get(name, ""))


def _about(event: str) -> tuple[str, ...]:
    """Return a note where a branch may be meant: what stands after `push:` is a tag."""
    name, _, where = event.partition(":")
    if name != "push" or where.startswith("refs/") or any(map(str.isdigit, where)):
        return ()
    return (f"{event} is the push of a tag; of a branch, write --event push:refs/heads/{where}",)


def _repository(root: Path) -> str:
    """Return `OWNER/NAME` of the git remote or of pyproject.toml; raises UsageError if nothing says it."""
    import os
    import tempfile

    from bonded.rehearsal.processes import Stop
    from bonded.rehearsal.project import read_project
    from bonded.rehearsal.stage.workspace import Origin, remote_repository

    stop = Stop()
    try:
        with tempfile.TemporaryDirectory() as empty:
            origin = Origin(Path(empty) / "none", env=dict(os.environ), stop=stop)
            found = remote_repository(origin, root)
    finally:
        stop.close()
    if not found and (root / "pyproject.toml").is_file():
        found = read_project(root, owner_id="0").repository
    if not found:
        raise UsageError(
            "nothing says which repository this is: there is no GitHub remote, and no address in [project.urls]",
            hint="give --repository OWNER/NAME",
        )
    return found


def _asking(root: Path, workflow: Workflow, run: Run, notes: list[str]) -> Iterator[_Asking]:
    """Yield the jobs that ask for an ID token; note why a publishing job does not."""
    publishing = {one.job.id for one in publishings(workflow)}
    for job in workflow.jobs:
        if not permissions.may_request_id_token(workflow, job, event=run.event):
            if job.id in publishing:
                why = permissions.why_no_id_token(workflow, job, event=run.event)
                notes.append(f"job {job.id!r} publishes and gets no ID token. {why}")
        elif job.uses is None:
            inputs, unknown = _dispatched(workflow, run)
            yield _Asking(workflow=workflow, job=job, inputs=inputs, unknown=unknown)
        elif job.uses.text.startswith("./"):
            yield from _called(root, job, run)
        else:
            notes.append(
                f"job {job.id!r} calls {job.uses.text}, which is not here to be read; its tokens would name that file, "
                "and no publisher could match them"
            )


def _called(root: Path, caller: Job, run: Run) -> Iterator[_Asking]:
    """Yield the asking jobs of a reusable workflow of the same repository."""
    assert caller.uses is not None
    called = _read(root, caller.uses.text.removeprefix("./"))
    view = _view(run, {})
    inputs = _defaults(called, "workflow_call")
    for name, node in caller.inputs or ():
        inputs[name] = _value(node, view)
    unknown = frozenset(name for name, value in inputs.items() if value is None)
    for job in called.jobs:
        block = permissions.deciding_block(called, job)
        if block is None or permissions.may_request_id_token(called, job, event=run.event):
            yield _Asking(workflow=called, job=job, caller=caller, inputs=inputs, unknown=unknown)


def _dispatched(workflow: Workflow, run: Run) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the inputs of a dispatch, and which of them whoever dispatches must choose; other events have none."""
    if run.event.name != "workflow_dispatch":
        return {}, frozenset()
    inputs = _defaults(workflow, "workflow_dispatch")
    return inputs, frozenset(name for name, value in inputs.items() if value is None)


def _defaults(workflow: Workflow, event: str) -> dict[str, Any]:
    """Return the inputs that a trigger declares, with their defaults, None where there is none."""
    return {
        one.name: one.default.text if one.default is not None else None
        for trigger in workflow.triggers
        if trigger.event == event
        for one in trigger.inputs
    }


def _chosen(
    asking: Sequence[_Asking], workflow: Workflow, *, job: str, audience: str, notes: list[str]
) -> Sequence[_Asking]:
    """Return the jobs to be judged: the one asked for, or those that publish to this index, or all."""
    if job:
        chosen = [one for one in asking if job in {one.id, one.job.id}]
        if not chosen and job not in {one.id for one in workflow.jobs}:
            ids = ", ".join(one.id for one in workflow.jobs)
            raise UsageError(f"--job: there is no job {job!r}", hint=f"jobs: {ids}")
        if not chosen and not notes:
            notes.append(f"job {job!r} asks for no ID token")
        return chosen
    names = {index.audience: index.name for index in known_indexes()}
    here = names.get(audience, "other")
    to: dict[str, set[str]] = {}
    for one in asking:
        found = {item.index for item in publishings(one.workflow) if item.job.id == one.job.id}
        to[one.id] = found
    publishing = [one for one in asking if to[one.id] & {here, ""}]
    chosen = publishing or [one for one in asking if not to[one.id]]
    left = ", ".join(one.id for one in asking if one not in chosen)
    if left:
        notes.append(f"not judged, because they do not publish there: {left}; --job names one")
    return chosen


def _predicted(asking: _Asking, run: Run, path: str, audience: str) -> PresentedBy:
    view = _view(run, asking.inputs)
    environment = _environment(asking.job, view, asking.unknown)
    claims: dict[str, object] = {
        **id_token_claims(
            run,
            environment=environment,
            job_workflow_path=asking.workflow.path if asking.caller else None,
        ),
        "iss": ISSUER,
        "aud": audience,
        "jti": "a new one for each token",
    }
    for made_up in ("repository_id", "repository_owner_id", "actor_id", "run_id", "check_run_id"):
        del claims[made_up]
    if environment is None:
        del claims["sub"]
    return PresentedBy(
        presented=Presented(
            claims=claims,
            partial=True,
            absent=frozenset()
            if environment is None
            else frozenset({"environment"} - claims.keys()),
        ),
        title=f"job {asking.id!r} of {path}, on {run.event.name} of {run.event.ref}",
    )


def _view(run: Run, inputs: Mapping[str, Any]) -> dict[str, Any]:
    sent = payload(run, message="", timestamp="")
    return {"github": github_context(run, event=sent, token=""), "inputs": dict(inputs)}


def _environment(job: Job, view: Mapping[str, Any], unknown: frozenset[str]) -> str | None:
    """Return the name of the job's environment, empty if it has none, None if only a run can tell."""
    if job.environment is None:
        return ""
    value = _value(job.environment.name, view, unknown)
    return None if value is None else to_text(value).strip()


def _value(node: Node, view: Mapping[str, Any], unknown: frozenset[str] = frozenset()) -> Any:
    """Return a node's value, or None if it hangs on what is not known before a run."""
    text = node.text if isinstance(node, Scalar) else ""
    if "${{" in text and not _is_known(text, unknown):
        return None
    try:
        value = templates.resolve_node(node, view)
    except InvalidInput:
        return None
    return "" if value is None else value


def _is_known(text: str, unknown: frozenset[str]) -> bool:
    """Whether the expressions in a text read only what is known before a run."""
    parts = [name.split(".") for name in read_names(text)]
    return all(one[0] in KNOWN for one in parts) and not any(
        one[0] == "inputs" and unknown & {*one[1:2]} for one in parts
    )


def _runs(asking: _Asking, view: Mapping[str, Any]) -> bool:
    """Whether the job would run; what is not known beforehand counts as true."""
    for job in filter(None, (asking.caller, asking.job)):
        text = job.condition.text if job.condition else ""
        try:
            known = _is_known(text if "${{" in text else f"${{{{ {text} }}}}", asking.unknown)
            if text and known and not holds(job.condition, view, status="success"):
                return False
        except (InvalidInput, ExpressionError):
            continue
    return True

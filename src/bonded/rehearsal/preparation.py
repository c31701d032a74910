"""Before the stage is set: the commit is taken, the project is read, the script is written.

Only git is run here, and only the stage's copy of the repository is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bonded.errors import UsageError
from bonded.rehearsal.project import Project, read_project
from bonded.rehearsal.report import Report
from bonded.rehearsal.repositories import (
    Known,
    check_repository,
    look_up,
    owner_id_of,
    recorded_in,
)
from bonded.rehearsal.script import Script, Wishes, write_script
from bonded.rehearsal.stage import workspace
from bonded.workflows.document import read_file_bytes
from bonded.workflows.events import HEADS, TAGS
from bonded.workflows.model import Workflow
from bonded.workflows.reading import read_workflows

PLACEHOLDER_OWNER = "octocat"
SHOWN = 5
PIPELINE = ".gitlab-ci.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be rehearsed, as the user says it; an empty repository means "find out"."""

    path: Path
    wishes: Wishes = field(default_factory=Wishes)
    repository: str = ""
    dirty: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known before anything is set."""

    project: Project
    workflows: tuple[Workflow, ...]
    commit: workspace.Commit
    repository: str
    repository_from: str
    wishes: Wishes
    script: Script


def prepare(
    request: Request,
    origin: workspace.Origin,
    source: Path,
) -> Prepared:
    """Read everything; raises BondedError for what cannot be rehearsed.

    `source` is a folder to make: the files of the commit.
    """
    path = request.path.resolve()
    if not path.is_dir():
        raise UsageError(f"{request.path} is not a folder", hint="name the project's folder")
    commit = workspace.take(origin, path, dirty=request.dirty)
    tag = request.wishes.tag.removeprefix(TAGS)
    # What is not committed is on no tag: with --dirty the tag means the files as they are.
    tagged = origin.commit_of(f"{TAGS}{tag}") if tag and not request.dirty else ""
    if tagged:
        message, timestamp = origin.describe(tagged)
        commit = replace(commit, sha=tagged, message=message, timestamp=timestamp)
    origin.export(commit.sha, source)
    remote = workspace.remote_repository(origin, path)
    told = look_up(given=request.repository, remote=remote)
    project, known = _project(source, path, told, made=commit.made)
    repository = check_repository(known.name)
    workflows = _workflows(project, source)
    script = write_script(
        request.wishes,
        project=project,
        workflows=workflows,
        repository=repository,
        tags=origin.tags(),
        sha=commit.sha,
        branch=commit.branch,
    )
    return Prepared(
        project=project,
        workflows=workflows,
        commit=commit,
        repository=repository,
        repository_from=known.whence,
        wishes=request.wishes,
        script=_pin(origin, commit, script),
    )


def _workflows(project: Project, source: Path) -> tuple[Workflow, ...]:
    """Return the project's workflows; raises UsageError where there are none, and GitLab's pipeline instead."""
    if not project.workflows and (source / PIPELINE).is_file():
        raise UsageError(
            f"there is no workflow, and {PIPELINE} is for GitLab",
            hint="a rehearsal plays workflows of GitHub only",
        )
    return read_workflows(
        {path: read_file_bytes(raw, path) for path, raw in project.workflows.items()}
    )


def _project(source: Path, path: Path, told: Known, *, made: bool) -> tuple[Project, Known]:
    """Return the project, whose files may name the repository where nothing else does, and that repository."""
    beside = path / "PKG-INFO"
    pkg_info = beside.read_text("utf-8", "replace") if made and beside.is_file() else ""
    project = read_project(source, owner_id=owner_id_of(told.name), pkg_info=pkg_info)
    if told.name:
        return project, told
    known = look_up(declared=project.repository, recorded=recorded_in(project.registrations))
    if not known.name:
        known = Known(name=f"{PLACEHOLDER_OWNER}/{project.name}", whence="nowhere")
    return read_project(source, owner_id=owner_id_of(known.name), pkg_info=pkg_info), known


def _pin(origin: workspace.Origin, commit: workspace.Commit, script: Script) -> Script:
    """Make the event true in the stage's repository: the tag exists, or the branch has the commit."""
    event = script.event
    if event.ref_type == "tag":
        origin.set_ref(event.ref, event.sha)
        return script
    sha = event.sha
    if commit.made and event.name == "push" and script.tag:
        # A push to the branch comes after the last release: so the made history has the tag one commit earlier.
        origin.set_ref(f"{TAGS}{script.tag}", sha)
        sha = origin.empty_commit(sha, "A commit after the release")
    origin.set_ref(f"{HEADS}{event.ref_name}", sha)
    return replace(script, event=replace(event, sha=sha))


def open_report(prepared: Prepared, *, bonded: str) -> Report:
    """Return the report of the evening with everything that is known before it begins."""
    event, script = prepared.script.event, prepared.script
    report = Report(
        project=prepared.project.name,
        version=prepared.project.version,
        repository=prepared.repository,
        commit=event.sha,
        bonded=bonded,
        event={
            "name": event.name,
            "action": event.action,
            "ref": event.ref,
            "tag": script.tag if event.ref_type == "tag" else "",
            "title": _title(prepared),
            "why": script.why,
        },
        workflows=list(script.records),
    )
    _note(report, prepared)
    return report


def _title(prepared: Prepared) -> str:
    event = prepared.script.event
    match event.name:
        case "push" if event.ref_type == "tag":
            return f"the push of tag {event.ref_name}"
        case "push":
            return f"a push to {event.ref_name}"
        case "release":
            return f"the {event.action} release {event.ref_name}"
        case _:
            return f"a {event.name} on {event.ref_name}"


def _note(report: Report, prepared: Prepared) -> None:
    commit = prepared.commit
    if commit.uncommitted:
        more = ", …" if len(commit.uncommitted) > SHOWN else ""
        files = ", ".join(commit.uncommitted[:SHOWN]) + more
        report.note(
            f"uncommitted changes are not in this rehearsal ({files}); --dirty includes them"
        )
    if commit.made:
        report.differ("the folder is no git repository: the stage made one of a single commit")
    for name in commit.left_out:
        report.differ(f"{name} belongs to an sdist and to no repository; it was left out")
    if prepared.repository_from == "nowhere":
        report.note(
            f"no GitHub repository is known; {prepared.repository} was made up (say --repository OWNER/NAME)"
        )
    if prepared.script.event.action == "created":
        report.note("a release that was a draft first fires no `created`; listen to `published`")
    for name, value in prepared.script.event.inputs.items():
        if value and name not in prepared.wishes.inputs:
            report.note(f"the input '{name}' was not given; '{value}' was played")
    if prepared.project.version_from == "git" and prepared.script.tag:
        report.note(f"the version comes from git; this rehearsal plays {prepared.script.tag}")

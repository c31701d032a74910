"""actions/upload-artifact: files become an artifact of the run, with an id and a digest."""

import os
from collections.abc import Sequence
from pathlib import Path

from bonded.rehearsal import globs
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed
from bonded.rehearsal.stage.artifacts import Artifact, ArtifactError


def _play(call: Call) -> None:
    files = _files(call)
    if not files:
        _nothing(call)
        return
    name = call.inputs["name"]
    members = _named(call, files)
    if not call.flag("archive"):
        if len(members) != 1:
            raise StepFailed("When 'archive' is set to false, only a single file can be uploaded")
        name, members = files[0].name, ((files[0], files[0].name),)
    store(call, name, members, overwrite=call.flag("overwrite"))


def store(
    call: Call, name: str, members: Sequence[tuple[Path, str]], *, overwrite: bool = False
) -> Artifact:
    """Upload files as an artifact and give the action's outputs."""
    try:
        artifact = call.theatre.artifacts.upload(name, members, overwrite=overwrite, job=call.job)
    except ArtifactError as error:
        raise StepFailed(str(error)) from None
    call.log(
        f"Artifact {name} has been successfully uploaded! Final size is {artifact.size} bytes. "
        f"Artifact ID is {artifact.id}"
    )
    call.outputs["artifact-id"] = str(artifact.id)
    call.outputs["artifact-digest"] = artifact.digest
    call.outputs["artifact-url"] = (
        f"https://github.com/{call.repository}/actions/runs/1/artifacts/{artifact.id}"
    )
    return artifact


def _files(call: Call) -> tuple[Path, ...]:
    found = globs.find(call.lines("path"), call.workspace, call.theatre.inside)
    if call.flag("include-hidden-files"):
        return found
    roots = globs.search_roots(call.lines("path"), call.workspace, call.theatre.inside)
    return tuple(path for path in found if not _hidden(path, roots))


def _hidden(path: Path, roots: Sequence[Path]) -> bool:
    """Whether the path, from where the search began, has a part with a dot in front."""
    root = next(root for root in roots if path.is_relative_to(root))
    return any(part.startswith(".") for part in (root.name, *path.relative_to(root).parts))


def _named(call: Call, files: Sequence[Path]) -> tuple[tuple[Path, str], ...]:
    """Return each file with its name inside: below the search root, or below the roots' common folder."""
    roots = globs.search_roots(call.lines("path"), call.workspace, call.theatre.inside)
    root = Path(os.path.commonpath(roots))
    if root.is_file():
        root = root.parent
    return tuple((path, path.relative_to(root).as_posix()) for path in files)


def _nothing(call: Call) -> None:
    message = f"No files were found with the provided path: {call.inputs['path']}. No artifacts will be uploaded."
    match call.inputs["if-no-files-found"]:
        case "error":
            raise StepFailed(message)
        case "warn":
            call.log(f"::warning::{message}")
        case "ignore":
            call.log(message)
        case other:
            raise StepFailed(
                f"Unrecognized ifNoFilesFound input. Provided: {other}. Available options: warn, error, ignore"
            )


ACTION = StandIn(
    names=("actions/upload-artifact",),
    inputs={
        "name": Input("artifact"),
        "path": Input(required=True),
        "if-no-files-found": Input("warn"),
        "retention-days": Input(),
        "compression-level": Input("6"),
        "overwrite": Input("false"),
        "include-hidden-files": Input("false"),
        "archive": Input("true"),
    },
    act=_play,
)

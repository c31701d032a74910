"""actions/download-artifact: by name, by id, by pattern, or all of the run.

One artifact lands in `path` itself, however it was chosen; several land in a folder each, unless `merge-multiple` puts
them together. (Until version 4 a single one lands in `path` only where it is named.)
"""

import json
import re
from collections.abc import Sequence

from bonded.rehearsal.actions.role import Call, Input, NotRehearsed, StandIn, StepFailed
from bonded.rehearsal.stage.artifacts import Artifact, ArtifactError, unpack

_OLD = re.compile(r"@v?4(?:\.\d+)*$")


def _play(call: Call) -> None:
    if call.inputs["github-token"] and call.inputs["run-id"]:
        raise NotRehearsed(
            "the download of an artifact of another run", hint="the stage has only this run"
        )
    chosen, flat = _choose(call)
    target = call.path("path") if call.inputs["path"] else call.workspace
    for artifact in chosen:
        folder = target if flat else target / artifact.name
        try:
            unpack(artifact, folder, call.theatre.inside)
        except ArtifactError as error:
            raise StepFailed(str(error)) from None
        call.log(
            f"Artifact {artifact.name} (ID: {artifact.id}, SHA256: {artifact.digest}) -> {folder}"
        )
    call.outputs["download-path"] = str(target)
    call.outputs["artifacts"] = json.dumps([{"name": a.name, "id": a.id} for a in chosen])


def _choose(call: Call) -> tuple[Sequence[Artifact], bool]:
    """Return the artifacts and whether they go into the path itself."""
    artifacts = call.theatre.artifacts
    name, ids = call.inputs["name"], call.inputs["artifact-ids"]
    if name and ids:
        raise StepFailed(
            "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one."
        )
    merge = call.flag("merge-multiple")
    if name:
        found = artifacts.by_name(name)
        if found is None or found.job not in call.upstream:
            raise StepFailed(
                f"Unable to download artifact(s): Artifact not found for name: {name}",
                hint=_hint(call, found),
            )
        return (found,), True
    if ids:
        chosen = tuple(_by_id(call, text.strip()) for text in ids.split(",") if text.strip())
    elif pattern := call.inputs["pattern"]:
        chosen = tuple(a for a in artifacts.by_pattern(pattern) if a.job in call.upstream)
    else:
        chosen = tuple(a for a in artifacts.all() if a.job in call.upstream)
    return chosen, merge or (len(chosen) == 1 and not _OLD.search(call.uses))


def _by_id(call: Call, text: str) -> Artifact:
    if not text.isdecimal():
        raise StepFailed(f"Invalid artifact ID: '{text}'. Must be a number.")
    found = call.theatre.artifacts.by_id(int(text))
    if found is None or found.job not in call.upstream:
        raise StepFailed(
            f"Unable to download artifact(s): none of the artifacts of this run has the ID {text}",
            hint=_hint(call, found)
            + "; does the job's output name the upload step's `artifact-id`?",
        )
    return found


def _hint(call: Call, found: Artifact | None) -> str:
    """Say which artifacts there are, or that this one is of a job that this job does not wait for."""
    if found is None:
        return f"this run has {_names(call)}"
    return f"job '{found.job}' uploads it, and job '{call.job}' does not wait for that: add `needs: {found.job}`"


def _names(call: Call) -> str:
    return ", ".join(f"{a.name} (ID {a.id})" for a in call.theatre.artifacts.all()) or "none"


ACTION = StandIn(
    names=("actions/download-artifact",),
    inputs={
        "name": Input(),
        "artifact-ids": Input(),
        "path": Input(),
        "pattern": Input(),
        "merge-multiple": Input("false"),
        "github-token": Input(),
        "repository": Input(),
        "run-id": Input(),
        "skip-decompress": Input("false", unplayed=True),
        "digest-mismatch": Input("error"),
    },
    act=_play,
)

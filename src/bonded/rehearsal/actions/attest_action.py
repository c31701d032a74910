"""astral-sh/attest-action: a publish attestation beside each distribution, for `uv publish` to take along."""

import shlex
from pathlib import Path

from bonded.dists.names import InvalidName, parse_filename
from bonded.rehearsal import globs
from bonded.rehearsal.actions.attesting import SUFFIX, attest_files
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed


def _play(call: Call) -> None:
    files = _distributions(call)
    there = [path.name for path in files if path.with_name(path.name + SUFFIX).exists()]
    if there and not call.flag("overwrite"):
        raise StepFailed(
            f"Attestation file already exists: {', '.join(there)}",
            hint="an earlier step left it; attest once, or say `overwrite: true`",
        )
    if not files:
        # The action says nothing, and what is published later has no attestation.
        call.log(f"::warning::no distributions at {call.inputs['paths']}, so nothing is attested")
        return
    attest_files(call, files)


def _distributions(call: Call) -> list[Path]:
    try:
        patterns = shlex.split(call.inputs["paths"])
    except ValueError as error:
        raise StepFailed(f"paths cannot be split into words: {error}") from None
    if not patterns:
        raise StepFailed("No paths provided in 'paths' input")
    patterns = [f"{one}*" if one.endswith("/") else one for one in patterns]
    found = globs.find(patterns, call.workspace, call.theatre.inside)
    return [path for path in found if _is_distribution(path.name)]


def _is_distribution(name: str) -> bool:
    try:
        parse_filename(name)
    except InvalidName:
        return False
    return True


ACTION = StandIn(
    names=("astral-sh/attest-action",),
    inputs={
        "paths": Input("dist/*"),
        "overwrite": Input("false"),
        "id-token": Input(unplayed=True),
    },
    act=_play,
)

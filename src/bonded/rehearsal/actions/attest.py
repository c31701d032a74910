"""actions/attest and actions/attest-build-provenance: what they need is checked, what they would sign is recorded.

Nothing is signed yet. The permissions, the identity token and the subjects are the real thing, because these are what
fails on GitHub.
"""

import hashlib
import json
from pathlib import Path

from bonded.rehearsal import globs
from bonded.rehearsal.actions.identity import fetch_id_token
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed

AUDIENCE = "sigstore"
MAX_SUBJECTS = 1024


def record(call: Call, subjects: list[tuple[str, str]]) -> None:
    """Check that the job could sign for the subjects (name, SHA-256), and write down that it would."""
    if call.permissions.get("attestations") != "write":
        raise StepFailed(
            "Failed to persist attestation: Resource not accessible by integration",
            hint=f"give job '{call.job}' the permission `attestations: write`",
        )
    fetch_id_token(call, AUDIENCE)
    bundle = call.temp / "attestation.json"
    text = json.dumps([{"name": name, "sha256": digest} for name, digest in subjects])
    with call.theatre.inside.write(bundle) as file:
        file.write(text.encode())
    call.outputs["bundle-path"] = str(bundle)
    call.outputs["attestation-id"] = "1"
    call.outputs["attestation-url"] = f"https://github.com/{call.repository}/attestations/1"
    for name, digest in subjects:
        call.log(f"Attestation recorded for {name}@sha256:{digest}")
    call.theatre.report.differ(
        "attestations are recorded, not signed: the stage has no Sigstore yet"
    )


def subjects_of(call: Call) -> list[tuple[str, str]]:
    """Return the subjects that the inputs name; StepFailed where they name none or contradict themselves."""
    ways = [
        n for n in ("subject-path", "subject-digest", "subject-checksums") if call.inputs.get(n)
    ]
    if len(ways) != 1:
        raise StepFailed(
            "One of subject-path, subject-digest, or subject-checksums must be provided"
            if not ways
            else "Only one of subject-path, subject-digest, or subject-checksums may be provided"
        )
    if ways[0] == "subject-digest":
        return [_from_digest(call)]
    if ways[0] == "subject-checksums":
        return _from_checksums(call, call.path("subject-checksums"))
    return _from_paths(call)


def _from_paths(call: Call) -> list[tuple[str, str]]:
    patterns = [part.strip() for line in call.lines("subject-path") for part in line.split(",")]
    files = globs.find(patterns, call.workspace, call.theatre.inside)
    if not files:
        raise StepFailed(f"Could not find subject at path {call.inputs['subject-path']}")
    if len(files) > MAX_SUBJECTS:
        raise StepFailed(
            f"Too many subjects specified. The maximum number of subjects is {MAX_SUBJECTS}."
        )
    return [(path.name, call.digest(path)) for path in files]


def _from_digest(call: Call) -> tuple[str, str]:
    digest = call.inputs["subject-digest"]
    if not call.inputs["subject-name"]:
        raise StepFailed("subject-name must be provided when using subject-digest")
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or len(value) != hashlib.sha256().digest_size * 2:
        raise StepFailed('subject-digest must be in the format "sha256:<hex-digest>"')
    return call.inputs["subject-name"], value


def _from_checksums(call: Call, path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        raise StepFailed(f"subject checksums file not found: {path}")
    with call.theatre.inside.read(path) as file:
        lines = file.read().decode("utf-8", "replace").splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    odd = [" ".join(pair) for pair in pairs if len(pair) != len(("digest", "name"))]
    if odd or not pairs:
        raise StepFailed(
            f"{path.name} must hold lines of a digest and a name, as sha256sum writes them"
            + (f"; found '{odd[0]}'" if odd else "")
        )
    return [(name.strip().removeprefix("*"), digest) for digest, name in pairs]


def _attest(call: Call) -> None:
    if bool(call.inputs["predicate"]) and bool(call.inputs["predicate-path"]):
        raise StepFailed("Only one of predicate-path or predicate may be provided")
    record(call, subjects_of(call))


def _provenance(call: Call) -> None:
    record(call, subjects_of(call))


_COMMON = {
    "subject-path": Input(),
    "subject-digest": Input(),
    "subject-name": Input(),
    "subject-checksums": Input(),
    "push-to-registry": Input("false"),
    "create-storage-record": Input("true"),
    "show-summary": Input("true"),
    "github-token": Input(),
}

ACTION = StandIn(
    names=("actions/attest",),
    inputs={
        **_COMMON,
        "sbom-path": Input(),
        "predicate-type": Input(),
        "predicate": Input(),
        "predicate-path": Input(),
    },
    act=_attest,
)
PROVENANCE = StandIn(names=("actions/attest-build-provenance",), inputs=_COMMON, act=_provenance)

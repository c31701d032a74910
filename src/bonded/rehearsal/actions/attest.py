"""actions/attest and actions/attest-build-provenance: one statement over all subjects, signed for real.

The bundle is that of Sigstore. Where GitHub keeps it beside the repository, the stage keeps nothing: only the right to
do so is checked.
"""

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

from bonded.oidc import strict_json
from bonded.rehearsal import globs
from bonded.rehearsal.actions.attesting import attest_subjects
from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed

MAX_SUBJECTS = 1024
MAX_PREDICATE = 16 << 20
CYCLONEDX = "https://cyclonedx.org/bom"
SPDX = "https://spdx.dev/Document"

Predicate = tuple[str, Mapping[str, object]]


def attest(call: Call, subjects: list[tuple[str, str]], predicate: Predicate | None = None) -> None:
    """Sign for the subjects (name, SHA-256) and give the outputs; without a `predicate` it is SLSA provenance."""
    if call.permissions.get("attestations") != "write":
        raise StepFailed(
            "Failed to persist attestation: Resource not accessible by integration",
            hint=f"give job '{call.job}' the permission `attestations: write`",
        )
    bundle = attest_subjects(call, subjects, predicate)
    # As the action does: each step has a folder of its own, and all are listed in one file.
    path = call.temp / secrets.token_hex(4) / "attestation.json"
    with call.theatre.inside.write(path) as file:
        file.write(f"{bundle}\n".encode())
    _enlist(call, path)
    call.outputs["bundle-path"] = str(path)
    call.outputs["attestation-id"] = "1"
    call.outputs["attestation-url"] = f"https://github.com/{call.repository}/attestations/1"
    for name, digest in subjects:
        call.log(f"Attestation created for {name}@sha256:{digest}")


def _enlist(call: Call, bundle: Path) -> None:
    path = call.temp / "created_attestation_paths.txt"
    before = call.theatre.inside.text(path) if path.is_file() else ""
    with call.theatre.inside.write(path) as file:
        file.write(f"{before}{bundle}\n".encode())


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


def _predicate_of(call: Call) -> Predicate | None:
    """Return what the inputs want to be said of the subjects; None is SLSA provenance."""
    kind, text, path, sbom = (
        call.inputs[name] for name in ("predicate-type", "predicate", "predicate-path", "sbom-path")
    )
    if text and path:
        raise StepFailed("Only one of predicate-path or predicate may be provided")
    if sbom:
        return _sbom(_object(_text(call, "sbom-path"), "sbom-path"))
    if not (kind or text or path):
        return None
    if not kind:
        raise StepFailed("predicate-type must be provided when using predicate or predicate-path")
    if not (text or path):
        raise StepFailed("One of predicate-path or predicate must be provided")
    return kind, _object(text or _text(call, "predicate-path"), "predicate")


def _sbom(document: Mapping[str, object]) -> Predicate:
    version = document.get("spdxVersion")
    if isinstance(version, str) and "SPDXID" in document:
        return f"{SPDX}/v{version.rpartition('-')[2]}", document
    if document.get("bomFormat") == "CycloneDX":
        return CYCLONEDX, document
    raise StepFailed("Unsupported SBOM format: neither SPDX nor CycloneDX")


def _text(call: Call, name: str) -> str:
    path = call.path(name)
    if not path.is_file():
        raise StepFailed(f"the file of {name} was not found: {path}")
    try:
        return call.theatre.inside.text(path, MAX_PREDICATE)
    except UnicodeDecodeError:
        raise StepFailed(f"the file of {name} is not UTF-8: {path}") from None


def _object(text: str, name: str) -> Mapping[str, object]:
    try:
        return strict_json.read_object(text.encode())
    except ValueError as error:
        raise StepFailed(f"the {name} is {error}") from None


def _attest(call: Call) -> None:
    predicate = _predicate_of(call)
    attest(call, subjects_of(call), predicate)


def _provenance(call: Call) -> None:
    attest(call, subjects_of(call))


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

"""How actions attest: an identity for Sigstore, a signature over statements, a bundle or an attestation.

The services of the stage are asked as the actions ask those of the world. One thing is more than the actions do: what
was signed is verified at once, so that the step that made it fails, and not whoever gets it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bonded.attestations.identities import Expected
from bonded.attestations.own_identity import own_identity
from bonded.attestations.sign import SigningFailed, sign
from bonded.attestations.slsa import slsa_predicate
from bonded.attestations.verify import SLSA, Artifact
from bonded.oidc import base64url, strict_json
from bonded.rehearsal.actions.identity import fetch_id_token
from bonded.rehearsal.actions.role import Call, StepFailed
from bonded.rehearsal.judging import UNATTESTED

__all__ = ["SUFFIX", "attest_files", "attest_subjects"]

AUDIENCE = "sigstore"
_LONGEST = 300
SUFFIX = ".publish.attestation"
"""What publish attestations are called beside their files; uv and twine look for it (PEP 740 leaves it open)."""


def attest_files(call: Call, files: Sequence[Path]) -> None:
    """Sign a publish attestation of each file and leave it beside the file; StepFailed where that fails.

    Nothing is written before everything is signed.
    """
    token = fetch_id_token(call, AUDIENCE)
    artifacts = [Artifact(filename=path.name, sha256=call.digest(path)) for path in files]
    signing = call.theatre.signing
    try:
        made = sign(artifacts, token=token, trust=signing.trust(), expected=_own_identity(token))
    except SigningFailed as error:
        raise _failed(call, error) from None
    for path in files:
        (attestation,) = made.attestations[path.name]
        beside = path.with_name(path.name + SUFFIX)
        with call.theatre.inside.write(beside) as file:
            file.write(json.dumps(attestation.to_object()).encode())
        call.log(f"Attested {path.name} as {beside.name}")


def attest_subjects(
    call: Call,
    subjects: Sequence[tuple[str, str]],
    predicate: tuple[str, Mapping[str, object]] | None = None,
) -> str:
    """Sign one statement over all subjects (name, SHA-256) and return the bundle as JSON; StepFailed where that fails.

    Without a `predicate` (type and content) it is SLSA provenance of this job.
    """
    token = fetch_id_token(call, AUDIENCE)
    kind, content = predicate or (SLSA, _provenance(token))
    artifacts = [Artifact(filename=name, sha256=digest) for name, digest in subjects]
    try:
        return call.theatre.signing.statement(token, artifacts, kind, content)
    except SigningFailed as error:
        raise _failed(call, error) from None


def _provenance(token: str) -> Mapping[str, object]:
    try:
        return slsa_predicate(_claims(token))
    except ValueError as error:
        raise StepFailed(f"the job's identity cannot be attested: {error}") from None


def _claims(token: str) -> dict[str, object]:
    """Return what the job's own token says, unverified, as GitHub's toolkit reads it; Sigstore verifies it."""
    try:
        return strict_json.read_object(base64url.decode(token.split(".")[1]))
    except (ValueError, IndexError):
        raise StepFailed("the ID-token endpoint answered with what is no ID token") from None


def _own_identity(token: str) -> Expected:
    """Return whom the attestation must come from: the job itself. Whether that is who may publish, the index judges."""
    try:
        return own_identity(_claims(token))
    except ValueError as error:
        raise StepFailed(f"the job's identity cannot be attested: {error}") from None


_NAMES = {
    "ExpiredCertificate": "the certificate is not valid any more",
    "ExpiredIdentity": "the ID token is not valid any more",
}
"""What sigstore-python raises without a word, in words."""
_ABSENT = re.compile(r"(.*: )'(\w+)'", re.DOTALL)
"""How a missing member of an answer looks when it is raised as it is."""
_AGAIN = "publish again when Sigstore works, or leave the attestations out of this release"
_UNNOTICED = f"{_AGAIN}\nthe action itself would not notice, and an index that verifies would refuse the upload"


def _failed(call: Call, error: SigningFailed) -> StepFailed:
    """Return how the step fails; the first words are those by which the judge knows a failure of Sigstore."""
    message = _in_words(error)
    if "timed out" in message:
        call.theatre.report.differ(
            f"a stand-in waits {call.theatre.signing.patience:g} seconds for an answer of Sigstore; "
            "the action itself waits until its job's time is over"
        )
    hint = _UNNOTICED if "would be refused" in message else _AGAIN
    if "No valid Rekor" in message:
        hint = error.hint
    return StepFailed(f"{UNATTESTED}: {message}", hint=hint)


def _in_words(error: SigningFailed) -> str:
    """Return the message with what stands behind it: some errors of sigstore-python are bare names."""
    message = error.message
    if absent := _ABSENT.fullmatch(message):
        return f"{absent[1]}an answer of Sigstore has no {absent[2]}"
    for name, words in _NAMES.items():
        message = message.replace(name, words)
    cause = error.__cause__
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    said = " ".join(str(cause).split())[:_LONGEST] if cause else ""
    return message if said in message else f"{message}: {said}"

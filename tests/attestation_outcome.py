"""Good attestations of one file, and what comes of bending them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from attestation_world import DIGEST, FILENAME, World
from bonded.attestations.identities import Expected, expected_of_identity, parse_identity
from bonded.attestations.provenance import read_attestation
from bonded.attestations.refusal import Malformed, Refusal
from bonded.attestations.verify import Artifact, Verified, verify

OURS: Mapping[str, Any] = {
    "kind": "GitHub",
    "repository": "octo/greeter",
    "workflow": "release.yml",
    "environment": "pypi",
}
ARTIFACT = Artifact(filename=FILENAME, sha256=DIGEST)


@cache
def world() -> World:
    """Return the Sigstore that is trusted here."""
    return World()


@cache
def stranger() -> World:
    """Return another Sigstore, that nobody trusts."""
    return World()


@cache
def _good_text() -> str:
    return json.dumps(world().attest())


def good() -> dict[str, Any]:
    """Return a good attestation to bend."""
    found: dict[str, Any] = json.loads(_good_text())
    return found


def expected(**bent: Any) -> Expected:
    """Return what is expected of the good attestation, or something else."""
    return expected_of_identity(parse_identity({**OURS, **bent}))


def outcome(
    attestation: Mapping[str, Any],
    *,
    artifact: Artifact = ARTIFACT,
    whom: Expected | None = None,
) -> Verified | tuple[Refusal, ...]:
    """Read and verify, as every caller does."""
    try:
        read = read_attestation(json.dumps(attestation).encode())
    except Malformed as error:
        return (error.refusal,)
    return verify(read, artifact, whom or expected(), world().root.verifier)


def reasons(found: Verified | tuple[Refusal, ...]) -> set[str]:
    """Return the reasons of a refusal, none for what was taken."""
    return {one.reason.value for one in found} if isinstance(found, tuple) else set()

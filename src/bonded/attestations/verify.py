"""The one verifier, for index, installer and rehearsal.

An attestation is taken only if all of this holds, in this order:

1. It has one log entry of the first kind (`dsse` 0.0.1) with an inclusion promise. Entries of Rekor v2 have no signed
   time, and PEP 740 has no place for a timestamp, so nobody could say when they were made.
2. sigstore verifies the bundle against the trust root: chain at the time of the log, SCT, inclusion proof and
   checkpoint, promise, signature, and that the log's entry is this very envelope. It runs before anything signed is
   believed.
3. The statement is about exactly this file: one subject, name and SHA-256, a known kind of predicate.
4. The certificate says what the expected publisher's certificates say, and its environment.

sigstore decides 2 alone; its sentence is kept, and sorted into a reason by how it begins. Whatever it raises besides
refuses as well: a program that stumbles over an attestation must not take it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bonded.attestations.certificates import Signer, read_signer, unmet
from bonded.attestations.identities import Expected, Identity, expected_of_identity
from bonded.attestations.provenance import Attestation, Provenance
from bonded.attestations.refusal import Malformed, Reason, Refusal
from bonded.dists.names import InvalidName, SdistName, parse_filename
from bonded.oidc.strict_json import read_object

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import Bundle as SigstoreBundle
    from sigstore.verify import Verifier

__all__ = [
    "SLSA",
    "Artifact",
    "Attributed",
    "Verified",
    "publish_predicate",
    "verify",
    "verify_all",
    "verify_provenance",
]

SLSA = "https://slsa.dev/provenance/v1"
STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"
_DIGEST = re.compile(r"[0-9a-f]{64}")

# How sigstore's sentences begin, and what they are about; the first that is found counts.
_SENTENCES: tuple[tuple[str, Reason], ...] = (
    ("failed to verify SCT", Reason.SCT),
    ("failed to build timestamp certificate chain", Reason.CERTIFICATE),
    ("Key usage is not", Reason.CERTIFICATE),
    ("Extended usage does not", Reason.CERTIFICATE),
    ("invalid signing cert: expired", Reason.CERTIFICATE),
    ("must contain an inclusion promise", Reason.LOG_VERSION),
    ("Expected log entry version", Reason.LOG_VERSION),
    ("invalid log entry", Reason.LOG),
    ("invalid DSSE log entry", Reason.LOG),
    ("log entry", Reason.LOG),
    ("not enough sources of verified time", Reason.LOG),
    ("Integrated time only supported", Reason.LOG),
    ("invalid transparency log entry", Reason.LOG),
    ("invalid X.509 certificate", Reason.CERTIFICATE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file as its name and the SHA-256 of its bytes in hexadecimal."""

    filename: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What an attestation proves; `time` is the log's, in seconds since 1970."""

    predicate_type: str
    predicate: Mapping[str, object] | None
    signer: Signer
    log_index: int
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """A verified attestation with the publisher to whom the index ascribes it, rightly."""

    publisher: Identity
    proof: Verified


class _JudgedAfterwards:
    """sigstore wants a policy; ours compares everything at once, after the certificate has proved genuine."""

    def verify(self, cert: "Certificate") -> None:
        """Leave it to `_identity_refusals`."""


def publish_predicate() -> str:
    """Return the type of PyPI's publish attestation, as `pypi_attestations` spells it."""
    from pypi_attestations import AttestationType

    return str(AttestationType.PYPI_PUBLISH_V1.value)


def verify(
    attestation: Attestation, artifact: Artifact, expected: Expected, verifier: "Verifier"
) -> Verified | tuple[Refusal, ...]:
    """Verify one attestation of one file; return what it proves, or every reason against it that was found.

    `expected` must be made from what the caller knows, never from the attestation.
    """
    try:
        bundle = _bundle(attestation)
        index, time = _entry(bundle)
        payload = _genuine_payload(bundle, verifier)
        predicate_type, predicate = _statement(payload, artifact)
        signer = read_signer(bundle.signing_certificate)
    except Malformed as error:
        return (error.refusal,)
    except _Refused as refused:
        return (refused.refusal,)
    if refusals := _identity_refusals(expected, signer):
        return refusals
    return Verified(
        predicate_type=predicate_type,
        predicate=predicate,
        signer=signer,
        log_index=index,
        time=time,
    )


def verify_all(
    attestations: Sequence[Attestation],
    artifact: Artifact,
    expected: Expected,
    verifier: "Verifier",
) -> tuple[Verified, ...] | tuple[Refusal, ...]:
    """Verify all attestations of one publisher: each must hold, and no predicate may come twice (PyPI's rule)."""
    if not attestations:
        raise ValueError("no attestations would prove nothing")
    proofs: list[Verified] = []
    for attestation in attestations:
        outcome = verify(attestation, artifact, expected, verifier)
        if isinstance(outcome, tuple):
            return outcome
        if any(proof.predicate_type == outcome.predicate_type for proof in proofs):
            kind = outcome.predicate_type
            message = f"two attestations of the same publisher have the predicate {kind}"
            return (Refusal(reason=Reason.REPEATED, message=message),)
        proofs.append(outcome)
    return tuple(proofs)


def verify_provenance(
    provenance: Provenance, artifact: Artifact, verifier: "Verifier"
) -> tuple[Attributed, ...] | tuple[Refusal, ...]:
    """Verify that provenance holds together: every attestation is genuine, and by the publisher it is ascribed to.

    Whether that publisher is the right one is for the policy to say.
    """
    found: list[Attributed] = []
    for bundle in provenance.bundles:
        try:
            expected = expected_of_identity(bundle.publisher)
        except ValueError as error:
            return (Refusal(reason=Reason.PUBLISHER, message=str(error)),)
        outcome = verify_all(bundle.attestations, artifact, expected, verifier)
        for one in outcome:
            if isinstance(one, Refusal):
                return tuple(each for each in outcome if isinstance(each, Refusal))
            found.append(Attributed(publisher=bundle.publisher, proof=one))
    return tuple(found)


class _Refused(Exception):
    """Leaves the steps of `verify` at the first that fails."""

    def __init__(self, reason: Reason, message: str, expected: str = "", got: str = "") -> None:
        super().__init__(message)
        self.refusal = Refusal(reason=reason, message=message, expected=expected, got=got)


def _bundle(attestation: Attestation) -> "SigstoreBundle":
    """Rebuild the bundle that sigstore verifies."""
    import pypi_attestations

    try:
        read = pypi_attestations.Attestation.model_validate(attestation.to_object())
        return read.to_bundle()
    except Exception as error:  # noqa: BLE001 - InvalidBundle and others come undocumented; all of them refuse
        raise _Refused(_sorted(str(error)), f"not an attestation: {_short(error)}") from None


def _entry(bundle: "SigstoreBundle") -> tuple[int, int]:
    """Return the place in the log and its time, of an entry of the first kind; sigstore verifies them afterwards."""
    entry = bundle.log_entry._inner  # noqa: SLF001 - kind and times have no other door
    kind, got = "dsse 0.0.1", f"{entry.kind_version.kind} {entry.kind_version.version}"
    if got != kind:
        raise _Refused(Reason.LOG_VERSION, "the log's entry is of another kind", kind, got)
    if not entry.inclusion_promise or not entry.integrated_time:
        raise _Refused(Reason.LOG_VERSION, "the log's entry has no signed time")
    return int(entry.log_index), int(entry.integrated_time)


def _genuine_payload(bundle: "SigstoreBundle", verifier: "Verifier") -> bytes:
    try:
        kind, payload = verifier.verify_dsse(bundle, _JudgedAfterwards())
    except Exception as error:  # noqa: BLE001 - keys of other kinds and the like raise what they raise
        raise _Refused(_sorted(str(error)), f"not genuine: {_short(error)}") from None
    if kind != PAYLOAD:
        raise _Refused(Reason.STATEMENT, "the payload is of another type", PAYLOAD, kind)
    return payload


def _sorted(sentence: str) -> Reason:
    return next((reason for begin, reason in _SENTENCES if begin in sentence), Reason.SIGNATURE)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:299]}…"  # noqa: PLR2004 - a sentence for a table


def _statement(payload: bytes, artifact: Artifact) -> tuple[str, Mapping[str, object] | None]:
    """Read the in-toto statement and hold it against the file; return the predicate's type and itself."""
    try:
        statement = read_object(payload)
    except ValueError as error:
        raise _Refused(Reason.STATEMENT, f"the statement is {error}") from None
    kind = statement.get("_type")
    if kind != STATEMENT:
        raise _Refused(Reason.STATEMENT, "the statement is of another type", STATEMENT, str(kind))
    _check_subject(statement.get("subject"), artifact)
    predicate_type, predicate = statement.get("predicateType"), statement.get("predicate")
    known = (publish_predicate(), SLSA)
    if not isinstance(predicate_type, str) or predicate_type not in known:
        wanted = " or ".join(known)
        raise _Refused(Reason.PREDICATE, "the predicate is unknown", wanted, str(predicate_type))
    if predicate is not None and not isinstance(predicate, dict):
        raise _Refused(Reason.PREDICATE, "the predicate is not an object")
    if predicate_type == SLSA and not predicate:
        raise _Refused(Reason.PREDICATE, "SLSA provenance without a predicate says nothing")
    return predicate_type, predicate


def _check_subject(subjects: object, artifact: Artifact) -> None:
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise _Refused(Reason.SUBJECT, "a statement has exactly one subject")
    name, digests = subjects[0].get("name"), subjects[0].get("digest")
    if not isinstance(name, str) or not _same_name(name, artifact.filename):
        raise _Refused(Reason.SUBJECT, "it is of another file", artifact.filename, str(name))
    got = digests.get("sha256") if isinstance(digests, dict) else None
    if _DIGEST.fullmatch(artifact.sha256) is None or got != artifact.sha256:
        raise _Refused(Reason.DIGEST, "it is of other bytes", artifact.sha256, str(got))


def _same_name(name: str, filename: str) -> bool:
    """Compare as PyPI does: as names of distributions, so that `1.0` and `1.0.0` are one version."""
    try:
        one, other = parse_filename(name), parse_filename(filename)
    except InvalidName:
        return False
    if isinstance(one, SdistName) or isinstance(other, SdistName):
        both = isinstance(one, SdistName) and isinstance(other, SdistName)
        return both and (one.project, one.version) == (other.project, other.version)
    return (one.project, one.version, one.build, one.tags) == (
        other.project,
        other.version,
        other.build,
        other.tags,
    )


def _identity_refusals(expected: Expected, signer: Signer) -> tuple[Refusal, ...]:
    facts = expected.facts(signer)
    if not facts:
        title = expected.publisher.title
        message = f"identities of {title} cannot sign"
        return (Refusal(reason=Reason.PUBLISHER, message=message),)
    refusals = unmet(facts, signer)
    wanted, got = expected.environment, signer.environment
    if wanted and (got.lower() != wanted.lower() if got else expected.environment_required):
        message = "the certificate names another environment"
        refusals += (Refusal(reason=Reason.ENVIRONMENT, message=message, expected=wanted, got=got),)
    return refusals

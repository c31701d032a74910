"""What the attestations of published files prove, to somebody who knows who was granted the right to publish.

The same code verifies as for an index and for whoever installs (`attestations.verify`), by the evening's trust root.
The index's own word is not taken: whom a file must come from follows from the grant, its environment included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bonded.attestations.identities import expected_of, identity_of
from bonded.attestations.provenance import read_provenance
from bonded.attestations.refusal import Malformed, Reason, Refusal
from bonded.attestations.verify import Artifact, Verified, verify_all
from bonded.publishers import Publisher
from bonded.rehearsal.report import ProvenanceRecord

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot

__all__ = ["Delivery", "prove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file as an index shows it, with the provenance that it serves, and who was granted the right to publish it.

    `publisher` is None where the upload's token belonged to nobody; `claims` are those of the publisher's ID token.
    """

    index: str
    filename: str
    sha256: str
    provenance: bytes = field(default=b"", repr=False)
    publisher: Publisher | None = None
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)


def prove(delivery: Delivery, root: "Callable[[], TrustRoot]") -> ProvenanceRecord:
    """Verify the provenance of a file; `root` is asked only where there is any."""
    record = ProvenanceRecord(index=delivery.index, filename=delivery.filename, state="none")
    if not delivery.provenance:
        return record
    outcome = _verified(delivery, root)
    if isinstance(outcome, str):
        record.state, record.reasons = "refused", [outcome]
        return record
    for one in outcome:
        if isinstance(one, Refusal):
            record.state = "refused"
            record.reasons.append(f"{one.reason}: {one}")
        else:
            record.state = "verified"
            record.predicates.append(one.predicate_type)
            record.environment = one.signer.environment
            record.commit = one.signer.commit
    identity = identity_of(delivery.publisher) if delivery.publisher else None
    record.publisher = identity.title if identity else ""
    if identity and record.state == "verified" and identity.environment and not record.environment:
        record.reasons.append(
            f"{Reason.ENVIRONMENT}: signed outside of environment {identity.environment}"
        )
    return record


def _verified(
    delivery: Delivery, root: "Callable[[], TrustRoot]"
) -> tuple[Verified, ...] | tuple[Refusal, ...] | str:
    if delivery.publisher is None:
        return "publisher: attestations need trusted publishing, and this upload's token belonged to no publisher"
    try:
        provenance = read_provenance(delivery.provenance)
    except Malformed as error:
        return f"{error.reason}: {error.message}"
    # PyPI takes a certificate that names no environment for a publisher that has one; so it is no refusal here.
    expected = expected_of(delivery.publisher, delivery.claims)
    artifact = Artifact(filename=delivery.filename, sha256=delivery.sha256)
    attestations = [one for bundle in provenance.bundles for one in bundle.attestations]
    return verify_all(attestations, artifact, expected, root().verifier)

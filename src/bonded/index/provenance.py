"""What came with an upload to prove who built it: held against the publisher of its token, and kept if it proves that.

Whom the attestations must come from is said by what the index itself knows: the publisher that is registered, and the
claims of the ID token for which it gave the upload token. Nothing of it is taken from the attestations. The sentences
begin as PyPI's, because people look for them; behind that stands what was expected and what came.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bonded.attestations.identities import Identity, expected_of, identity_of, parse_identity
from bonded.attestations.provenance import Bundle, read_attestations, write_provenance
from bonded.attestations.refusal import Malformed, Reason, Refusal
from bonded.attestations.verify import Artifact, Verified, verify_all
from bonded.publishers import Claims, Publisher

if TYPE_CHECKING:
    from sigstore.verify import Verifier

__all__ = ["Attested", "Proof", "Proved", "prove", "read_proof"]

_MAX_SENTENCE = 1000
_CERTIFIED = "github"
"""The kind of publisher whose environment Sigstore certifies (Fulcio's extension 23)."""

_COULD_NOT = "Could not verify the uploaded artifact using the included attestation: "
_BEGINNINGS = {
    Reason.MALFORMED: "Malformed attestations: ",
    Reason.OVERSIZED: "Malformed attestations: ",
    Reason.PREDICATE: "Attestation with unsupported predicate type: ",
    Reason.REPEATED: (
        "Multiple attestations for the same file with the same predicate type are not supported: "
    ),
}
"""How PyPI begins to say no, where it is not `_COULD_NOT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What one attestation proved: of which kind it is, what was built, and where that is logged.

    `commit`, `ref` and `run` are empty where the certificate does not say them; `time` is the log's, in seconds since
    1970.
    """

    predicate_type: str
    commit: str
    ref: str
    run: str
    log_index: int
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who published a file, as its attestations proved when it came."""

    publisher: Identity
    attestations: tuple[Proved, ...]

    def to_object(self) -> dict[str, object]:
        """Return it as a JSON object: the publisher as PEP 740 has it, and what is told of each attestation."""
        return {
            "publisher": self.publisher.to_object(),
            "attestations": [
                {name: getattr(one, name) for name in Proved.__slots__} for one in self.attestations
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Attestations that hold; `provenance` is PEP 740's object as it is served."""

    proof: Proof
    provenance: bytes = field(repr=False)


def prove(
    text: str,
    artifact: Artifact,
    publisher: Publisher,
    claims: Claims,
    verifier: "Verifier",
    *,
    environment_required: bool = True,
) -> Attested | str:
    """Verify the form's field `attestations` of one file, or return why not, as PyPI says it.

    `claims` are those of the ID token that the publisher showed to the mint. Where the publisher or the token names an
    environment, GitHub's certificates must name it too; those for other services only must not name another. Without
    `environment_required` that goes for GitHub as well, which is PyPI's rule.
    """
    try:
        identity = identity_of(publisher)
    except ValueError:
        identity = None
    if identity is None:
        return f"Attestations are not currently supported with {publisher.kind} publishers"
    try:
        attestations = read_attestations(text.encode())
    except Malformed as error:
        return _sentence((error.refusal,))
    required = environment_required and publisher.kind == _CERTIFIED
    expected = expected_of(publisher, claims, environment_required=required)
    outcome = verify_all(attestations, artifact, expected, verifier)
    refusals = [one for one in outcome if isinstance(one, Refusal)]
    if refusals:
        return _sentence(refusals)
    proved = tuple(_proved(one) for one in outcome if isinstance(one, Verified))
    return Attested(
        proof=Proof(publisher=identity, attestations=proved),
        provenance=write_provenance((Bundle(publisher=identity, attestations=attestations),)),
    )


def read_proof(text: str) -> Proof:
    """Read back what `Proof.to_object` made, as JSON."""
    held = json.loads(text)
    return Proof(
        publisher=parse_identity(held["publisher"]),
        attestations=tuple(Proved(**one) for one in held["attestations"]),
    )


def _proved(one: Verified) -> Proved:
    return Proved(
        predicate_type=one.predicate_type,
        commit=one.signer.commit,
        ref=one.signer.ref,
        run=one.signer.run,
        log_index=one.log_index,
        time=one.time,
    )


def _sentence(refusals: Sequence[Refusal]) -> str:
    """Return PyPI's beginning for the first of the reasons, and all of them; what strangers wrote is made harmless."""
    begins = _BEGINNINGS.get(refusals[0].reason, _COULD_NOT)
    text = begins + "; ".join(str(one) for one in refusals)
    text = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return text if len(text) <= _MAX_SENTENCE else f"{text[: _MAX_SENTENCE - 1]}…"

"""Whether what came to prove who built the file may come, and proves it."""

import json

from bonded.attestations.provenance import MAX_ATTESTATION
from bonded.index.byte_sizes import size_exact
from bonded.index.checks.case import Case, refuse
from bonded.index.model import Refusal
from bonded.index.provenance import Attested
from bonded.index.settings import Attestations

__all__ = ["attestations_are_genuine", "attestations_are_well_formed"]

_MOST = 2
_BEGINS = "Invalid attestations supplied during upload: "


def attestations_are_well_formed(case: Case) -> Refusal | None:
    """Attestations come as a JSON array of one or two, from a trusted publisher, where the index takes any."""
    text = case.submission.text("attestations")
    fault = _fault(case, text) if text else None
    return None if fault is None else refuse(attestations_are_well_formed, _BEGINS + fault)


def _fault(case: Case, text: str) -> str | None:
    if case.attestations is Attestations.REFUSE:
        return "this index does not take attestations; upload without them"
    if case.standing is None or case.standing.publisher is None:
        return "Attestations are only supported when using Trusted Publishing"
    if len(text) > _MOST * MAX_ATTESTATION:
        return f"Malformed attestations: they have at most {size_exact(_MOST * MAX_ATTESTATION)}"
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return "Malformed attestations: expected a JSON array"
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return "Malformed attestations: expected a JSON array of objects"
    if not items:
        return "an empty attestation set is not permitted"
    if len(items) > _MOST:
        return f"A maximum of {_MOST} attestations per file are supported, got {len(items)}"
    return None


def attestations_are_genuine(case: Case) -> Refusal | None:
    """Each is signed for this very file by the publisher whose token is presented."""
    if not case.verifies or isinstance(case.attested, Attested):
        return None
    return refuse(attestations_are_genuine, _BEGINS + (case.attested or "nobody verified them"))

"""Objects of PEP 740, read strictly and written as PyPI writes them.

An index is not trusted, so everything is bounded before it is parsed and nothing is taken in two meanings: JSON with a
name given twice is refused, an attestation has exactly one entry of a log, base64 is strict. What is read is kept as
the bytes that were signed; unknown keys are neither kept nor passed on.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bonded.attestations.identities import Identity, parse_identity
from bonded.attestations.refusal import Malformed, Reason
from bonded.oidc.strict_json import read_object

__all__ = [
    "MAX_ATTESTATION",
    "MAX_PROVENANCE",
    "Attestation",
    "Bundle",
    "Provenance",
    "read_attestation",
    "read_attestations",
    "read_provenance",
    "write_attestations",
    "write_provenance",
]

MAX_ATTESTATION = 128 * 1024
"""Bytes of one attestation; real ones have 7 KB, with SLSA provenance 12 KB."""

MAX_PROVENANCE = 1024 * 1024
MAX_BUNDLES, MAX_IN_BUNDLE = 16, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One attestation, not verified: `certificate` in DER, `entry` of the log as JSON, and what was signed."""

    certificate: bytes = field(repr=False)
    entry: Mapping[str, object] = field(repr=False)
    statement: bytes
    signature: bytes = field(repr=False)

    def to_object(self) -> dict[str, object]:
        """Return it as PEP 740's JSON object."""
        return {
            "version": 1,
            "verification_material": {
                "certificate": _encoded(self.certificate),
                "transparency_entries": [dict(self.entry)],
            },
            "envelope": {
                "statement": _encoded(self.statement),
                "signature": _encoded(self.signature),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The attestations that an index ascribes to one publisher."""

    publisher: Identity
    attestations: tuple[Attestation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """All that an index shows for one file, nothing of it verified."""

    bundles: tuple[Bundle, ...]


def read_attestation(raw: bytes) -> Attestation:
    """Read one attestation, as in a `.publish.attestation` file; raises Malformed."""
    return _attestation(_object(raw, MAX_ATTESTATION, "an attestation"))


def read_attestations(raw: bytes, *, most: int = 2) -> tuple[Attestation, ...]:
    """Read the array of the upload form's field `attestations`; raises Malformed, also for none or more than `most`."""
    what = "the attestations of an upload"
    held = _object(b'{"all":%b}' % raw, most * MAX_ATTESTATION, what)
    values = held["all"]
    if held.keys() != {"all"} or not isinstance(values, list):
        raise Malformed(f"{what} are a JSON array")
    if not 0 < len(values) <= most:
        raise Malformed(f"{what} are 1 to {most}, got {len(values)}")
    return tuple(_attestation(value) for value in values)


def read_provenance(raw: bytes) -> Provenance:
    """Read a provenance object; raises Malformed, also where it holds no attestation at all."""
    held = _object(raw, MAX_PROVENANCE, "provenance")
    _version(held, "provenance")
    bundles = _list(held, "attestation_bundles", MAX_BUNDLES)
    return Provenance(bundles=tuple(_bundle(value) for value in bundles))


def write_attestations(attestations: Sequence[Attestation]) -> bytes:
    """Return the text of the upload form's field `attestations`."""
    return _json([one.to_object() for one in attestations])


def write_provenance(bundles: Sequence[Bundle]) -> bytes:
    """Return a provenance object as PyPI serves it: compact, without a line end."""
    if not bundles or not all(bundle.attestations for bundle in bundles):
        raise ValueError("provenance without an attestation would say nothing")
    shown = [
        {
            "publisher": bundle.publisher.to_object(),
            "attestations": [one.to_object() for one in bundle.attestations],
        }
        for bundle in bundles
    ]
    return _json({"version": 1, "attestation_bundles": shown})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _object(raw: bytes, limit: int, what: str) -> dict[str, object]:
    if len(raw) > limit:
        message = f"{what} has at most {limit} bytes, got {len(raw)}"
        raise Malformed(message, reason=Reason.OVERSIZED)
    try:
        return read_object(raw)
    except ValueError as error:
        raise Malformed(f"{what} is {error}") from None


def _bundle(value: object) -> Bundle:
    if not isinstance(value, dict):
        raise Malformed("an attestation bundle is an object")
    try:
        publisher = parse_identity(value.get("publisher"))
    except ValueError as error:
        raise Malformed(str(error), reason=Reason.PUBLISHER) from None
    attestations = _list(value, "attestations", MAX_IN_BUNDLE)
    return Bundle(
        publisher=publisher, attestations=tuple(_attestation(one) for one in attestations)
    )


def _attestation(value: object) -> Attestation:
    if not isinstance(value, dict):
        raise Malformed("an attestation is an object")
    _version(value, "an attestation")
    material, envelope = value.get("verification_material"), value.get("envelope")
    if not isinstance(material, dict) or not isinstance(envelope, dict):
        raise Malformed("an attestation has verification_material and envelope")
    entries = _list(material, "transparency_entries", 1)
    if not isinstance(entries[0], dict):
        raise Malformed("an entry of the log is an object")
    return Attestation(
        certificate=_decoded(material, "certificate"),
        entry=entries[0],
        statement=_decoded(envelope, "statement"),
        signature=_decoded(envelope, "signature"),
    )


def _version(value: Mapping[str, object], what: str) -> None:
    version = value.get("version")
    if version != 1 or isinstance(version, bool):
        raise Malformed(f"{what} has version 1, got {version!r}")


def _list(value: Mapping[str, object], name: str, most: int) -> list[object]:
    found = value.get(name)
    if not isinstance(found, list) or not 0 < len(found) <= most:
        count = len(found) if isinstance(found, list) else "no list"
        wanted = "exactly one" if most == 1 else f"1 to {most}"
        raise Malformed(f"{name} holds {wanted}, got {count}")
    return found


def _decoded(value: Mapping[str, object], name: str) -> bytes:
    """Decode strict base64; line ends are left aside, for older writers broke the lines (RFC 2045)."""
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise Malformed(f"{name} is base64")
    try:
        return base64.b64decode(text.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{name} is not base64") from None


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

"""What clients propose to a log, and what the log makes of it: one canonical text, or a refusal.

Rekor keeps no file and no statement, only hashes and signatures with the certificate that made them; and it takes none
that does not verify. Two kinds are taken, as today's clients send them: `dsse` 0.0.1 (a signed statement) and
`hashedrekord` 0.0.1 (a signature over a file). Rekor v2 knows `hashedrekord` 0.0.2 alone.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bonded.rehearsal.stage.sigstore.answers import Refused, decoded, read_object, text_at

__all__ = ["canonical", "canonical_v1", "canonical_v2"]

DIGEST = 32


def canonical(data: Mapping[str, object]) -> bytes:
    """Return JSON in its one form (RFC 8785, for values of ASCII texts and whole numbers)."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def canonical_v1(proposed: Mapping[str, object]) -> bytes:
    """Return the body of the entry that Rekor v1 makes of a proposal; raises `Refused`."""
    kind, version = text_at(proposed, "kind"), text_at(proposed, "apiVersion")
    match kind, version:
        case "dsse", "0.0.1":
            spec = _dsse(proposed)
        case "hashedrekord", "0.0.1":
            spec = _hashedrekord(proposed)
        case _:
            raise Refused(400, f"entries of kind {kind} {version} are not on the stage")
    return canonical({"apiVersion": version, "kind": kind, "spec": spec})


def canonical_v2(request: Mapping[str, object]) -> bytes:
    """Return the body of the entry that Rekor v2 makes of a request; raises `Refused`."""
    at = "hashedRekordRequestV002"
    raw = text_at(request, at, "signature", "verifier", "x509Certificate", "rawBytes")
    digest, content = text_at(request, at, "digest"), text_at(request, at, "signature", "content")
    certificate = _certificate(raw, x509.load_der_x509_certificate)
    _check(certificate, decoded(content), decoded(digest))
    verifier = {
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "x509Certificate": {"rawBytes": raw},
    }
    spec = {
        "data": {"algorithm": "SHA2_256", "digest": digest},
        "signature": {"content": content, "verifier": verifier},
    }
    return canonical(
        {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": spec}}
    )


def _dsse(proposed: Mapping[str, object]) -> dict[str, object]:
    """Return hashes and signatures of a signed statement (secure-systems-lab/dsse, version 1)."""
    text = text_at(proposed, "spec", "proposedContent", "envelope")
    envelope = read_object(text.encode())
    certificate = _certificate(text_at(proposed, "spec", "proposedContent", "verifiers", 0))
    payload = decoded(text_at(envelope, "payload"))
    signature = text_at(envelope, "signatures", 0, "sig")
    _check(
        certificate, decoded(signature), _signed_digest(text_at(envelope, "payloadType"), payload)
    )
    return {
        "envelopeHash": _sha256(text.encode()),
        "payloadHash": _sha256(payload),
        "signatures": [{"signature": signature, "verifier": _pem(certificate)}],
    }


def _hashedrekord(proposed: Mapping[str, object]) -> dict[str, object]:
    signature = text_at(proposed, "spec", "signature", "content")
    certificate = _certificate(text_at(proposed, "spec", "signature", "publicKey", "content"))
    algorithm = text_at(proposed, "spec", "data", "hash", "algorithm")
    value = text_at(proposed, "spec", "data", "hash", "value")
    if algorithm != "sha256":
        raise Refused(400, f"digests by {algorithm} are not on the stage")
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        raise Refused(400, "the digest is not hexadecimal") from None
    _check(certificate, decoded(signature), digest)
    return {
        "data": {"hash": {"algorithm": algorithm, "value": value}},
        "signature": {"content": signature, "publicKey": {"content": _pem(certificate)}},
    }


def _certificate(
    encoded: str, load: Callable[[bytes], x509.Certificate] = x509.load_pem_x509_certificate
) -> x509.Certificate:
    try:
        certificate = load(decoded(encoded))
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(400, "the verifier is not an X.509 certificate") from None
    return certificate


def _check(certificate: x509.Certificate, signature: bytes, digest: bytes) -> None:
    """Refuse a signature over a SHA-256 that the certificate's key did not make."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(digest) != DIGEST:
        raise Refused(400, "the stage's log takes ECDSA over SHA-256 only")
    try:
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature:
        raise Refused(400, "the signature is not one of the certificate's key") from None


def _signed_digest(payload_type: str, payload: bytes) -> bytes:
    """Return the SHA-256 of what a DSSE signature is over: type and payload, each with its length."""
    kind = payload_type.encode()
    text = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    return hashlib.sha256(text).digest()


def _sha256(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _pem(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()

"""A small Sigstore in one process, whose every part can be bent: for attestations that must be refused.

It shares nothing with the stage's stand-in, so that what one of them misunderstands the other does not.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pypi_attestations import AttestationType

from bonded.attestations.trust_root import TrustRoot, root_of

ARC = "1.3.6.1.4.1.57264.1."
PUBLISH = str(AttestationType.PYPI_PUBLISH_V1.value)
ISSUER = "https://token.actions.githubusercontent.com"
NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
SHA = "c" * 40
FILENAME = "greeter-1.0-py3-none-any.whl"
DATA = b"the bytes of a wheel"
DIGEST = hashlib.sha256(DATA).hexdigest()
REPOSITORY = "https://github.com/octo/greeter"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml"

GITHUB: Mapping[str, str] = {
    "1": ISSUER,
    "2": "push",
    "8": ISSUER,
    "9": f"{WORKFLOW}@refs/tags/v1.0",
    "11": "github-hosted",
    "12": REPOSITORY,
    "13": SHA,
    "14": "refs/tags/v1.0",
    "15": "1234",
    "16": "https://github.com/octo",
    "17": "99",
    "18": f"{WORKFLOW}@refs/tags/v1.0",
    "20": "push",
    "21": f"{REPOSITORY}/actions/runs/7/attempts/1",
    "23": "pypi",
}
"""What Fulcio certifies of a release by GitHub Actions, by the number of the extension."""


def b64(raw: bytes) -> str:
    """Return standard base64 as text."""
    return base64.b64encode(raw).decode()


def sha256(raw: bytes) -> bytes:
    """Return the digest."""
    return hashlib.sha256(raw).digest()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half as SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signed(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Return an ECDSA signature over SHA-256."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def statement(filename: str = FILENAME, digest: str = DIGEST, **bent: Any) -> dict[str, Any]:
    """Return a good statement of PyPI's publish attestation, or a bent one."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": filename, "digest": {"sha256": digest}}],
        "predicateType": PUBLISH,
        "predicate": None,
    } | bent


@dataclass(kw_only=True)
class Making:
    """How one attestation is made; every default makes a good one."""

    statement: Mapping[str, Any] = field(default_factory=statement)
    payload: bytes | None = None
    extensions: Mapping[str, str | None] = field(default_factory=dict)
    raw_extensions: Mapping[str, bytes] = field(default_factory=dict)
    names: Sequence[x509.GeneralName] = (
        x509.UniformResourceIdentifier(f"{WORKFLOW}@refs/tags/v1.0"),
    )
    begins: timedelta = timedelta(0)
    lasts: timedelta = timedelta(minutes=10)
    sct: str = "good"
    usage: bool = True
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING
    logged_after: timedelta = timedelta(seconds=5)
    version: str = "0.0.1"
    signed_with: ec.EllipticCurvePrivateKey | None = None
    payload_type: str = "application/vnd.in-toto+json"
    logged_statement: bytes | None = None


class World:
    """One certificate authority, one log of certificates, one log of signatures."""

    def __init__(self) -> None:
        self.ca_key, self.ct_key, self.log_key = new_key(), new_key(), new_key()
        self.leaves: list[bytes] = [sha256(b"\0" + bytes([n])) for n in range(5)]
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.ca = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.ca_key.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=100))
            .not_valid_after(NOW + timedelta(days=3000))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.ca_key.public_key()), critical=False
            )
            .sign(self.ca_key, hashes.SHA256())
        )

    def trusted_root(self) -> dict[str, Any]:
        """Return the trust root as Sigstore's JSON."""
        valid = {"start": "2020-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            raw = public_der(key)
            public = {"rawBytes": b64(raw), "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
            return {
                "baseUrl": "https://log.invalid",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {**public, "validFor": valid},
                "logId": {"keyId": b64(sha256(raw))},
            }

        certificate = {"rawBytes": b64(self.ca.public_bytes(serialization.Encoding.DER))}
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log_key)],
            "ctlogs": [log(self.ct_key)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "tests", "commonName": "tests"},
                    "uri": "https://fulcio.invalid",
                    "certChain": {"certificates": [certificate]},
                    "validFor": valid,
                }
            ],
            "timestampAuthorities": [],
        }

    @cached_property
    def root(self) -> TrustRoot:
        """The trust root, ready to verify."""
        return root_of(json.dumps(self.trusted_root()).encode(), source="the root of the tests")

    def attest(self, **bent: Any) -> dict[str, Any]:
        """Return an attestation as PEP 740's JSON object; see `Making` for what can be bent."""
        making = Making(**bent)
        key = new_key()
        payload = making.payload
        if payload is None:
            payload = json.dumps(making.statement).encode()
        kind = making.payload_type.encode()
        signature = signed(making.signed_with or key, pae(kind, payload))
        certificate = self.certificate(making, key.public_key())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        hashed = making.logged_statement or payload
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": sha256(b"envelope").hex()},
            "payloadHash": {"algorithm": "sha256", "value": sha256(hashed).hex()},
            "signatures": [{"signature": b64(signature), "verifier": b64(pem)}],
        }
        body = {"apiVersion": making.version, "kind": "dsse", "spec": spec}
        entry = self.entry(canonical(body), NOW + making.logged_after, making.version)
        return {
            "version": 1,
            "verification_material": {
                "certificate": b64(certificate.public_bytes(serialization.Encoding.DER)),
                "transparency_entries": [entry],
            },
            "envelope": {"statement": b64(payload), "signature": b64(signature)},
        }

    def entry(self, body: bytes, time: datetime, version: str) -> dict[str, Any]:
        """Log a body and return the entry as Rekor v1 gives it."""
        self.leaves.append(sha256(b"\0" + body))
        index, size = len(self.leaves) - 1, len(self.leaves)
        log_id = sha256(public_der(self.log_key))
        root = b64(tree_hash(self.leaves))
        note = f"log.invalid - 1\n{size}\n{root}\n"
        mark = b64(log_id[:4] + signed(self.log_key, note.encode()))
        seconds = int(time.timestamp())
        promised = canonical(
            {
                "body": b64(body),
                "integratedTime": seconds,
                "logID": log_id.hex(),
                "logIndex": index,
            }
        )
        return {
            "logIndex": str(index),
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": version},
            "integratedTime": str(seconds),
            "inclusionPromise": {"signedEntryTimestamp": b64(signed(self.log_key, promised))},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": root,
                "treeSize": str(size),
                "hashes": [b64(one) for one in audit_path(index, self.leaves)],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} log.invalid {mark}\n"},
            },
            "canonicalizedBody": b64(body),
        }

    def certificate(self, making: Making, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """Certify a key, as Fulcio does for a token."""
        begins = NOW + making.begins
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.ca.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + making.lasts)
            .add_extension(
                x509.KeyUsage(making.usage, *[not making.usage, *[False] * 7]), critical=True
            )
            .add_extension(x509.ExtendedKeyUsage([making.purpose]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName(making.names), critical=True)
        )
        for number, text in ({**GITHUB, **making.extensions}).items():
            if text is not None:
                raw = text.encode() if int(number) <= 6 else utf8_string(text)
                builder = _extended(builder, number, making.raw_extensions.get(number, raw))
        return self._with_sct(builder, making.sct)

    def _with_sct(self, builder: x509.CertificateBuilder, how: str) -> x509.Certificate:
        if how == "none":
            return builder.sign(self.ca_key, hashes.SHA256())
        tbs = builder.sign(self.ca_key, hashes.SHA256()).tbs_certificate_bytes
        if how == "of another certificate":
            tbs = (
                _extended(builder, "99", b"x")
                .sign(self.ca_key, hashes.SHA256())
                .tbs_certificate_bytes
            )
        key = new_key() if how in {"foreign", "forged"} else self.ct_key
        known = self.ct_key if how == "forged" else key
        moment = int(NOW.timestamp() * 1000)
        issuer = sha256(public_der(self.ca_key))
        asked = (
            struct.pack("!BBQH32s", 0, 0, moment, 1, issuer)
            + len(tbs).to_bytes(3, "big")
            + tbs
            + b"\0\0"
        )
        mark = signed(key, asked)
        one = struct.pack("!B32sQH", 0, sha256(public_der(known)), moment, 0)
        one += b"\x04\x03" + len(mark).to_bytes(2, "big") + mark
        listed = (len(one).to_bytes(2, "big") + one) * (2 if how == "two" else 1)
        value = der(4, len(listed).to_bytes(2, "big") + listed)
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
        return builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False).sign(
            self.ca_key, hashes.SHA256()
        )


def _extended(builder: x509.CertificateBuilder, number: str, raw: bytes) -> x509.CertificateBuilder:
    oid = x509.ObjectIdentifier(f"{ARC}{number}")
    return builder.add_extension(x509.UnrecognizedExtension(oid, raw), critical=False)


def der(tag: int, body: bytes) -> bytes:
    """Return one DER value (X.690)."""
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + body


def utf8_string(text: str) -> bytes:
    """Return a text as Fulcio writes it from number 8 on."""
    return der(0x0C, text.encode())


def canonical(value: object) -> bytes:
    """Return JSON as RFC 8785 has it, for the plain values used here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pae(kind: bytes, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: what is signed."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of a Merkle tree (RFC 6962, 2.1) over hashed leaves."""
    if len(leaves) == 1:
        return leaves[0]
    left = _left(len(leaves))
    return sha256(b"\1" + tree_hash(leaves[:left]) + tree_hash(leaves[left:]))


def audit_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the path from a leaf to the root (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    left = _left(len(leaves))
    if index < left:
        return [*audit_path(index, leaves[:left]), tree_hash(leaves[left:])]
    return [*audit_path(index - left, leaves[left:]), tree_hash(leaves[:left])]


def _left(count: int) -> int:
    """Return the largest power of two that is smaller than a count."""
    return 1 << ((count - 1).bit_length() - 1)

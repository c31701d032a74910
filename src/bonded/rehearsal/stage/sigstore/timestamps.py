"""A timestamp authority (RFC 3161): a hash in, the hash and the time out, signed.

Rekor v1 dates its entries itself, so no client needs this one for an attestation. With Rekor v2 it is the only clock.
The answer is a CMS structure (RFC 5652) with one signer, written out by hand: nothing in Python's world makes them.
"""

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonded.rehearsal.stage.sigstore import der
from bonded.rehearsal.stage.sigstore.answers import (
    Refused,
    decoded,
    read_body,
    read_object,
    text_at,
)
from bonded.rehearsal.stage.sigstore.certificates import authority_pair, builder, usage
from bonded.rehearsal.stage.sigstore.faults import Conditions

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["PATH", "TimestampAuthority"]

PATH = "/api/v1/timestamp"

POLICY = "1.3.6.1.4.1.57264.2"  # of Sigstore's authority
SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


class TimestampAuthority:
    """The authority of one evening."""

    def __init__(self, conditions: Conditions) -> None:
        now = conditions.now()
        self._conditions = conditions
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._serial = 0
        above_key, above = authority_pair(
            now, "the evening's time", purpose=ExtendedKeyUsageOID.TIME_STAMPING
        )
        own = (
            builder(
                self._key.public_key(),
                above[0],
                above[0].not_valid_before_utc,
                above[0].not_valid_after_utc,
            )
            .subject_name(
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the evening's clock")])
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage("digital_signature"), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
            .sign(above_key, hashes.SHA256())
        )
        self.chain = (own, *above)

    def app(self) -> "Starlette":
        """Return the application."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(routes=[Route(PATH, self._timestamp, methods=["POST"])])

    def timestamp(self, request: bytes) -> bytes:
        """Return the answer to a request, both in DER; raises `Refused`."""
        imprint, nonce = _read(request)
        self._serial += 1
        now = self._conditions.now()
        info = der.sequence(
            der.integer(1),
            der.object_identifier(POLICY),
            imprint,
            der.integer(self._serial),
            der.generalized_time(f"{now.astimezone(dt.UTC):%Y%m%d%H%M%SZ}"),
            nonce,
        )
        granted = der.sequence(der.integer(0))
        return der.sequence(granted, self._signed(info))

    def _signed(self, info: bytes) -> bytes:
        own = self.chain[0]
        certificate = own.public_bytes(serialization.Encoding.DER)
        digest = hashlib.sha256(certificate).digest()
        attributes = (
            _attribute(CONTENT_TYPE, der.object_identifier(TST_INFO)),
            _attribute(MESSAGE_DIGEST, der.octet_string(hashlib.sha256(info).digest())),
            _attribute(
                SIGNING_CERTIFICATE_V2,
                der.sequence(der.sequence(der.sequence(der.octet_string(digest)))),
            ),
        )
        # Signed as a set, sent as a field without the set's own tag (RFC 5652, section 5.4).
        signature = self._key.sign(der.set_of(*attributes), ec.ECDSA(hashes.SHA256()))
        sha256 = der.sequence(der.object_identifier(SHA256))
        signer = der.sequence(
            der.integer(1),
            der.sequence(own.issuer.public_bytes(), der.integer(own.serial_number)),
            sha256,
            der.explicit(0, *sorted(attributes)),
            der.sequence(der.object_identifier(ECDSA_SHA256)),
            der.octet_string(signature),
        )
        data = der.sequence(
            der.integer(3),
            der.set_of(sha256),
            der.sequence(der.object_identifier(TST_INFO), der.explicit(0, der.octet_string(info))),
            der.explicit(0, certificate),
            der.set_of(signer),
        )
        return der.sequence(der.object_identifier(SIGNED_DATA), der.explicit(0, data))

    async def _timestamp(self, request: "Request") -> "Response":
        from starlette.responses import PlainTextResponse, Response

        try:
            body = await read_body(request)
            if request.headers.get("content-type") == "application/json":
                body = _from_json(body)
            answer = self.timestamp(body)
        except Refused as refused:
            return PlainTextResponse(refused.message, refused.status)
        return Response(answer, 201, media_type="application/timestamp-reply")


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(kind), der.set_of(value))


def _from_json(request: bytes) -> bytes:
    """Return the request that sigstore-js writes in JSON, as RFC 3161 has it; raises `Refused`."""
    asked = read_object(request)
    digest = decoded(text_at(asked, "artifactHash"))
    if text_at(asked, "hashAlgorithm") != "sha256":
        raise Refused(400, "the stage's clock takes SHA-256 only")
    imprint = der.sequence(der.sequence(der.object_identifier(SHA256)), der.octet_string(digest))
    return der.sequence(der.integer(1), imprint)


def _read(request: bytes) -> tuple[bytes, bytes]:
    """Return the imprint and the nonce of a request, as they stand in it; no nonce is empty."""
    try:
        ((tag, body, _),) = der.values(request)
        found = der.values(body)
        imprint = found[1]
    except (ValueError, IndexError):
        raise Refused(400, "this is no timestamp request") from None
    if tag != der.SEQUENCE or imprint[0] != der.SEQUENCE:
        raise Refused(400, "this is no timestamp request")
    nonces = [whole for kind, _, whole in found[2:] if kind == der.INTEGER]
    return imprint[2], b"".join(nonces[:1])

"""The promise of a CT log that it has seen a certificate (RFC 6962, sections 3.2 and 3.3).

What a log signs is the certificate as it was before the promise was put into it: its TBS part without the extension,
and the hash of its issuer's key, so that it holds for this issuer only.
"""

import hashlib
import struct

from bonded.rehearsal.stage.sigstore import der
from bonded.rehearsal.stage.sigstore.keys import LogKey

__all__ = ["OID", "sct_extension"]

OID = "1.3.6.1.4.1.11129.2.4.2"
"""The extension in which a certificate carries its promises."""

V1 = 0
CERTIFICATE_TIMESTAMP = 0
PRECERT_ENTRY = 1
SHA256_ECDSA = b"\x04\x03"


def sct_extension(
    precertificate: bytes, issuer_key: bytes, *, milliseconds: int, log: LogKey
) -> bytes:
    """Return the value of the extension with one promise.

    `precertificate` is the TBS part (DER) that the promise is for, `issuer_key` the issuer's public key (DER),
    `milliseconds` the time since 1970.
    """
    signed = (
        struct.pack("!BBQH", V1, CERTIFICATE_TIMESTAMP, milliseconds, PRECERT_ENTRY)
        + hashlib.sha256(issuer_key).digest()
        + len(precertificate).to_bytes(3)
        + precertificate
        + _sized(b"")  # no extensions
    )
    promise = (
        struct.pack("!B32sQ", V1, log.id, milliseconds)
        + _sized(b"")
        + SHA256_ECDSA
        + _sized(log.sign(signed))
    )
    return der.octet_string(_sized(_sized(promise)))


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data

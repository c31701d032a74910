"""The keys of the evening's logs: made new, kept in memory, known by what they are."""

import hashlib
from typing import Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["LogKey"]


class LogKey:
    """A key on P-256. Its id is the SHA-256 of its public half, as in every log after RFC 6962 (section 3.2)."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        public = private.public_key()
        self.public_der = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public_pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = hashlib.sha256(self.public_der).digest()

    @classmethod
    def generate(cls) -> Self:
        """Make a new key. Chance comes from the machine and is no argument."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def sign(self, data: bytes) -> bytes:
        """Return a signature over the SHA-256 of `data`, as DER."""
        return self._private.sign(data, ec.ECDSA(hashes.SHA256()))

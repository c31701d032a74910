"""The mirror of `verify`: sign claims, as the issuer of a rehearsal does.

The tokens have the header of GitHub's (`typ`, `alg`, `kid`, `x5t`), so that clients that look into it feel at home.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bonded.errors import BondedError
from bonded.oidc import base64url
from bonded.oidc.keys import KeySet

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["SigningKey", "issue"]

ALGORITHM = "RS256"


class SigningKey:
    """A private RSA key with the ids under which its public half is known.

    `key_id` is the thumbprint of the key (RFC 7638). `x5t` stands for a certificate's thumbprint in the header; there
    is no certificate, so it is the SHA-1 of the public key.
    """

    def __init__(self, private: "RSAPrivateKey") -> None:
        from cryptography.hazmat.primitives import serialization

        self._private = private
        numbers = private.public_key().public_numbers()
        self._public = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
        canonical = json.dumps(self._public, sort_keys=True, separators=(",", ":"))
        self.key_id = base64url.encode(hashlib.sha256(canonical.encode()).digest())
        encoded = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.x5t = base64url.encode(hashlib.sha1(encoded, usedforsecurity=False).digest())

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key. The one function here that takes chance from the machine and not as an argument."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Read an unencrypted private RSA key in PEM form, or raise BondedError."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise BondedError("this is not an unencrypted private key in PEM form") from None
        if not isinstance(private, RSAPrivateKey):
            raise BondedError(f"{ALGORITHM} needs an RSA key, this is of another kind")
        return cls(private)

    def to_pem(self) -> bytes:
        """Return the private key in PEM form (PKCS #8, unencrypted)."""
        from cryptography.hazmat.primitives import serialization

        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def jwk(self) -> dict[str, str]:
        """Return the public key as a JSON Web Key (RFC 7517)."""
        return {"alg": ALGORITHM, "kid": self.key_id, "use": "sig", "x5t": self.x5t, **self._public}

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the document that an issuer with this one key publishes."""
        return {"keys": [self.jwk()]}

    def key_set(self) -> KeySet:
        """Return what a verifier makes of it."""
        return KeySet({self.key_id: self._private.public_key()})

    def sign(self, payload: bytes, header: Mapping[str, object]) -> str:
        """Return the compact form of a token with this payload and header (RFC 7515)."""
        from jwt import PyJWS

        return PyJWS().encode(payload, self._private, algorithm=ALGORITHM, headers=dict(header))


def issue(claims: Mapping[str, object], key: SigningKey) -> str:
    """Return claims as a signed token. They are signed as they are: nothing is added, nothing checked."""
    header = {"typ": "JWT", "kid": key.key_id, "x5t": key.x5t}
    return key.sign(json.dumps(dict(claims), separators=(",", ":")).encode(), header)


def _number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8))

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
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["SigningKey", "issue"]


class SigningKey:
    """A private key, RSA (RS256) or on P-256 (ES256), with the ids under which its public half is known.

    `key_id` is the thumbprint of the key (RFC 7638). `x5t` stands for a certificate's thumbprint in the header; there
    is no certificate, so it is the SHA-1 of the public key.
    """

    def __init__(self, private: "RSAPrivateKey | EllipticCurvePrivateKey") -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        self._private = private
        if isinstance(private, RSAPrivateKey):
            self.algorithm, self._public = "RS256", _rsa_members(private)
        else:
            self.algorithm, self._public = "ES256", _ec_members(private)
        canonical = json.dumps(self._public, sort_keys=True, separators=(",", ":"))
        self.key_id = base64url.encode(hashlib.sha256(canonical.encode()).digest())
        encoded = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.x5t = base64url.encode(hashlib.sha1(encoded, usedforsecurity=False).digest())

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new RSA key, which signs with RS256. Chance comes from the machine and is no argument."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def generate_ec(cls) -> "SigningKey":
        """Make a new key on P-256, which signs with ES256. Chance comes from the machine and is no argument."""
        from cryptography.hazmat.primitives.asymmetric import ec

        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Read an unencrypted private key in PEM form, RSA or on P-256; raises BondedError for any other."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise BondedError("this is not an unencrypted private key in PEM form") from None
        if isinstance(private, rsa.RSAPrivateKey) or (
            isinstance(private, ec.EllipticCurvePrivateKey)
            and isinstance(private.curve, ec.SECP256R1)
        ):
            return cls(private)
        raise BondedError("a token is signed with an RSA key or one on P-256, not with this one")

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
        return {
            "alg": self.algorithm,
            "kid": self.key_id,
            "use": "sig",
            "x5t": self.x5t,
            **self._public,
        }

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the document that an issuer with this one key publishes."""
        return {"keys": [self.jwk()]}

    def key_set(self) -> KeySet:
        """Return what a verifier makes of it."""
        return KeySet({self.key_id: self._private.public_key()})

    def sign(self, payload: bytes, header: Mapping[str, object]) -> str:
        """Return the compact form of a token with this payload and header (RFC 7515)."""
        from jwt import PyJWS

        return PyJWS().encode(
            payload, self._private, algorithm=self.algorithm, headers=dict(header)
        )


def issue(claims: Mapping[str, object], key: SigningKey) -> str:
    """Return claims as a signed token. They are signed as they are: nothing is added, nothing checked."""
    header = {"typ": "JWT", "kid": key.key_id, "x5t": key.x5t}
    return key.sign(json.dumps(dict(claims), separators=(",", ":")).encode(), header)


def _rsa_members(private: "RSAPrivateKey") -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}


def _ec_members(private: "EllipticCurvePrivateKey") -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    x, y = (base64url.encode(value.to_bytes(32)) for value in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8))

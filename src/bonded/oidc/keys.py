"""The public keys of one issuer, read once from its JWKS document (RFC 7517).

A key is of one algorithm, which follows from its type and from nothing that a token says: RSA keys verify RS256, keys
on the curve P-256 verify ES256 (RFC 7518, section 3.1). So no key can be used for what it was not made for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bonded.errors import BondedError
from bonded.oidc import base64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["ALGORITHMS", "InvalidKeySet", "KeySet", "VerifyingKey"]

ALGORITHMS = frozenset({"RS256", "ES256"})
"""What a token may be signed with; an issuer names those that it uses."""

MIN_BITS = 2048
"""Shorter RSA keys are refused: they can be factored by those who want to."""

MAX_BITS = 8192
"""Longer ones are refused too: the time of a verification grows with the cube of the length."""

MAX_KEYS = 100

_KINDS = {"RSA": "RS256", "EC": "ES256"}
_CURVE, _COORDINATE = "P-256", 32


class InvalidKeySet(BondedError):
    """A document that gives no keys to verify with. Whoever fetched it keeps the keys that it had before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """A public key with the only algorithm that it may be used with.

    `verifies(signature, message)` is whether its owner signed the message; a signature has the form that it has in
    tokens (RFC 7518, section 3).
    """

    algorithm: str
    public: "RSAPublicKey | EllipticCurvePublicKey"
    verifies: Callable[[bytes, bytes], bool] = field(repr=False, compare=False)


class KeySet:
    """The signing keys of one issuer, by their ids; never empty."""

    __slots__ = ("_keys",)

    def __init__(self, keys: "Mapping[str, RSAPublicKey | EllipticCurvePublicKey]") -> None:
        if not keys:
            raise InvalidKeySet("the key set has no key to verify signatures with")
        self._keys = {key_id: _verifying(key_id, key) for key_id, key in keys.items()}

    @classmethod
    def from_jwks(cls, document: Mapping[str, object]) -> "KeySet":
        """Read a JWKS document, or raise `InvalidKeySet`.

        Keys of other types, for other uses or algorithms, or without an id are passed over (RFC 7517, section 5).
        A broken key, an id used twice and a set without a usable key are refused.
        """
        members = document.get("keys")
        if not isinstance(members, list) or len(members) > MAX_KEYS:
            raise InvalidKeySet(f"'keys' is not a list of at most {MAX_KEYS}")
        keys: dict[str, RSAPublicKey | EllipticCurvePublicKey] = {}
        for jwk in members:
            key_id = _usable_id(jwk)
            if not key_id:
                continue
            if key_id in keys:
                raise InvalidKeySet(f"the key id {key_id!r} is used twice")
            keys[key_id] = (_rsa_key if jwk["kty"] == "RSA" else _ec_key)(jwk, key_id)
        return cls(keys)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys."""
        return tuple(self._keys)

    def find(self, key_id: str) -> "RSAPublicKey | EllipticCurvePublicKey | None":
        """Return the key with exactly this id, or None."""
        key = self._keys.get(key_id)
        return None if key is None else key.public

    def verifying(self, key_id: str) -> VerifyingKey | None:
        """Return the key with exactly this id and what it may be used for, or None."""
        return self._keys.get(key_id)


def _verifying(key_id: str, key: "RSAPublicKey | EllipticCurvePublicKey") -> VerifyingKey:
    """Say which algorithm a key is for; its type decides."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, RSAPublicKey):
        if not MIN_BITS <= key.key_size <= MAX_BITS:
            raise InvalidKeySet(
                f"the key {key_id!r} has {key.key_size} bits, {MIN_BITS} to {MAX_BITS} are taken"
            )
        return VerifyingKey(algorithm="RS256", public=key, verifies=_rs256(key))
    if not isinstance(key.curve, SECP256R1):
        raise InvalidKeySet(f"the key {key_id!r} is on the curve {key.curve.name}, not {_CURVE}")
    return VerifyingKey(algorithm="ES256", public=key, verifies=_es256(key))


def _usable_id(jwk: object) -> str:
    """Return the id of a key that may verify signatures here, or an empty text."""
    if not isinstance(jwk, Mapping):
        return ""
    kind = jwk.get("kty")
    algorithm = _KINDS.get(kind) if isinstance(kind, str) else None
    if algorithm is None or (kind == "EC" and jwk.get("crv") != _CURVE):
        return ""
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        return ""
    key_id = jwk.get("kid")
    return key_id if isinstance(key_id, str) else ""


def _rsa_key(jwk: Mapping[str, object], key_id: str) -> "RSAPublicKey":
    """Build the key from modulus and exponent alone, so that nothing else in the document matters."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    modulus, exponent = (int.from_bytes(_number(jwk, name, key_id)) for name in ("n", "e"))
    try:
        return RSAPublicNumbers(e=exponent, n=modulus).public_key()
    except ValueError as error:
        raise InvalidKeySet(f"the key {key_id!r} is no RSA key: {error}") from None


def _ec_key(jwk: Mapping[str, object], key_id: str) -> "EllipticCurvePublicKey":
    """Build the key from its point; each coordinate has the full length (RFC 7518, section 6.2.1.2)."""
    from cryptography.hazmat.primitives.asymmetric.ec import (
        SECP256R1,
        EllipticCurvePublicKey,
    )

    x, y = (_number(jwk, name, key_id) for name in ("x", "y"))
    try:
        if not len(x) == len(y) == _COORDINATE:
            raise ValueError(f"a coordinate has {_COORDINATE} bytes")
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + x + y)
    except ValueError as error:
        raise InvalidKeySet(f"the key {key_id!r} is no key on {_CURVE}: {error}") from None


def _number(jwk: Mapping[str, object], name: str, key_id: str) -> bytes:
    text = jwk.get(name)
    try:
        return base64url.decode(text if isinstance(text, str) else "")
    except ValueError:
        raise InvalidKeySet(f"the key {key_id!r} has no number {name!r}") from None


def _rs256(key: "RSAPublicKey") -> Callable[[bytes, bytes], bool]:
    """Make the check of RSASSA-PKCS1-v1_5 signatures with SHA-256, once for all tokens of a key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    padding, digest = PKCS1v15(), SHA256()

    def verifies(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message, padding, digest)
        except InvalidSignature:
            return False
        return True

    return verifies


def _es256(key: "EllipticCurvePublicKey") -> Callable[[bytes, bytes], bool]:
    """Make the check of ECDSA signatures: two numbers, each of the full length (RFC 7518, section 3.4)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    scheme = ECDSA(SHA256())

    def verifies(signature: bytes, message: bytes) -> bool:
        if len(signature) != 2 * _COORDINATE:
            return False
        r, s = (int.from_bytes(half) for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
        try:
            key.verify(encode_dss_signature(r, s), message, scheme)
        except InvalidSignature:
            return False
        return True

    return verifies

"""The public keys of one issuer, read once from its JWKS document (RFC 7517)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bonded.errors import BondedError
from bonded.oidc import base64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["InvalidKeySet", "KeySet"]

MIN_BITS = 2048
"""Shorter RSA keys are refused: they can be factored by those who want to."""

MAX_BITS = 8192
"""Longer ones are refused too: the time of a verification grows with the cube of the length."""

MAX_KEYS = 100


class InvalidKeySet(BondedError):
    """A document that gives no keys to verify with. Whoever fetched it keeps the keys that it had before."""


class KeySet:
    """The RSA signing keys of one issuer, by their ids; never empty."""

    __slots__ = ("_keys",)

    def __init__(self, keys: "Mapping[str, RSAPublicKey]") -> None:
        if not keys:
            raise InvalidKeySet("the key set has no RSA key to verify signatures with")
        for key_id, key in keys.items():
            if not MIN_BITS <= key.key_size <= MAX_BITS:
                raise InvalidKeySet(
                    f"the key {key_id!r} has {key.key_size} bits, {MIN_BITS} to {MAX_BITS} are taken"
                )
        self._keys = dict(keys)

    @classmethod
    def from_jwks(cls, document: Mapping[str, object]) -> "KeySet":
        """Read a JWKS document, or raise `InvalidKeySet`.

        Keys of other types, for other uses or algorithms, or without an id are passed over (RFC 7517, section 5).
        A broken RSA key, an id used twice and a set without a usable key are refused.
        """
        members = document.get("keys")
        if not isinstance(members, list) or len(members) > MAX_KEYS:
            raise InvalidKeySet(f"'keys' is not a list of at most {MAX_KEYS}")
        keys: dict[str, RSAPublicKey] = {}
        for jwk in members:
            key_id = _usable_id(jwk)
            if not key_id:
                continue
            if key_id in keys:
                raise InvalidKeySet(f"the key id {key_id!r} is used twice")
            keys[key_id] = _public_key(jwk, key_id)
        return cls(keys)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys."""
        return tuple(self._keys)

    def find(self, key_id: str) -> "RSAPublicKey | None":
        """Return the key with exactly this id, or None."""
        return self._keys.get(key_id)


def _usable_id(jwk: object) -> str:
    """Return the id of a key that may verify RS256 signatures, or an empty text."""
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "RSA":
        return ""
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return ""
    key_id = jwk.get("kid")
    return key_id if isinstance(key_id, str) else ""


def _public_key(jwk: Mapping[str, object], key_id: str) -> "RSAPublicKey":
    """Build the key from modulus and exponent alone, so that nothing else in the document matters."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    modulus, exponent = (_number(jwk, name, key_id) for name in ("n", "e"))
    try:
        return RSAPublicNumbers(e=exponent, n=modulus).public_key()
    except ValueError as error:
        raise InvalidKeySet(f"the key {key_id!r} is no RSA key: {error}") from None


def _number(jwk: Mapping[str, object], name: str, key_id: str) -> int:
    text = jwk.get(name)
    try:
        return int.from_bytes(base64url.decode(text if isinstance(text, str) else ""))
    except ValueError:
        raise InvalidKeySet(f"the key {key_id!r} has no number {name!r}") from None

"""Tokens made by hand, to the byte: whatever a library would refuse to write."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from claims_builder import claims, key, segment

HEADER: dict[str, object] = {"typ": "JWT", "alg": "RS256"}


@dataclass(frozen=True, slots=True)
class Attack:
    """One token that must not be taken, and for which reason: the mint's code, and words of the reason."""

    name: str
    token: str
    code: str
    why: str


def header(**bent: object) -> dict[str, object]:
    """Return a good header with some members replaced; `...` takes one away."""
    whole = HEADER | {"kid": key().key_id} | bent
    return {name: value for name, value in whole.items() if value is not ...}


def private() -> rsa.RSAPrivateKey:
    """Return the issuer's own key: what it signs is genuine."""
    loaded = serialization.load_pem_private_key(key().to_pem(), password=None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


@cache
def stranger() -> rsa.RSAPrivateKey:
    """Return a key of somebody else."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def curve() -> ec.EllipticCurvePrivateKey:
    """Return an EC key of somebody else."""
    return ec.generate_private_key(ec.SECP256R1())


def rs256(
    head: object, body: object, signer: rsa.RSAPrivateKey | None = None, *, pss: bool = False
) -> str:
    """Return a token with any header and body (JSON values, or bytes as they are), signed with RSA and SHA-256."""
    text = f"{segment(head)}.{segment(body)}"
    how = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else padding.PKCS1v15()
    return f"{text}.{segment((signer or private()).sign(text.encode(), how, hashes.SHA256()))}"


def hs256(head: object, body: object, secret: bytes) -> str:
    """Return a token whose signature is a shared secret's."""
    text = f"{segment(head)}.{segment(body)}"
    return f"{text}.{segment(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def es256(head: object, body: object) -> str:
    """Return a token signed with an EC key of somebody else (the signature as DER, as some libraries write it)."""
    text = f"{segment(head)}.{segment(body)}"
    return f"{text}.{segment(curve().sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"


def genuine(**bent: object) -> str:
    """Return a token that the issuer signed, with bent claims."""
    return rs256(header(), claims(**bent))


def public_forms() -> dict[str, bytes]:
    """Return the issuer's public key in the forms that a confused verifier may take for a shared secret."""
    public = private().public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    pkcs1 = serialization.PublicFormat.PKCS1
    return {
        "PEM": public.public_bytes(serialization.Encoding.PEM, info),
        "PEM without its last line end": public.public_bytes(
            serialization.Encoding.PEM, info
        ).rstrip(),
        "DER": public.public_bytes(serialization.Encoding.DER, info),
        "PKCS 1": public.public_bytes(serialization.Encoding.PEM, pkcs1),
        "JWK": json.dumps(key().jwk()).encode(),
        "modulus": base64.urlsafe_b64decode(key().jwk()["n"] + "=="),
        "nothing": b"",
    }

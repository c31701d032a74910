"""base64url without padding, the alphabet of tokens and keys (RFC 7515, section 2), read strictly."""

import base64
import re

__all__ = ["decode", "encode"]

ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def encode(raw: bytes) -> str:
    """Return bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a text that is not empty; raises ValueError for any other character or length."""
    if ALPHABET.fullmatch(text) is None:
        raise ValueError("not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

"""base64url without padding, the alphabet of tokens and keys (RFC 7515, section 2), read strictly."""

import base64
import binascii

__all__ = ["decode", "encode"]

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = bytes.maketrans(b"-_", b"+/")

# The bits of the last character that belong to no byte must be zero: so each value has one text (RFC 4648, 3.5).
_ENDINGS = (_ALPHABET, b"", b"AQgw", b"AEIMQUYcgkosw048")


def encode(raw: bytes) -> str:
    """Return bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a text that is not empty; raises ValueError for any other character, length or ending."""
    raw = text.encode(
        "ascii", "replace"
    )  # what is not ASCII becomes a question mark, which is not in the alphabet
    if not raw or raw.translate(None, _ALPHABET) or raw[-1] not in _ENDINGS[len(raw) % 4]:
        raise ValueError("not base64url without padding")
    return binascii.a2b_base64(raw.translate(_STANDARD) + b"=" * (-len(raw) % 4))

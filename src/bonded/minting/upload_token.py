"""The text form of an upload token: a prefix that leak scanners can look for, and a secret. Only its hash is kept."""

import base64
import hashlib
import re

__all__ = ["MIN_SECRET", "PREFIX", "hash_token", "is_token", "make_token"]

PREFIX = "bonded-"

MIN_SECRET = 32
"""Bytes of secret at least: 256 bits cannot be guessed, however many tokens are out."""

SHAPE = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43,}")


def make_token(secret: bytes) -> str:
    """Return the token whose secret is these random bytes; raises ValueError if they are too few."""
    if len(secret) < MIN_SECRET:
        raise ValueError(f"a token needs {MIN_SECRET} bytes of secret, got {len(secret)}")
    return PREFIX + base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def is_token(text: str) -> bool:
    """Whether a text has the shape of a token; says nothing about its being one."""
    return SHAPE.fullmatch(text) is not None


def hash_token(text: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal.

    A slow hash would add nothing: the secret is random, not chosen by a person.
    """
    return hashlib.sha256(text.encode()).hexdigest()

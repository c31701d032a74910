"""The token that a request carries: read in one way by every address that takes one."""

import base64
import binascii
from collections.abc import Iterable

from bonded.minting.upload_token import is_token

__all__ = ["presented_token", "token_of_headers"]

USER = "__token__"
"""The user name under which clients send a token as a password."""

_BEARERS = frozenset({"bearer", "token"})


def presented_token(authorization: str) -> str:
    """Return the token in an Authorization header, or the empty text where there is none.

    Clients send `Basic` with the user name `__token__`; `Bearer` and `token` are taken too, as by PyPI.
    """
    scheme, _, value = authorization.strip().partition(" ")
    token = value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return ""
        token = password.strip() if user == USER else ""
    elif scheme.lower() not in _BEARERS:
        return ""
    return token if is_token(token) else ""


def token_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the token of a request's headers, names in lower case; empty where there is none, or more than one header.

    Of two headers, a server in front might look at one and this at the other.
    """
    found = [value for name, value in headers if name == b"authorization"]
    return presented_token(found[0].decode("latin-1")) if len(found) == 1 else ""

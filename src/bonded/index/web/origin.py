"""Under which address a client reached this index: what links to it must begin with.

The `Host` header is the client's own word, so it is taken only in the form of an authority, and only what is said to
that client is made of it. A proxy in front may know better; it is believed where its address is in the settings.
"""

import re
from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["origin"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_AUTHORITY = re.compile(
    rf"(?=.{{1,255}}\Z)(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?"
)
_SCHEMES = frozenset({"http", "https"})


def origin(request: Request, trusted_proxies: Collection[str]) -> str:
    """Return scheme and authority as the client asked for them, such as `https://packages.example`.

    `trusted_proxies` are addresses whose `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. Raises HTTPException
    400 where the request names no host, or several, or what is none (RFC 9112, section 3.2).
    """
    scheme = request.url.scheme if request.scope["scheme"] in _SCHEMES else "http"
    authority = _only(request, "host")
    if request.client is not None and request.client.host in trusted_proxies:
        scheme = _nearest(request, "x-forwarded-proto") or scheme
        authority = _nearest(request, "x-forwarded-host") or authority
    if scheme not in _SCHEMES or _AUTHORITY.fullmatch(authority) is None:
        raise HTTPException(400, "The request must name one host, as its client reached it.")
    return f"{scheme}://{authority.lower()}"


def _only(request: Request, name: str) -> str:
    values = request.headers.getlist(name)
    return values[0].strip() if len(values) == 1 else ""


def _nearest(request: Request, name: str) -> str:
    """Return what the proxy itself wrote: the last of the values, because each proxy adds one at the end."""
    values = ",".join(request.headers.getlist(name)).split(",")
    return values[-1].strip()

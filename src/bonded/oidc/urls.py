"""Addresses of issuers and of their keys, read strictly: what can be read in two ways is no address here."""

import re
from dataclasses import dataclass

from bonded.errors import BondedError

__all__ = ["InvalidUrl", "Url", "parse_url"]

MAX_URL = 1024

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]{{2,45}}\])"
    rf"(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    rf"(?P<path>(?:/{_SEGMENT}+)*/?)(?P<query>\?(?:{_SEGMENT}|[/?])*)?"
)
_LOOPBACK = re.compile(
    r"localhost|127\.(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){2}|\[::1\]"
)
_PORTS = {"https": 443, "http": 80}


class InvalidUrl(BondedError):
    """A text that is not an address under which an issuer may be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An address in parts. `host` is in lower case, an IPv6 address in brackets; `query` has its question mark."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        """The host, with its port where that is not the scheme's own; equal texts mean the same server."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its very name, so that no answer of a name server matters."""
        return _LOOPBACK.fullmatch(self.host) is not None


def parse_url(text: str) -> Url:
    """Read an absolute address (RFC 3986), or raise `InvalidUrl`.

    `https`, or `http` on this machine only. No user, no fragment, no dot segments, nothing but ASCII.
    """
    found = _URL.fullmatch(text) if len(text) <= MAX_URL else None
    if found is None or {".", ".."} & set(found["path"].split("/")):
        raise InvalidUrl(
            f"not an address that can be asked: {text[:MAX_URL]!r}",
            hint="expected https://, a host and a path; without user, fragment or dot segments",
        )
    scheme = found["scheme"]
    url = Url(
        scheme=scheme,
        host=found["host"].lower(),
        port=int(found["port"] or _PORTS[scheme]),
        path=found["path"],
        query=found["query"] or "",
    )
    if not url.port < 2**16:
        raise InvalidUrl(f"a port is at most 65535: {text!r}")
    if scheme == "http" and not url.is_loopback:
        raise InvalidUrl(
            f"what is asked over plain http can be forged on the way: {text!r}",
            hint="use https; http is taken on this machine's own addresses only",
        )
    return url

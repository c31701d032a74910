"""How long a server waits for whoever is slow, and how much it keeps open at once: values only."""

from dataclasses import dataclass

__all__ = ["KNOWN_RATE", "LEAST_RATE", "Patience"]

LEAST_RATE = 500
"""Bytes a second that a body must have on the whole; Apache's mod_reqtimeout has the same number."""

KNOWN_RATE = 4096
"""Bytes a second that the body of somebody known must have on the whole, if it takes longer than a stranger's may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Bounds of a server; times in seconds, sizes in bytes.

    `head` is the time for a whole head of a request and `head_size` its size. `idle` is for how long a body may fail to
    come, or an answer fail to be taken; `body` is for a whole body of whoever is not known to the app. `connections`
    may be open at once, `peer_connections` of one address, unless it is one of `proxies`. After the signal to end,
    requests are still taken for `linger` while somebody watches readiness, and open ones have `grace` to end.
    """

    connections: int = 2000
    peer_connections: int = 200
    proxies: frozenset[str] = frozenset()
    head: float = 15.0
    head_size: int = 64 << 10
    idle: float = 30.0
    body: float = 120.0
    grace: float = 30.0
    linger: float = 5.0

"""How long a server waits for whoever is slow, and how much it keeps open at once: values only."""

from dataclasses import dataclass

__all__ = ["LEAST_RATE", "Patience"]

LEAST_RATE = 500
"""Bytes a second that a body must have on the whole; Apache's mod_reqtimeout has the same number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Bounds of a server; times in seconds, sizes in bytes.

    `head` is the time for a whole head of a request and `head_size` its size. `idle` is for how long a body may fail to
    come, or an answer fail to be taken. `connections` may be open at once. After the signal to end, requests are still
    taken for `linger` while somebody watches readiness, and open ones have `grace` to end.
    """

    connections: int = 2000
    head: float = 15.0
    head_size: int = 64 << 10
    idle: float = 30.0
    grace: float = 30.0
    linger: float = 5.0

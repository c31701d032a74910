"""Which index stands behind this one, and on which terms."""

from dataclasses import dataclass, field
from pathlib import Path

from bonded.index.policies import Cooldown
from bonded.outside.proxies import NO_PROXIES, Proxies

__all__ = ["CACHE_SIZE", "FRESH", "MAX_FILE", "STALE", "Credentials", "UpstreamSettings"]

FRESH = 600.0
STALE = 7 * 86_400.0
MAX_FILE = 4 << 30
"""Bytes of a file; the largest of the public indexes are somewhat below."""

CACHE_SIZE = 20 << 30
"""Bytes of all files of it that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user name and a password; neither is shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """The index behind this one. Times are in seconds.

    `url` is its simple API; it may carry a user name and a password, which `credentials` replace. `cache` is a folder
    that outlives this index; without one it is kept in the index's data. A page that is younger than `fresh` is not
    asked for again; while the other index is down, one that is younger than `stale` still serves. `offline` serves only
    what is kept, however old.

    `private_network` allows it and `file_hosts` addresses that are not public: a page may name any host, and must not
    make us ask machines of our own network. `plain_http` lets them be asked without TLS. `follows` is for an index that
    only its owner asks: its pages may send us on to other servers, and name files on any host. `frank` is for such a
    one too: its answers say what the log says. `ca_bundle` is the PEM file of the authorities that are believed, None
    for the machine's. `max_file` bounds a file, in bytes, whatever its page says of it. `cache_size`
    bounds all that are kept, None for no bound.
    """

    url: str = field(repr=False)
    credentials: Credentials | None = None
    cache: Path | None = None
    fresh: float = FRESH
    stale: float = STALE
    offline: bool = False
    private_network: bool = False
    file_hosts: frozenset[str] = frozenset()
    max_file: int = MAX_FILE
    cache_size: int | None = CACHE_SIZE
    plain_http: bool = False
    follows: bool = False
    frank: bool = False
    ca_bundle: Path | None = None
    proxies: Proxies = NO_PROXIES
    cooldown: Cooldown = Cooldown()  # noqa: RUF009 - a frozen value of constants

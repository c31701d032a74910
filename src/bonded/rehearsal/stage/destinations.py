"""Where a step's connection may go: to the stage, to the world outside, or nowhere.

The decision sees a name only. A staged name always goes to the stage and is never looked up; an address in place of a
name goes nowhere, because an address has no name that could be staged; with `offline` nothing else goes anywhere.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

__all__ = [
    "Address", "Outside", "Refused", "Rules", "Staged",
    "closed_address", "decide", "host_name", "server_name_fault",
]  # fmt: skip

Address: TypeAlias = tuple[str, int] | Path
"""A server on this machine: host and port, or the path of a Unix socket."""

MAX_NAME = 253  # RFC 1035, in text
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Staged:
    """The host is on the stage; its server listens there."""

    address: Address


@dataclass(frozen=True, slots=True)
class Outside:
    """The host is none of ours and may be reached."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The connection goes nowhere; `reason` is a whole sentence for the step's log."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is staged, what is never reached (host to reason), and whether the rest of the world is there."""

    routes: Mapping[str, Address]
    offline: bool
    refused: Mapping[str, str] = field(default_factory=dict)


def host_name(text: str) -> str | None:
    """Return a host name in its one spelling: lower case, no dot at the end; None if it is not a DNS name.

    What C libraries read as an address (`127.1`, `0x7f.1`, `2130706433`) is not a name: a name's last label is no
    number (the WHATWG URL standard's "ends in a number").
    """
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    # Judged before the change of case: some letters of other alphabets become ASCII by it.
    if not text.isascii() or len(name) > MAX_NAME or not all(map(LABEL.fullmatch, labels)):
        return None
    return None if NUMBER.fullmatch(labels[-1]) else name


def decide(rules: Rules, host: str) -> Staged | Outside | Refused:
    """Say where a connection to `host`, as the step spelled it, goes. Pure."""
    name = host_name(host)
    if name is None:
        return Refused(
            f"{host!r} is not a host name; only names can be reached during a rehearsal."
        )
    if name in rules.routes:
        return Staged(rules.routes[name])
    if name in rules.refused:
        return Refused(f"{name} is not reached during a rehearsal: {rules.refused[name]}")
    if name == "localhost" or name.endswith(".localhost"):
        return Refused(f"{name} is this machine, which steps reach without the proxy.")
    if rules.offline:
        return Refused(f"{name} is not on the stage, and with --offline nothing else is reached.")
    return Outside()


def closed_address(text: str) -> str | None:
    """Say what is closed about an IP address, or None when it is a public one.

    Closed are loopback, private, link-local, shared and reserved addresses and multicast, also where IPv6 carries
    them inside (mapped, 6to4, Teredo, NAT64): a public name that resolves to one would lead into the user's network.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    carried: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo or ()
        carried += [a for a in (address.ipv4_mapped, address.sixtofour, *teredo) if a is not None]
        if address in NAT64:
            carried = [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
        elif address.ipv4_mapped is not None:
            carried = [address.ipv4_mapped]
    if all(each.is_global and not each.is_multicast for each in carried):
        return None
    return f"{text} is an address inside this machine or its network"


def server_name_fault(asked: str, names: tuple[str, ...]) -> str | None:
    """Say why a TLS client that asked for a tunnel to `asked` may not go on with these server names, or None.

    A name that differs could make a shared front server hand the request to a host that is staged.
    """
    if names == (host_name(asked),):
        return None
    if not names:
        return f"the TLS client in the tunnel to {asked} does not say which server it wants."
    return f"the tunnel is to {asked}, but the TLS client in it asks for {', '.join(names)}."

"""Which addresses of the Internet Protocol may be asked on somebody else's word.

An address that a stranger chooses can lead back inside: to this machine, to a neighbour, to the service that gives a
cloud machine its passwords (169.254.169.254). The tables are IANA's registries of special addresses (RFC 6890), written
out, so that the answer is the same under every Python. Addresses that carry another one inside (IPv4-mapped, NAT64,
6to4, Teredo) are refused as what they are: who unpacks them, and where, cannot be known here.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

__all__ = ["Address", "refusal"]

Address = IPv4Address | IPv6Address

_LOOPBACK, _PRIVATE, _SHARED = "loopback", "private", "a provider's shared address"
_TRIALS, _EXAMPLES = "for benchmarks", "for documentation"
_INSIDE = frozenset({_LOOPBACK, _PRIVATE, _SHARED, _TRIALS, _EXAMPLES})
"""What a private network is made of. Blocks that are routed nowhere belong to it, because container and VPN software
hands them out inside. All other special addresses are refused there, too: nobody serves from them."""

_V4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", _PRIVATE),
        ("100.64.0.0/10", _SHARED),
        ("127.0.0.0/8", _LOOPBACK),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", _EXAMPLES),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", _TRIALS),
        ("198.51.100.0/24", _EXAMPLES),
        ("203.0.113.0/24", _EXAMPLES),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified"),
        ("::1/128", _LOOPBACK),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", _EXAMPLES),
        ("2002::/16", "6to4"),
        ("3fff::/20", _EXAMPLES),
        ("fc00::/7", _PRIVATE),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_UNICAST = IPv6Network("2000::/3")
_CARRIERS = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


def refusal(address: Address, *, private_network: bool = False) -> str:
    """Return why an address may not be asked, as one word or a few; empty if it may.

    With `private_network`, loopback, private and shared addresses may be asked, those for benchmarks and documentation,
    and of an IPv4-mapped or NAT64 address the one inside is judged. Link-local, multicast and reserved ones stay
    refused: no server is there.
    """
    if not private_network:
        return _special(address)
    reason = _special(_inner(address))
    return "" if reason in _INSIDE else reason


def _inner(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 address where its place is known (RFC 4291, 2.5.5.2; RFC 6052, 2.1)."""
    if isinstance(address, IPv6Address) and any(address in network for network in _CARRIERS):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _special(address: Address) -> str:
    """Return the kind of a special address, the first in its table; empty if it is public."""
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in _V4 if address in network), "")
    found = next((reason for network, reason in _V6 if address in network), "")
    return found or ("" if address in _UNICAST else "reserved")

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.outside.addresses import refusal


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "2001:200::1",
    ],
)
def test_public_addresses_are_asked(text: str) -> None:
    """An address of the public network may be asked, up to the edges of the special ones."""
    assert refusal(ip_address(text)) == ""
    assert refusal(ip_address(text), private_network=True) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.0.0.1", "private"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),
        ("::1", "loopback"),
        ("fd00:ec2::254", "private"),
        ("fc00::1", "private"),
        ("::ffff:10.0.0.1", "IPv4-mapped"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:1.1.1.1", "IPv4-mapped"),
        ("64:ff9b::a00:1", "NAT64"),
        ("64:ff9b::101:101", "NAT64"),
        ("192.0.2.1", "for documentation"),
        ("198.18.0.1", "for benchmarks"),
        ("198.51.100.1", "for documentation"),
        ("203.0.113.1", "for documentation"),
        ("2001:db8::1", "for documentation"),
        ("3fff::1", "for documentation"),
    ],
)
def test_addresses_of_a_private_network_are_asked_only_where_it_is_one(
    text: str, reason: str
) -> None:
    """What leads inside is refused, unless the server is said to be inside."""
    assert reason in refusal(ip_address(text))
    assert refusal(ip_address(text), private_network=True) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("169.254.169.254", "link-local"),
        ("192.0.0.192", "reserved"),
        ("192.88.99.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::7f00:1", "reserved"),
        ("64:ff9b:1::a00:1", "NAT64"),
        ("100::1", "reserved"),
        ("2001::1", "Teredo"),
        ("2001:20::1", "reserved"),
        ("2002:7f00:1::", "6to4"),
        ("2002:a9fe:a9fe::1", "6to4"),
        ("4000::1", "reserved"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ],
)
def test_addresses_that_serve_nobody_are_never_asked(text: str, reason: str) -> None:
    """Link-local, multicast, reserved and tunnelled addresses are refused in a private network, too."""
    assert refusal(ip_address(text)) == reason
    assert refusal(ip_address(text), private_network=True) == reason


@pytest.mark.parametrize(
    "text", ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::ffff:224.0.0.1"]
)
def test_an_inner_address_is_judged_in_a_private_network(text: str) -> None:
    """Wrapping an address that is never asked does not help."""
    assert refusal(ip_address(text), private_network=True) in {"link-local", "multicast"}


ADDRESSES = st.one_of(
    st.ip_addresses(),
    st.ip_addresses(v=4),
    st.integers(0, 2**32 - 1).map(lambda low: IPv6Address((0xFFFF << 32) | low)),
    st.integers(0, 2**112 - 1).map(lambda low: IPv6Address((0x2002 << 112) | low)),
)


@given(ADDRESSES)
@settings(deadline=None)
def test_what_python_does_not_call_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    """The tables refuse at least what Python's own tables hold for special."""
    if not address.is_global or address.is_multicast:
        assert refusal(address)


@given(ADDRESSES)
@settings(deadline=None)
def test_a_private_network_only_adds(address: IPv4Address | IPv6Address) -> None:
    """Whatever may be asked on the public network may be asked on a private one."""
    if not refusal(address):
        assert not refusal(address, private_network=True)

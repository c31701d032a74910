import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.destinations import (
    Outside,
    Refused,
    Rules,
    Staged,
    closed_address,
    decide,
    host_name,
    server_name_fault,
)

STAGE = ("127.0.0.1", 4433)
RULES = Rules(
    routes={"stage.example": STAGE}, offline=False, refused={"closed.example": "it takes uploads."}
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Stage.Example", "stage.example"),
        ("stage.example.", "stage.example"),
        ("a_b.example", "a_b.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1.2.3.4.example", "1.2.3.4.example"),
        ("stage.example..", None),
        ("", None),
        (".", None),
        ("-a.example", None),
        ("a b", None),
        ("a\r\nb", None),
        ("stage\N{FULLWIDTH FULL STOP}example", None),
        ("\N{KELVIN SIGN}.example", None),
        ("x" * 64, None),
        (".".join(["abcdefgh"] * 30), None),
        ("127.0.0.1", None),
        ("127.1", None),
        ("2130706433", None),
        ("0x7f.1", None),
        ("host.0x7f", None),
        ("::1", None),
        ("[::1]", None),
    ],
)
def test_a_name_has_one_spelling(text: str, name: str | None) -> None:
    """Names are compared in lower case and without the root's dot; addresses in any notation are no names."""
    assert host_name(text) == name


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("stage.example", Staged(STAGE)),
        ("STAGE.EXAMPLE.", Staged(STAGE)),
        ("world.example", Outside()),
        ("sub.stage.example", Outside()),
    ],
)
def test_a_staged_name_goes_to_the_stage(host: str, expected: object) -> None:
    """The stage has the names it was given, in every spelling, and no others."""
    assert decide(RULES, host) == expected


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("closed.example", "it takes uploads."),
        ("localhost", "without the proxy"),
        ("a.localhost", "without the proxy"),
        ("93.184.216.34", "not a host name"),
        ("[2606:4700::1111]", "not a host name"),
        ("0x8080808", "not a host name"),
    ],
)
def test_a_refusal_names_the_host(host: str, words: str) -> None:
    """What goes nowhere is told so with the host and the reason."""
    found = decide(RULES, host)

    assert isinstance(found, Refused)
    assert host in found.reason
    assert words in found.reason


def test_offline_leaves_the_stage_only() -> None:
    """With --offline staged names are served and everything else is refused by name."""
    rules = Rules(routes={"stage.example": STAGE}, offline=True)

    assert decide(rules, "stage.example") == Staged(STAGE)
    assert decide(rules, "world.example") == Refused(
        "world.example is not on the stage, and with --offline nothing else is reached."
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_closed(address: str) -> None:
    """A public name cannot lead to this machine or its network, however the address is dressed."""
    assert (closed_address(address) or "").startswith(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_open(address: str) -> None:
    """What anybody on the internet can reach may be reached."""
    assert closed_address(address) is None


@settings(deadline=None, max_examples=200)
@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_address_is_open(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """All of the private ranges are closed, also inside IPv6."""
    assert closed_address(str(address))
    if isinstance(address, ipaddress.IPv4Address):
        assert closed_address(f"::ffff:{address}")


@pytest.mark.parametrize(
    ("asked", "names", "words"),
    [
        ("world.example", ("world.example",), ""),
        ("World.Example.", ("world.example",), ""),
        ("world.example", (), "does not say"),
        ("world.example", ("other.example",), "asks for other.example"),
        (
            "world.example",
            ("world.example", "stage.example"),
            "asks for world.example, stage.example",
        ),
    ],
)
def test_a_tunnel_is_for_one_name(asked: str, names: tuple[str, ...], words: str) -> None:
    """The name inside a tunnel is the tunnel's, or nothing passes."""
    fault = server_name_fault(asked, names)

    assert words in (fault or "")
    assert (fault is None) == (not words)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=30))
def test_any_text_is_decided(host: str) -> None:
    """Every text leads somewhere, and only a name leads outside."""
    if isinstance(decide(RULES, host), Outside):
        assert host_name(host) is not None

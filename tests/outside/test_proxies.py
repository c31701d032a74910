import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bonded.outside.proxies import NO_PROXIES, Proxies, proxies_of

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "https", "http"),
    [
        ({}, "", ""),
        ({"HTTPS_PROXY": PROXY}, PROXY, ""),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY, ""),
        ({"HTTP_PROXY": PROXY}, "", PROXY),
        ({"ALL_PROXY": PROXY}, PROXY, PROXY),
        ({"all_proxy": PROXY, "http_proxy": "http://plain:1"}, PROXY, "http://plain:1"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, PROXY, ""),
        ({"HTTPS_PROXY": "", "ALL_PROXY": ""}, "", ""),
    ],
)
def test_the_environment_names_proxies(environ: dict[str, str], https: str, http: str) -> None:
    """The variables of curl and pip, small letters first, and one for every scheme."""
    found = proxies_of(environ)

    assert found.proxy_for("https", "host.example", 443) == https
    assert found.proxy_for("http", "host.example", 80) == http


@pytest.mark.parametrize(
    ("entry", "host", "port", "direct"),
    [
        ("*", "host.example", 443, True),
        ("host.example", "host.example", 443, True),
        ("host.example", "HOST.example.", 443, True),
        ("example", "host.example", 443, True),
        (".example", "host.example", 443, True),
        ("*.example", "host.example", 443, True),
        ("ample", "host.example", 443, False),
        ("host.example:8443", "host.example", 443, False),
        ("host.example:443", "host.example", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.1/8", "10.1.2.3", 443, True),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "host.example", 443, False),
        ("::1", "[::1]", 443, True),
        ("[::1]:443", "::1", 443, True),
        ("[::1]:80", "::1", 443, False),
        ("fd00::/8", "fd00::7", 443, True),
        ("*.", "host.example", 443, False),
        (".", "host.example", 443, False),
        (" a.example , host.example ", "host.example", 443, True),
        (",", "host.example", 443, False),
    ],
)
def test_some_are_asked_directly(entry: str, host: str, port: int, *, direct: bool) -> None:
    """`NO_PROXY` names hosts with all under them, addresses and networks, each perhaps with a port."""
    found = proxies_of({"https_proxy": PROXY, "NO_PROXY": entry})

    assert found.proxy_for("https", host, port) == ("" if direct else PROXY)


def test_passwords_of_proxies_are_not_shown() -> None:
    """An address of a proxy may hold a secret."""
    assert "hunter2" not in repr(Proxies(by_scheme={"https": "http://me:hunter2@proxy"}))
    assert NO_PROXIES.proxy_for("https", "host.example", 443) == ""


@examples(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.text(max_size=20), st.integers(1, 65535))
def test_no_variable_breaks_the_reader(no_proxy: str, host: str, port: int) -> None:
    """Whatever stands in the environment, a server is asked directly or through the proxy."""
    found = proxies_of({"https_proxy": PROXY, "no_proxy": no_proxy})

    assert found.proxy_for("https", host, port) in {"", PROXY}

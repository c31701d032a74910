import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import BondedError
from bonded.oidc.issuers import InvalidIssuer, TrustedIssuer
from bonded.oidc.urls import InvalidUrl, parse_url

HOME = "https://issuer.example"


@pytest.mark.parametrize(
    "url",
    [
        HOME,
        f"{HOME}:8443",
        f"{HOME}/_services/token",
        f"{HOME}/oidc/tenant-1/~a/%C3%A9",
        "https://Issuer.Example",
        "https://10.0.0.1/x",
        "https://[fd00::1]:8443",
        "https://git_lab.internal",
        "http://127.0.0.1:8080",
        "http://127.1.2.3",
        "http://localhost:1/x",
        "http://[::1]:80/x",
    ],
)
def test_addresses_of_issuers_are_taken(url: str) -> None:
    """An address is https with a host, a port and a path; plain http on this machine alone. The text stays as it is."""
    issuer = TrustedIssuer(url=url, kind="github")

    assert issuer.url == url
    assert issuer.discovery_url == f"{url}/.well-known/openid-configuration"
    assert issuer.algorithms == {"RS256"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "issuer.example",
        "http://issuer.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "http://127.1",
        "HTTPS://issuer.example",
        "ftp://issuer.example",
        "//issuer.example",
        "https://",
        "https://user@issuer.example",
        "https://user:pass@issuer.example",
        f"{HOME}#x",
        f"{HOME}:",
        f"{HOME}:0",
        f"{HOME}:65536",
        f"{HOME}//x",
        f"{HOME}/a/../b",
        f"{HOME}/.",
        f"{HOME}/a b",
        f"{HOME}/%zz",
        f"{HOME}\\@evil.example",
        f"{HOME}\n",
        " https://issuer.example",
        "https://issuer..example",
        "https://.example",
        "https://-issuer.example",
        "https://issuer.example.",
        "https://\u0456ssuer.example",
        "https://issuer\uff0eexample",
        "https://[::1",
        f"{HOME}/{'x' * 1024}",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """What two programs could read in two ways, or what can be forged on the way, is no issuer."""
    with pytest.raises(InvalidUrl):
        TrustedIssuer(url=url, kind="github")


@pytest.mark.parametrize("url", [f"{HOME}/", f"{HOME}/x/", f"{HOME}?x=1", f"{HOME}/x?"])
def test_an_issuer_has_neither_query_nor_final_slash(url: str) -> None:
    """An issuer is compared to the letter, so a slash too many would refuse every token."""
    with pytest.raises(InvalidIssuer, match="neither query nor final slash"):
        TrustedIssuer(url=url, kind="github")


def test_an_issuer_is_of_a_kind_and_signs_with_something() -> None:
    """No kind, no algorithm, or one that nobody should use: each is refused."""
    with pytest.raises(InvalidIssuer, match="no kind"):
        TrustedIssuer(url=HOME, kind="")
    with pytest.raises(InvalidIssuer, match="ES256, RS256, not nothing"):
        TrustedIssuer(url=HOME, kind="github", algorithms=frozenset())
    for algorithm in ("none", "HS256", "RS512", "rs256"):
        with pytest.raises(InvalidIssuer, match=algorithm):
            TrustedIssuer(url=HOME, kind="github", algorithms=frozenset({"RS256", algorithm}))


@pytest.mark.parametrize("host", ["keys.example", "keys.example:8443", "[fd00::1]"])
def test_other_hosts_for_keys_are_named(host: str) -> None:
    """A host is written alone, with its port where it has one."""
    assert TrustedIssuer(url=HOME, kind="generic", jwks_hosts=frozenset({host})).jwks_hosts == {
        host
    }


@pytest.mark.parametrize(
    "host", ["", "*", "https://keys.example", "keys.example/x", "Keys.example", "keys.example:443"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    """A host that would never be equal to one that is asked is a mistake, and is said."""
    with pytest.raises(BondedError):
        TrustedIssuer(url=HOME, kind="generic", jwks_hosts=frozenset({host}))


def test_parts_of_an_address() -> None:
    """Two addresses of one server have the same authority."""
    url = parse_url("https://Keys.Example:443/a/b?c=d/e")

    assert (url.authority, url.port, url.path, url.query) == (
        "keys.example",
        443,
        "/a/b",
        "?c=d/e",
    )
    assert parse_url("https://keys.example").authority == url.authority
    assert parse_url("https://keys.example:80").authority == "keys.example:80"


@given(st.text(alphabet="htps:/.@[]#?%-_aZ019\\ \n\u0456", max_size=30))
@settings(deadline=None)
def test_any_text_is_an_address_or_not(text: str) -> None:
    """No text makes the reader fail in another way, and what it takes has a host without a user."""
    try:
        url = parse_url(f"https://{text}")
    except InvalidUrl:
        return
    assert url.host
    assert "@" not in url.host
    assert text.lower().startswith(url.host)

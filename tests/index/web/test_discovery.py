"""PEP 807: from the address for uploads to the mint."""

from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bonded.index.web.accept import PROBLEM, PYTP
from bonded.minting.policy import Policy
from index_world import World, world

WHERE = "/.well-known/pytp?discover=%2Flegacy%2F"


def discover(stage: World, where: str = WHERE, **headers: str) -> httpx2.Response:
    """Ask as a client of PEP 807 does."""
    return stage.client.get(where, headers={"accept": PYTP, **headers})


@pytest.mark.parametrize("accept", [PYTP, "", "*/*", "application/*", f"text/html, {PYTP};q=0.1"])
def test_the_mint_is_found(stage: World, accept: str) -> None:
    """The endpoints are absolute, on the host and by the scheme that was asked."""
    response = discover(stage, accept=accept, host="Packages.Example:8443")

    assert response.status_code == 200
    assert response.headers["content-type"] == PYTP
    assert response.json() == {
        "audience-endpoint": "http://packages.example:8443/_/oidc/audience",
        "token-mint-endpoint": "http://packages.example:8443/_/oidc/mint-token",
        "features": ["multi-use-token"],
        "default-features": ["multi-use-token"],
    }


def test_over_tls_the_endpoints_are_https(stage: World) -> None:
    """Whoever asks by https is never sent to plain http."""
    with TestClient(stage.index.app, base_url="https://localhost") as client:
        found = client.get(WHERE).json()

    assert found["token-mint-endpoint"] == "https://localhost/_/oidc/mint-token"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?discover=",
        "?discover=%2F",
        "?discover=%2Flegacy",
        "?discover=legacy/",
        "?discover=%2Flegacy%2F%00",
        "?discover=%252Flegacy%252F",
        "?discover=%2Flegacy%2F&discover=%2Flegacy%2F",
        "?DISCOVER=%2Flegacy%2F",
        "?discover=%ff",
    ],
)
def test_other_paths_have_no_mint(stage: World, query: str) -> None:
    """What is no address for uploads here is a problem 404, however near it comes."""
    response = discover(stage, f"/.well-known/pytp{query}")

    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert (response.json()["status"], response.json()["title"]) == (404, "Not Found")
    assert "/legacy/" in response.json()["detail"]


@pytest.mark.parametrize("accept", ["application/json", "text/html", f"{PYTP};q=0", "nonsense"])
def test_other_forms_are_not_acceptable(stage: World, accept: str) -> None:
    """Whoever wants something else is told 406, as the PEP says."""
    response = discover(stage, accept=accept)

    assert (response.status_code, response.headers["content-type"]) == (406, PROBLEM)


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "user@host", "host:port", "-a.example", "a..b", "[x]", "h" * 300]
)
def test_a_host_that_is_none_is_refused(stage: World, host: str) -> None:
    """No answer repeats a text that is not a host."""
    response = discover(stage, host=host)

    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)
    assert "legacy" not in response.text


def test_two_hosts_are_refused(stage: World) -> None:
    """A request with two Host headers could be read in two ways."""
    hosts = [("host", "one.example"), ("host", "two.example")]

    assert stage.client.get(WHERE, headers=hosts).status_code == 400


def test_a_stranger_cannot_forward(stage: World) -> None:
    """The headers of proxies are not looked at unless the proxy is named."""
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    found = discover(stage, **forwarded).json()

    assert found["audience-endpoint"] == "http://testserver/_/oidc/audience"


def test_a_named_proxy_is_believed(tmp_path: Path) -> None:
    """Behind a proxy that is named, links begin as its clients see them; the last value is the proxy's own."""
    with world(tmp_path, trusted_proxies=frozenset({"testclient"})) as stage:
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "evil, packages.example"}
        found, plain = discover(stage, **forwarded).json(), discover(stage).json()
        odd = discover(stage, **{"x-forwarded-proto": "gopher"})

    assert found["audience-endpoint"] == "https://packages.example/_/oidc/audience"
    assert plain["audience-endpoint"] == "http://testserver/_/oidc/audience"
    assert odd.status_code == 400


def test_switched_off_there_is_nothing_to_find(tmp_path: Path) -> None:
    """Without trusted publishing no path has a mint; the audience says what PyPI says."""
    with world(tmp_path, mint=Policy(audience="here", enabled=False)) as stage:
        found = discover(stage)
        plain = stage.client.get("/_/oidc/audience")
        asked = stage.client.get("/_/oidc/audience", headers={"accept": PYTP})

    off = "Trusted publishing functionality not enabled"
    assert found.status_code == 404
    assert (plain.status_code, plain.json()) == (403, {"message": off})
    assert (asked.status_code, asked.json()["detail"]) == (403, off)
    assert asked.headers["content-type"] == PROBLEM


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW"]),
    path=st.sampled_from(
        [
            "/.well-known/pytp",
            WHERE,
            "/_/oidc/audience",
            "/_/oidc/mint-token",
            "/_/oidc/github/mint-token",
            "/_/oidc/burn-token",
        ]
    ),
    body=st.one_of(
        st.binary(max_size=40),
        st.dictionaries(
            st.sampled_from(["token", "features"]),
            st.recursive(
                st.none() | st.integers() | st.text(max_size=5) | st.just("multi-use-token"),
                lambda inner: st.lists(inner, max_size=2),
                max_leaves=3,
            ),
        ).map(lambda value: httpx2.Request("POST", "http://x", json=value).read()),
    ),
    named=st.tuples(
        st.sampled_from(["", "*/*", PYTP, PROBLEM, "application/json", "x", ";q=", "é", ",,"]),
        st.text(st.characters(max_codepoint=255, blacklist_categories=["Cc"]), max_size=10),
        st.text("discover=%2F+&; ü", max_size=12),
    ),
)
def test_nothing_makes_the_mint_fail(
    stage: World, method: str, path: str, body: bytes, named: tuple[str, str, str]
) -> None:
    """Whatever comes to these addresses, the answer is no 5xx; an exception inside would come out here."""
    accept, host, query = named
    headers = [
        (b"accept", accept.encode("latin-1")),
        (b"host", host.strip().encode("latin-1")),
        (b"content-type", b"application/json"),
    ]
    joint = "&" if "?" in path else "?"
    response = stage.client.request(method, f"{path}{joint}{query}", content=body, headers=headers)

    assert response.status_code < 500

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import BondedError
from bonded.oidc.documents import MAX_DOCUMENT, InvalidDocument, read_discovery, read_keys
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import InvalidKeySet
from claims_builder import key

URL = "https://issuer.example/tenant"
ISSUER = TrustedIssuer(url=URL, kind="generic", jwks_hosts=frozenset({"keys.example:8443"}))


def discovery(**bent: object) -> bytes:
    """Return a discovery document, with some members replaced; `...` takes one away."""
    whole: dict[str, object] = {"issuer": URL, "jwks_uri": "https://issuer.example/keys"} | bent
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "uri",
    [
        "https://issuer.example/keys",
        "https://issuer.example:443/keys",
        "https://ISSUER.example/keys?v=1",
        "https://keys.example:8443/",
    ],
)
def test_keys_lie_at_home_or_where_we_say(uri: str) -> None:
    """The keys are on the issuer's own host, or on one that is named beside it."""
    assert read_discovery(discovery(jwks_uri=uri, more=[1]), ISSUER) == uri


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (discovery(issuer=...), "it says None"),
        (discovery(issuer=f"{URL}/"), "must be of the issuer"),
        (discovery(issuer=URL.upper()), "must be of the issuer"),
        (discovery(issuer="https://issuer.example"), "must be of the issuer"),
        (discovery(issuer=[URL]), "must be of the issuer"),
        (discovery(issuer="x" * 5000), "x…"),
        (discovery(jwks_uri=...), "not an https address: None"),
        (discovery(jwks_uri=""), "not an https address"),
        (discovery(jwks_uri="/keys"), "not an https address"),
        (discovery(jwks_uri="http://issuer.example/keys"), "not an https address"),
        (discovery(jwks_uri="https://issuer.example@evil.example/"), "not an https address"),
        (discovery(jwks_uri="https://evil.example/keys"), "to another host, evil.example"),
        (discovery(jwks_uri="https://issuer.example.evil.example/"), "to another host"),
        (discovery(jwks_uri="https://sub.issuer.example/"), "to another host"),
        (discovery(jwks_uri="https://issuer.example:8443/"), "to another host"),
        (discovery(jwks_uri="https://keys.example/"), "to another host"),
        (discovery(jwks_uri="https://169.254.169.254/"), "to another host"),
        (b'{"issuer": "a", "issuer": "b"}', "a name is given twice"),
        (b"<html>", "discovery document is not strict JSON"),
        (b"[]", "not a JSON object"),
        (b" " * (MAX_DOCUMENT + 1), f"more than {MAX_DOCUMENT} bytes"),
    ],
)
def test_a_document_that_leads_elsewhere_is_refused(raw: bytes, reason: str) -> None:
    """Another issuer, another host, or no document: each is refused and said, at a bounded length."""
    with pytest.raises(InvalidDocument, match=reason) as caught:
        read_discovery(raw, ISSUER)
    assert len(caught.value.message) < 500


def test_a_secure_issuer_has_secure_keys() -> None:
    """On this machine too, https does not lead to http, for the port is another's."""
    issuer = TrustedIssuer(
        url="https://localhost:8443", kind="generic", jwks_hosts=frozenset({"localhost:80"})
    )
    raw = discovery(issuer=issuer.url, jwks_uri="http://localhost:8443/keys")

    with pytest.raises(InvalidDocument, match="leads from https to http"):
        read_discovery(raw, issuer)


def test_a_key_document_gives_keys() -> None:
    """A JWKS document is read as strictly, and its keys as `KeySet` says."""
    assert read_keys(json.dumps(key().jwks()).encode()).ids == (key().key_id,)
    with pytest.raises(InvalidDocument, match="key document is not strict JSON"):
        read_keys(b"nothing")
    with pytest.raises(InvalidKeySet):
        read_keys(b'{"keys": []}')


@given(st.dictionaries(st.sampled_from(["issuer", "jwks_uri"]), st.none() | st.text(max_size=40)))
@settings(deadline=None)
def test_any_document_is_taken_or_refused(bent: dict[str, object]) -> None:
    """No document makes the reader fail in another way, and none leads to a host that is not named."""
    try:
        uri = read_discovery(discovery(**bent), ISSUER)
    except BondedError:
        return
    assert uri.startswith("https://issuer.example/")

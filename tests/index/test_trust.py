"""Which issuers are trusted, as whom, and when they are asked."""

import json
from collections.abc import Iterator
from itertools import count

import pytest

from bonded.errors import RemoteError
from bonded.index.trust import (
    Registered,
    TrustedKeys,
    UntrustedIssuer,
    check_issuer,
    trusted_issuers,
)
from bonded.oidc.issuers import InvalidIssuer, TrustedIssuer
from bonded.publishers.providers import PROVIDERS
from index_world import github, signing_key

ORGANISATION = "https://oidc.circleci.com/org/0a1b2c3d-0000-4000-8000-000000000001"
OTHER = "https://oidc.circleci.com/org/0a1b2c3d-0000-4000-8000-000000000002"
OWN = TrustedIssuer(url="https://gitlab.example", kind="gitlab")


class Issuers:
    """Every issuer's server, which counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str, *, max_bytes: int, private_network: bool) -> bytes:
        """Answer as an issuer does."""
        assert max_bytes
        assert not private_network
        self.asked.append(url)
        issuer, _, _ = url.partition("/.well-known")
        if issuer == url:
            return json.dumps(signing_key().jwks()).encode()
        return json.dumps({"issuer": issuer, "jwks_uri": f"{issuer}/keys"}).encode()


def ticking() -> Iterator[float]:
    """Give a clock that goes on."""
    return map(float, count())


def trusted(issuers: Issuers, *, organisations: bool = True) -> TrustedKeys:
    """Trust what an index trusts by default, and a GitLab."""
    clock = ticking()
    return TrustedKeys(
        trusted_issuers([OWN]), issuers, lambda: next(clock), organisations=organisations
    )


def test_every_service_is_trusted_as_itself() -> None:
    """A service that has one issuer is trusted under it, with its algorithms and hosts."""
    found = {one.url: one for one in trusted_issuers(())}
    for provider in PROVIDERS:
        if provider.issuer:
            assert found[provider.issuer].kind == provider.kind
            assert found[provider.issuer].jwks_hosts == provider.jwks_hosts


@pytest.mark.parametrize("provider", [one for one in PROVIDERS if one.issuer], ids=lambda p: p.kind)
def test_nobody_else_is_a_known_service(provider: object) -> None:
    """No issuer of a service can be given to publishers of another kind."""
    assert provider in PROVIDERS
    issuer = next(one.issuer for one in PROVIDERS if one is provider)
    for other in PROVIDERS:
        if other is not provider:
            with pytest.raises(InvalidIssuer, match="own, so it cannot be of the kind"):
                trusted_issuers([TrustedIssuer(url=issuer, kind=other.kind)])


def test_an_organisation_is_known_by_its_form() -> None:
    """An issuer of an organisation of a known service is trusted; with the switch off it is not."""
    keys = trusted(Issuers())
    found = keys.issuer(ORGANISATION)

    assert found is not None
    assert found.kind == "circleci"
    assert trusted(Issuers(), organisations=False).issuer(ORGANISATION) is None
    assert keys.issuer("https://oidc.circleci.com/org/x") is None
    assert keys.issuer("https://evil.example") is None


def test_keys_come_from_each_issuer_once() -> None:
    """Keys of organisations are kept like those of named issuers."""
    issuers = Issuers()
    keys = trusted(issuers)
    for url in (OWN.url, ORGANISATION, OWN.url, ORGANISATION):
        issuer = keys.issuer(url)
        assert issuer is not None
        assert keys.keys_for(issuer, signing_key().key_id).ids == (signing_key().key_id,)

    assert len(issuers.asked) == 4


def test_an_organisation_without_publishers_is_nobody() -> None:
    """Who invents organisations does not make the index ask for keys."""
    issuers = Issuers()
    keys = Registered(trusted(issuers), lambda url: url == ORGANISATION)
    known, own = keys.issuer(ORGANISATION), keys.issuer(OWN.url)

    assert known is not None
    assert own == OWN
    assert keys.issuer(OTHER) is None
    assert keys.issuer("https://evil.example") is None
    assert keys.keys_for(known, signing_key().key_id).ids


def test_a_silent_issuer_is_a_remote_error() -> None:
    """Keys that cannot be had are said to be missing, not to be none."""

    def silent(url: str, *, max_bytes: int, private_network: bool) -> bytes:
        raise RemoteError(f"nobody at {url} {max_bytes} {private_network}")

    clock = ticking()
    keys = TrustedKeys([OWN], silent, lambda: next(clock), organisations=False)
    with pytest.raises(RemoteError, match="cannot be had"):
        keys.keys_for(OWN, "x")


def test_a_publisher_must_be_of_a_trusted_issuer() -> None:
    """What would never be matched is not registered, and the sentence says how to trust it."""
    check_issuer(github(), TrustedIssuer(url=github().issuer, kind="github"))
    with pytest.raises(UntrustedIssuer, match="does not trust") as refused:
        check_issuer(github(), None)
    assert '[[issuers]] with url = "https://' in refused.value.hint
    with pytest.raises(UntrustedIssuer, match="trusted as 'ghes', not as 'github'"):
        check_issuer(github(), TrustedIssuer(url=github().issuer, kind="ghes"))


def test_an_issuer_may_have_a_way_out_of_its_own() -> None:
    """Who believes an authority of his own for one issuer asks only that one so."""
    own, others = Issuers(), Issuers()
    clock = ticking()
    keys = TrustedKeys(
        trusted_issuers([OWN]),
        others,
        lambda: next(clock),
        organisations=True,
        fetches={OWN.url: own},
    )
    for url in (OWN.url, ORGANISATION):
        issuer = keys.issuer(url)
        assert issuer is not None
        assert keys.keys_for(issuer, signing_key().key_id).ids

    assert own.asked
    assert others.asked
    assert not set(own.asked) & set(others.asked)

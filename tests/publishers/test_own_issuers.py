from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import claims_activestate
import claims_builder
import claims_buildkite
import claims_circleci
import claims_forgejo
import claims_generic
import claims_ghes
import claims_gitlab
import claims_google
from bonded.oidc.claims import VerifiedClaims
from bonded.publishers import STRICT, InvalidPublisher, from_fields, select
from bonded.publishers.issuer_urls import RESERVED_HOSTS, host_of, issuer_fault
from bonded.publishers.providers import PROVIDERS, provider_of_kind
from bonded.publishers.rule import Publisher

Build = Callable[..., dict[str, object]]

OURS: dict[str, tuple[Build, Publisher]] = {
    "ghes": (claims_ghes.claims, claims_ghes.publisher()),
    "forgejo": (claims_forgejo.claims, claims_forgejo.publisher()),
    "circleci": (claims_circleci.claims, claims_circleci.publisher()),
    "buildkite": (claims_buildkite.claims, claims_buildkite.publisher()),
    "generic": (claims_generic.claims, claims_generic.publisher()),
}
"""The services that PyPI does not know, each with valid claims and what is registered for them."""

SELF_RUN = ("ghes", "forgejo", "generic")

CANONICAL: dict[str, dict[str, object]] = {
    "github": claims_builder.claims(),
    "gitlab": claims_gitlab.claims(),
    "google": claims_google.claims(),
    "activestate": claims_activestate.claims(),
    "circleci": claims_circleci.claims(),
    "buildkite": claims_buildkite.claims(),
}
"""Valid claims of every issuer that a provider alone has."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)

kinds = pytest.mark.parametrize("kind", OURS)


def case(kind: str) -> tuple[dict[str, object], Publisher]:
    """Return valid claims of a service, and the publisher that they speak for."""
    build, registered = OURS[kind]
    return build(), registered


@kinds
def test_services_that_pypi_does_not_know(kind: str) -> None:
    """They are on the list, and marked as no concern of PyPI's."""
    provider = provider_of_kind(kind)

    assert provider is not None
    assert not provider.on_pypi
    assert select([case(kind)[1]], case(kind)[0], rules=STRICT).publisher is case(kind)[1]


@kinds
def test_claims_read_from_a_token_are_judged_the_same(kind: str) -> None:
    """Verified claims hold tuples where JSON has lists, and that makes no difference."""
    claims, registered = case(kind)

    assert select([registered], VerifiedClaims(claims)).publisher is registered


@kinds
def test_what_is_stored_comes_back(kind: str) -> None:
    """The fields of a publisher make the same publisher again."""
    _, registered = case(kind)

    assert from_fields(kind, registered.to_fields()) == registered


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_any_claims_are_judged_and_the_source_is_shared(data: st.DataObject) -> None:
    """No JSON makes the choice fail in another way; a publisher is found under the first source of the claims."""
    claims, registered = case(data.draw(st.sampled_from(sorted(OURS))))
    provider = provider_of_kind(registered.kind)
    assert provider is not None
    bent = claims | data.draw(st.dictionaries(st.sampled_from(sorted(claims)), JSON, max_size=3))

    choice = select([registered], bent, rules=STRICT)

    assert bool(choice.reason) == (choice.publisher is None)
    assert all(isinstance(text, str) for text in provider.sources_of(bent))
    assert isinstance(provider.same_source(registered, bent), bool)
    if choice.publisher is not None:
        assert choice.publisher.sources()[0] == provider.sources_of(bent)[0]
        assert provider.same_source(registered, bent)


LOOSE = {
    "build_tag",
    "environment",
    "event_name",
    "job_workflow_ref",
    "jti",
    "oidc.circleci.com/context-ids",
    "oidc.circleci.com/vcs-ref",
    "ref",
    "repository_id",
}
"""Claims that more than one value satisfies; each has its own table."""


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_no_change_of_a_compared_claim_passes(data: st.DataObject) -> None:
    """Whatever else a claim that is compared to the letter says, nothing is chosen."""
    claims, registered = case(data.draw(st.sampled_from(sorted(OURS))))
    compared = {check.claim for check in registered.checks()} - LOOSE
    name = data.draw(st.sampled_from(sorted(compared & claims.keys())))
    value = data.draw(JSON)

    unchanged = type(value) is type(claims[name]) and value == claims[name]
    assert unchanged or select([registered], claims | {name: value}).publisher is None


@given(st.data())
@settings(deadline=None)
def test_order_and_unknown_claims_never_matter(data: st.DataObject) -> None:
    """Claims in another order, with others that nobody looks at, are judged the same."""
    claims, registered = case(data.draw(st.sampled_from(sorted(OURS))))
    extra = data.draw(st.dictionaries(st.from_regex(r"x_[a-z]{1,5}", fullmatch=True), JSON))
    order = data.draw(st.permutations(sorted(claims | extra)))
    shuffled = {name: (claims | extra)[name] for name in order}

    assert select([registered], shuffled).publisher is registered
    assert select([registered], shuffled | {"iss": "https://x.example"}).publisher is None


@pytest.mark.parametrize("owner", CANONICAL)
@pytest.mark.parametrize("kind", SELF_RUN)
def test_no_service_of_ones_own_takes_a_known_issuers_tokens(kind: str, owner: str) -> None:
    """Such an issuer cannot be registered, and if it were, its tokens would still not be looked at."""
    tokens = CANONICAL[owner]
    issuer = str(tokens["iss"])
    fields = case(kind)[1].to_fields() | {"issuer_url": issuer}
    smuggled = type(case(kind)[1])(**fields)

    with pytest.raises(InvalidPublisher):
        from_fields(kind, fields)
    assert smuggled.issuer == issuer
    assert select([smuggled], case(kind)[0] | tokens).publisher is None


ISSUERS = st.one_of(
    st.sampled_from([str(claims["iss"]) for claims in CANONICAL.values()]),
    st.from_regex(r"https://[a-z.]{1,12}(/[a-z_./]{0,12})?", fullmatch=True),
    st.text(max_size=20),
)
DECORATED = st.tuples(
    ISSUERS, st.sampled_from(["", "/", "/x", "?", "#", ".", ":443", " ", "/octo"])
)


@given(st.sampled_from(SELF_RUN), DECORATED, st.sampled_from(sorted(CANONICAL)))
@settings(deadline=None, max_examples=300)
def test_no_issuer_that_is_taken_opens_another_service(
    kind: str, parts: tuple[str, str], owner: str
) -> None:
    """Whatever issuer a publisher brings, tokens of a service that has its own never speak for it."""
    try:
        made = from_fields(kind, case(kind)[1].to_fields() | {"issuer_url": "".join(parts)})
    except InvalidPublisher:
        return
    tokens = case(kind)[0] | CANONICAL[owner]
    assert select([made], tokens).publisher is None
    assert made.issuer != tokens["iss"]


@pytest.mark.parametrize("kind", SELF_RUN)
def test_two_servers_never_take_each_others_tokens(kind: str) -> None:
    """Names and ids are the same on both; the issuer alone tells them apart, to the letter."""
    build, first = OURS[kind]
    other = first.issuer.replace("acme", "evil")
    second = from_fields(kind, first.to_fields() | {"issuer_url": other})

    for registered in ([first, second], [second, first]):
        assert select(registered, build()).publisher is first
        assert select(registered, build(iss=other)).publisher is second
    assert select([second], build()).reason == "unknown trusted publishing issuer"
    assert select([first], build(iss=first.issuer.upper())).publisher is None


def test_two_kinds_of_one_issuer_are_told_apart() -> None:
    """A server that is registered as two kinds is judged by each kind's own publishers."""
    build, forge = OURS["forgejo"]
    plain = claims_generic.publisher(issuer_url=forge.issuer)

    assert select([plain, forge], build()).publisher is forge
    assert select([forge, plain], claims_generic.claims(iss=forge.issuer)).publisher is plain
    assert select([plain], build()).publisher is None


def test_hosts_of_known_issuers_are_reserved() -> None:
    """The list of hosts is the list of providers that have an issuer for all."""
    assert {host_of(one.issuer) for one in PROVIDERS if one.issuer} == RESERVED_HOSTS


@pytest.mark.parametrize(
    "issuer",
    [
        "https://git.acme.example",
        "https://git.acme.example:8443/x/y",
        "http://127.0.0.1:8000/oidc",
        "https://[::1]/oidc",
        "https://gitlab.com.acme.example",
    ],
)
def test_issuers_of_ones_own_that_are_taken(issuer: str) -> None:
    """An address that can be asked, and is nobody else's, can be brought."""
    assert issuer_fault(issuer) == ""


def test_a_publisher_of_the_source_is_named_in_a_refusal() -> None:
    """Of several publishers of one source, none of which passes, the nearest gives the reason."""
    near = claims_buildkite.publisher(build_branch="other")
    far = claims_buildkite.publisher(build_branch="other", build_tag="x", step_key="y")
    choice = select([far, near], claims_buildkite.claims())

    assert choice.nearest is not None
    assert choice.nearest.publisher is near
    assert choice.reason == "Check failed for optional claim 'build_branch'"


@pytest.mark.parametrize("owner", [kind for kind in CANONICAL if kind != "gitlab"])
def test_a_gitlab_of_ones_own_is_no_other_service(owner: str) -> None:
    """A GitLab publisher too may bring an issuer, and not one of another service."""
    fields = claims_gitlab.publisher().to_fields() | {"issuer_url": str(CANONICAL[owner]["iss"])}

    with pytest.raises(InvalidPublisher, match="issuer_url"):
        from_fields("gitlab", fields)

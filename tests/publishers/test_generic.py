import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.publishers import STRICT, InvalidPublisher, Rules, from_fields, select
from bonded.publishers.claim_lines import GLOB_CLAIMS
from bonded.publishers.generic import FORM, PROVIDER
from bonded.publishers.globs import matches
from bonded.publishers.providers import PROVIDERS
from claims_generic import ISSUER, claims, publisher

GOOD = publisher().to_fields()


@pytest.mark.parametrize(
    "bent",
    [{}, {"ref": "refs/tags/v2"}, {"sub": ..., "job": "x", "exp": 5}, {"ref": "refs/tags/v"}],
)
def test_generic_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """What is listed is equal, or one that the star stands for; the rest does not matter."""
    for rules in (Rules(), STRICT, Rules(require_environment=True)):
        assert select([publisher()], claims(**bent), rules=rules).publisher == publisher()


@pytest.mark.parametrize(
    ("bent", "claim"),
    [
        ({"org_id": "o-32"}, "org_id"),
        ({"org_id": "O-31"}, "org_id"),
        ({"org_id": ""}, "org_id"),
        ({"org_id": ...}, "org_id"),
        ({"org_id": ["o-31"]}, "org_id"),
        ({"project": "acme/gadget"}, "project"),
        ({"project": "Acme/widget"}, "project"),
        ({"ref": "refs/heads/main"}, "ref"),
        ({"ref": "refs/tags/v1/x"}, "ref"),
        ({"ref": ...}, "ref"),
        ({"ref": ""}, "ref"),
        ({"jti": ""}, "jti"),
        ({"jti": 5}, "jti"),
    ],
)
def test_generic_claims_that_are_refused(bent: dict[str, object], claim: str) -> None:
    """Every claim that is listed must be there, a text, and equal."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert [miss.claim for miss in choice.mismatches] == [claim]
    assert choice.reason == f"Check failed for required claim '{claim}'"


def test_a_token_without_an_id_is_refused() -> None:
    """What cannot be remembered could be exchanged twice."""
    for absent in (None, ...):
        assert select([publisher()], claims(jti=absent)).reason == "Missing claim 'jti'"


def test_the_longest_list_of_claims_wins() -> None:
    """Of several that match, the one that compares most is taken, and a star counts for less."""
    two = publisher(claims="org_id=o-31\nproject=acme/widget")
    exact = publisher(claims="org_id=o-31\nproject=acme/widget\nref=refs/tags/v1.0")

    assert select([two, publisher()], claims()).publisher == publisher()
    assert select([two, publisher(), exact], claims()).publisher is exact


TYPED = " project = acme/widget \r\n\n org_id=o-31\nref=refs/tags/v*"


def test_lines_are_put_in_order() -> None:
    """Spaces and order do not make another publisher."""
    made = from_fields("generic", GOOD | {"claims": TYPED, "immutable_claims": "org_id,"})

    assert made.to_fields() == {
        "issuer_url": ISSUER,
        "claims": "org_id=o-31\nproject=acme/widget\nref=refs/tags/v*",
        "immutable_claims": "org_id",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer_url", ""),
        ("issuer_url", "http://ci.acme.example"),
        ("issuer_url", f"{ISSUER}/"),
        ("issuer_url", f"{ISSUER}?x=1"),
        ("issuer_url", f"{ISSUER} {ISSUER}"),
        *(("issuer_url", f"{one.issuer}/x") for one in PROVIDERS if one.issuer),
        ("claims", ""),
        ("claims", "org_id=o-31"),
        ("claims", "org_id=o-31\norg_id=o-32"),
        ("claims", "org_id=o-31\nproject"),
        ("claims", "org_id=o-31\nproject="),
        ("claims", "org_id=o-31\n=x"),
        ("claims", "org_id=o-31\nmy claim=x"),
        ("claims", "org_id=o-31\nproject=a\tb"),
        ("claims", "org_id=o-31\nproject=a\u2028b"),
        ("claims", f"org_id=o-31\nproject={'x' * 513}"),
        ("claims", "org_id=o-31\n" + "\n".join(f"c{n}=x" for n in range(20))),
        *(("claims", f"org_id=o-31\n{name}=x") for name in ("iss", "aud", "exp", "jti", "iat")),
        *(
            ("claims", f"org_id=o-31\n{name}=acme/*")
            for name in ("sub", "repository", "project_path", "namespace", "owner", "organization")
        ),
        ("claims", "org_id=o-*\nproject=acme/widget"),
        ("claims", "org_id=o-31\njob_workflow_ref=acme/widget/x.yml@*"),
        ("claims", "org_id=o-31\nref=*"),
        ("claims", "org_id=o-31\nref=*/x"),
        ("claims", "org_id=o-31\nref=r*/tags/v1"),
        ("claims", "org_id=o-31\nbranch=r*:x"),
        ("claims", "org_id=o-31\nref=r/*/*/*/*"),
        ("immutable_claims", ""),
        ("immutable_claims", ","),
        ("immutable_claims", "project_id"),
        ("immutable_claims", "org_id other"),
        ("immutable_claims", "ref"),
    ],
)
def test_generic_fields_that_are_refused(field: str, value: str) -> None:
    """Too few claims, a star in an owner's place, another service's issuer: each is named."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("generic", GOOD | {field: value})
    assert [fault.field for fault in caught.value.faults] == [field]


def test_claims_may_be_long_names() -> None:
    """Names with dots, slashes and colons are claims of some services."""
    lines = "https://ci.example/org=7\nbranch=release/*\nsub=a=b"

    made = from_fields(
        "generic", GOOD | {"claims": lines, "immutable_claims": "https://ci.example/org"}
    )

    given = {"https://ci.example/org": "7", "branch": "release/1", "sub": "a=b"}
    assert select([made], claims(**given)).publisher is made
    assert select([made], claims(**(given | {"branch": "main"}))).publisher is None


def test_a_generic_publisher_says_what_it_is() -> None:
    """Fields, form and title come from its data; nothing more is known of it."""
    assert list(GOOD) == [field.name for field in FORM]
    assert publisher().form_values() == {"provider": "generic", **GOOD}
    assert publisher().title == (
        "org_id=o-31, project=acme/widget, ref=refs/tags/v* of ci.acme.example"
    )
    assert (publisher().links(), publisher().certificate_facts(claims())) == ((), ())
    assert publisher().sources() == PROVIDER.sources_of(claims())


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"project": "acme/gadget", "ref": "x"}, True),
        ({"org_id": "o-32"}, False),
        ({"org_id": ...}, False),
        ({"iss": "https://ci.evil.example/oidc"}, False),
    ],
)
def test_whom_generic_refusals_are_explained_to(bent: dict[str, object], *, same: bool) -> None:
    """The immutable claims prove the source, and names do not."""
    assert PROVIDER.same_source(publisher(), claims(**bent)) is same


@given(st.text("ab*", max_size=6), st.text("ab/", max_size=8))
@settings(deadline=None)
def test_a_star_stands_for_anything_but_a_slash(glob: str, text: str) -> None:
    """Matching finds what the pattern of the rule finds."""
    pattern = "".join("[^/]*" if char == "*" else re.escape(char) for char in glob)

    assert matches(glob, text) == bool(re.fullmatch(pattern, text))


def test_hostile_globs_cost_little() -> None:
    """A claim as long as a token may be is compared at once, whatever the stars."""
    assert not matches("a*a*a*b", "a" * 10**6)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4), st.text())
@settings(deadline=None)
def test_any_lines_make_a_publisher_or_faults(pairs: list[tuple[str, str]], names: str) -> None:
    """No text makes the form fail in another way, and stars stay where they may be."""
    lines = "\n".join(f"{name}={value}" for name, value in [*pairs, ("id", "1"), ("org", "2")])
    try:
        made = from_fields("generic", GOOD | {"claims": lines, "immutable_claims": f"id {names}"})
    except InvalidPublisher:
        return
    assert from_fields("generic", made.to_fields()) == made
    for line in made.to_fields()["claims"].split("\n"):
        name, _, value = line.partition("=")
        assert "*" not in value or name in GLOB_CLAIMS

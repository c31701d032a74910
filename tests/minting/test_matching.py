"""What genuine claims speak for: publishers, pending ones, pinned ids, disabled publishers."""

from dataclasses import replace

import pytest

import claims_google
from bonded.dists.names import parse_project_name
from bonded.minting.exchange import Granted, consider
from bonded.minting.matching import Match, match
from bonded.minting.policy import Policy
from bonded.minting.ports import Pending, Refusal, Registered
from bonded.oidc.claims import VerifiedClaims
from bonded.oidc.issue import issue
from bonded.publishers import Publisher, google
from claims_builder import AUDIENCE, NOW, claims, key, publisher
from mint_builder import Mint, refusal_of, registered, request

STRICT = Policy.strict(AUDIENCE)
PINS = {"repository_id": "7001", "repository_owner_id": "5001"}


def pending(name: str, *, exists: bool = False, of: Publisher | None = None) -> Pending:
    """Return a pending publisher that waits for a project."""
    return Pending(
        id=f"w-{name}",
        publisher=of or publisher(),
        project=parse_project_name(name),
        project_exists=exists,
    )


def bent_of(one: Registered, **changes: object) -> tuple[Registered, ...]:
    """Return a registered publisher with pins or a reason for its being disabled."""
    return (replace(one, **changes),)  # type: ignore[arg-type]


def granted(mint: Mint, **bent: object) -> Granted:
    """Insist on a grant."""
    outcome = mint.ask_with(**bent)
    assert isinstance(outcome, Granted), outcome
    return outcome


def test_the_first_grant_pins_the_ids() -> None:
    """What outlives a rename is written down with the grant, and not again with the next."""
    (first,) = registered(publisher())

    assert granted(Mint(policy=STRICT)).grant.pins == PINS
    again = Mint(publishers=bent_of(first, pins=PINS), policy=STRICT)
    assert granted(again).grant.pins == {}


def test_pypi_pins_nothing() -> None:
    """By PyPI's rules a repository made anew under the old name keeps the right."""
    (one,) = registered(publisher())
    mint = Mint(publishers=bent_of(one, pins=PINS))

    assert granted(mint, repository_id="9").grant.pins == {}


@pytest.mark.parametrize("changed", [{"repository_id": "7002"}, {"repository_id": ...}])
def test_a_changed_id_disables(changed: dict[str, object]) -> None:
    """The refusal names the id, and tells the index to disable the publisher."""
    (one,) = registered(publisher())
    refused = refusal_of(
        Mint(publishers=bent_of(one, pins=PINS), policy=STRICT).ask_with(**changed)
    )

    assert refused.code == "invalid-publisher"
    assert "disabled: 'repository_id' was '7001', now it is" in refused.description
    assert refused.refusal.disable == "p0"


def with_sibling(**pinned: object) -> tuple[Registered, ...]:
    """Return the publisher of every environment, which nobody used yet, and that of one, with pins."""
    fresh, used = registered(publisher(environment=""), publisher())
    return (fresh, *bent_of(used, **pinned))


@pytest.mark.parametrize("reason", ["", "its id changed"])
def test_a_publisher_that_nobody_used_is_no_way_around_pins(reason: str) -> None:
    """Whoever took a freed name is refused by what any publisher of the source was pinned to, disabled or not."""
    mint = Mint(publishers=with_sibling(pins=PINS, disabled=reason), policy=STRICT)
    refused = refusal_of(mint.ask_with(environment="staging", repository_id="666"))

    assert "'repository_id' was '7001', now it is '666'" in refused.description
    assert refused.refusal.disable == "p1"
    assert granted(mint, environment="staging").grant.pins == PINS


def test_a_pending_publisher_is_no_way_around_pins() -> None:
    """It has no pins of its own, and begins nothing for a source that another publisher knows under another id."""
    waiting = (pending("new", of=publisher(environment="")),)
    mint = Mint(publishers=with_sibling(pins=PINS)[1:], pending=waiting, policy=STRICT)
    refused = refusal_of(mint.ask_with(environment="staging", repository_id="666"))

    assert refused.refusal.disable == "p1"
    assert granted(mint, environment="staging").grant.pending_ids == ("w-new",)


def test_pins_of_another_owner_are_his_own() -> None:
    """Two accounts had one name after the other: what the first was pinned to is nothing to the second."""
    mine, old = registered(publisher(), publisher(repository_owner_id="4"))
    others = {"repository_id": "1", "repository_owner_id": "4"}
    mint = Mint(publishers=(mine, replace(old, pins=others)), policy=STRICT)

    assert granted(mint).grant.pins == PINS


def test_an_id_in_the_fields_stands_above_the_pins_of_others() -> None:
    """Who registers a number knows it: what the address alone was pinned to before does not count."""
    module = claims_google
    by_number, by_address = registered(module.publisher(), module.publisher(sub=""))
    mint = Mint(publishers=(by_number, replace(by_address, pins={"sub": "7"})))
    found = match(
        VerifiedClaims(module.claims()),
        google.PROVIDER,
        publishers=mint,
        rules=STRICT.rules,
        now=NOW,
    )

    assert isinstance(found, Match)
    assert found.pins == {"sub": module.SUBJECT}


def test_a_disabled_publisher_gives_nothing_and_says_so() -> None:
    """Its reason is in the refusal; other publishers are not disabled with it."""
    (one,) = registered(publisher())
    refused = refusal_of(Mint(publishers=bent_of(one, disabled="its id changed")).ask_with())

    assert refused.description.endswith("(the publisher is disabled: its id changed)")
    assert refused.refusal.disable == ""


def test_a_publisher_of_the_same_repository_is_the_nearest() -> None:
    """Although its pinned id is another now, it is what its owner looks for; it is marked as closed to the bearer."""
    one, other = registered(publisher(), publisher(repository_name="gadget"))
    mint = Mint(publishers=(*bent_of(one, pins=PINS), other), policy=STRICT)
    refused = refusal_of(mint.ask_with(environment="x", repository_id="666"))

    judged = [judgement.publisher for judgement in refused.judgements]
    assert judged == [one.publisher, other.publisher]
    assert refused.refusal.closed == (one.publisher,)
    assert [row.claim for row in refused.refusal.pinned if not row.passed] == ["repository_id"]


def test_a_pending_publisher_gives_its_project() -> None:
    """One identity may wait for several projects: the token is for each, and for those that it has."""
    waiting = (pending("new"), pending("newer"))
    alone = granted(Mint(publishers=(), pending=waiting))
    both = granted(Mint(pending=waiting))

    assert alone.registered is None
    assert alone.grant.publisher_id is None
    assert alone.grant.projects == ("new", "newer")
    assert alone.grant.pending_ids == ("w-new", "w-newer")
    assert alone.selection.publisher == publisher()
    assert both.grant.publisher_id == "p0"
    assert both.grant.projects == ("widget", "new", "newer")


def test_pending_publishers_of_other_identities_do_not_help() -> None:
    """Each is held against the claims as any publisher is."""
    other = pending("new", of=publisher(environment="testpypi"))
    refused = refusal_of(Mint(publishers=(), pending=(other,)).ask_with())

    assert refused.code == "invalid-publisher"
    assert [one.publisher for one in refused.judgements] == [other.publisher]


def test_a_pending_publisher_whose_project_exists_is_void() -> None:
    """PyPI's answer; the index drops it. A publisher of the same identity is not hindered by it."""
    void = pending("taken", exists=True)
    refused = refusal_of(Mint(publishers=(), pending=(void,)).ask_with())

    assert (refused.code, refused.description) == (
        "invalid-pending-publisher",
        "valid token, but project already exists",
    )
    assert refused.refusal.drop_pending == ("w-taken",)
    assert granted(Mint(pending=(void,))).grant.pending_ids == ()


@pytest.mark.parametrize(
    ("policy", "taken"),
    [
        (Policy(audience=AUDIENCE), True),
        (Policy(audience=AUDIENCE, disabled_kinds=frozenset({"gitlab"})), True),
        (Policy(audience=AUDIENCE, disabled_kinds=frozenset({"github"})), False),
        (Policy(audience=AUDIENCE, enabled=False), False),
    ],
)
def test_a_kind_that_is_off(policy: Policy, taken: bool) -> None:  # noqa: FBT001 - a column of the table
    """Nothing of it is looked at, not even the signature."""
    mint = Mint(policy=policy)
    outcome = mint.ask(request(issue(claims(), key())))

    assert isinstance(outcome, Granted) is taken
    if not taken:
        refused = refusal_of(outcome)
        assert refused.code == "not-enabled"
        assert refused.description == "github trusted publishing functionality not enabled"


def test_considering_writes_nothing() -> None:
    """A token may be tried any number of times, and be exchanged then."""
    mint = Mint(policy=STRICT)
    body = request(issue(claims(), key()))
    tries = [consider(body, policy=STRICT, keys=mint, publishers=mint, now=NOW) for _ in range(3)]

    assert not any(isinstance(one, Refusal) for one in tries)
    assert mint.used == {}
    assert isinstance(mint.ask(body), Granted)
    assert refusal_of(mint.ask(body)).code == "invalid-reuse-token"

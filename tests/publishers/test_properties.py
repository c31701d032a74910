"""What holds for every service that PyPI knows, whatever the claims say.

For GitHub's `job_workflow_ref` and GitLab's `ci_config_ref_uri` a second text is as good, with the commit in the place
of the ref; their own tests try it.
"""

from functools import cache
from itertools import permutations
from string import ascii_letters

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bonded.publishers import InvalidPublisher, Publisher, Rules, from_fields, select
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS
from claims_kinds import KINDS, Kind

ALL_RULES = Rules(
    pin_ids=True,
    deny_risky_events=True,
    require_environment=True,
    require_protected_ref=True,
    require_hosted_runner=True,
)

ODD = ("abc", "a.yml", "a@b.example", "5001", "https://git.acme.example")

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
"""Any text that JSON can say, single surrogates included."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def compared(kind: Kind) -> list[str]:
    """Return the claims that the narrow publisher compares."""
    return [check.claim for check in kind.narrow.checks()]


@st.composite
def bent_texts(draw: st.DrawFn, good: str) -> str:
    """Return a text that is one small change away from a valid one."""
    place = draw(st.integers(0, len(good)))
    extra = draw(st.sampled_from([*"@:/. %_*\x00\n", "", "//", ".yml@", "k", "K", "\u212a"]))
    change = draw(st.sampled_from(["insert", "cut", "replace", "swap", "upper", "lower", "join"]))
    head, tail = good[:place], good[place:]
    changed: dict[str, str] = {
        "insert": head + extra + tail,
        "cut": head,
        "replace": head + extra + tail[1:],
        "swap": head + tail.swapcase(),
        "upper": good.upper(),
        "lower": good.lower(),
        "join": good + extra + good,
    }
    return changed[change]


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_no_change_of_a_compared_claim_is_accepted(kind: Kind, data: st.DataObject) -> None:
    """A claim that is compared opens the door with the values that the rule names, and with no others."""
    name = data.draw(st.sampled_from(compared(kind)))
    value = data.draw(bent_texts(str(kind.claims()[name])) | JSON)
    chosen = select([kind.narrow], kind.claims(**{name: value})).publisher

    assert chosen == (kind.narrow if kind.is_as_good(name, value) else None)


@every_kind
def test_every_required_claim_is_missed(kind: Kind) -> None:
    """Without one of the claims that must be there, or with null in its place, nothing is chosen."""
    for name in {*kind.provider.required_claims, *compared(kind)}:
        assert select([kind.narrow], kind.claims(**{name: ...})).publisher is None
        assert select([kind.narrow], kind.claims(**{name: None})).publisher is None
    assert select([kind.narrow], kind.claims()).publisher is kind.narrow


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_order_and_unknown_claims_never_matter(kind: Kind, data: st.DataObject) -> None:
    """Claims in any order, with others among them that no check reads, give the same answer."""
    name = data.draw(st.sampled_from(["iss", *compared(kind)]))
    claims = kind.claims(**{name: data.draw(st.just(kind.claims()[name]) | JSON)})
    extra = data.draw(st.dictionaries(TEXTS.map("x_".__add__), JSON, max_size=4))
    shuffled = dict(data.draw(st.permutations([*extra.items(), *claims.items()])))

    assert select([kind.narrow, kind.wide], shuffled) == select([kind.narrow, kind.wide], claims)


@cache
def lookalikes() -> tuple[str, ...]:
    """Return every character beyond ASCII that some change of letter case turns into an ASCII letter."""
    return tuple(
        char
        for char in map(chr, range(128, 0x110000))
        if set(ascii_letters) & {*char.lower(), *char.upper(), *char.casefold()}
    )


@every_kind
def test_the_case_rules_hold_for_all_of_unicode(kind: Kind) -> None:
    """A character that is like the right one passes where PyPI's comparison in lower case lets it, and only there."""
    assert {"\u212a", "\u0130", "\u0131", "\u017f", "\ufb01"} < set(lookalikes())
    for name in compared(kind):
        good = kind.claims()[name]
        if not isinstance(good, str) or name == "jti":
            continue
        for place, char in enumerate(good):
            alike = [one for one in lookalikes() if one.casefold()[:1] == char.casefold()]
            for other in (*alike, char.swapcase()):
                value = good[:place] + other + good[place + 1 :]
                chosen = select([kind.narrow], kind.claims(**{name: value})).publisher

                assert (chosen is not None) == kind.is_as_good(name, value), value


@pytest.mark.parametrize(("one", "other"), [*permutations(KINDS, 2)])
def test_publishers_of_another_issuer_never_match(one: str, other: str) -> None:
    """All claims of a service, signed by another: the signer alone decides whose publishers are looked at."""
    kind, theirs = KINDS[one], KINDS[other]
    forged = theirs.claims() | kind.claims(iss=theirs.narrow.issuer)

    assert select([kind.narrow, kind.wide], forged).judgements == ()
    assert select([kind.narrow, theirs.narrow], forged).publisher in (None, theirs.narrow)


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_only_the_very_issuer_matches(kind: Kind, data: st.DataObject) -> None:
    """An issuer is compared letter for letter."""
    issuer = data.draw(bent_texts(kind.narrow.issuer) | JSON)
    chosen = select([kind.narrow], kind.claims(iss=issuer)).publisher

    assert (chosen is not None) == (issuer == kind.narrow.issuer)


@every_kind
def test_the_narrowest_publisher_wins(kind: Kind) -> None:
    """Of two that match, the one that says more is taken, in whichever order they come."""
    for registered in ([kind.wide, kind.narrow], [kind.narrow, kind.wide]):
        assert select(registered, kind.claims()).publisher == kind.narrow


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_who_is_chosen_is_filed_where_the_claims_lead(kind: Kind, data: st.DataObject) -> None:
    """An index that looks under the first source of the claims finds every publisher that could be chosen."""
    name = data.draw(st.sampled_from(compared(kind)))
    good = kind.claims()[name]
    value = data.draw(bent_texts(good)) if isinstance(good, str) else good
    claims = kind.claims(**{name: value})
    chosen = select([kind.narrow, kind.wide], claims).publisher

    if chosen is not None:
        assert chosen.sources()[0] == kind.provider.sources_of(claims)[0]
        assert kind.provider.same_source(chosen, claims)


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=120)
def test_any_claims_are_judged(kind: Kind, data: st.DataObject) -> None:
    """No claims that JSON can say make the choice, its explanation or the filing fail."""
    names = sorted(kind.claims().keys() - {"iss"})
    claims = kind.claims(**data.draw(st.dictionaries(st.sampled_from(names), JSON)))
    choice = select([kind.wide, kind.narrow], claims, rules=ALL_RULES)

    assert bool(choice.reason) == (choice.publisher is None)
    assert kind.provider.sources_of(claims)
    for one in (kind.narrow, kind.wide):
        kind.provider.same_source(one, claims)
        assert isinstance(one.certificate_facts(claims), tuple)


@st.composite
def publishers(draw: st.DrawFn, kind: Kind) -> Publisher:
    """Return a publisher with any fields that the form takes."""
    form = [field for field in kind.provider.form if field.name != "issuer_url"]
    fields = {field.name: draw(st.from_regex(field.pattern, fullmatch=True)) for field in form}
    assume(not any(field.fault(field.normalise(fields[field.name])) for field in form))
    return from_fields(kind.narrow.kind, fields)


@every_kind
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_fields_make_the_publisher_they_came_from(kind: Kind, data: st.DataObject) -> None:
    """What is stored of a publisher makes the same publisher again."""
    one = data.draw(publishers(kind))

    assert from_fields(one.kind, one.to_fields()) == one


@pytest.mark.parametrize("provider", PROVIDERS, ids=[one.kind for one in PROVIDERS])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_any_fields_make_a_publisher_or_faults(provider: Provider, data: st.DataObject) -> None:
    """No fields make a form fail in another way."""
    names = {field.name: TEXTS | JSON | st.sampled_from(ODD) for field in provider.form}
    fields = data.draw(st.fixed_dictionaries({}, optional=names))
    try:
        made = from_fields(provider.kind, fields)
    except InvalidPublisher:
        return
    assert from_fields(provider.kind, made.to_fields()) == made

"""Grants and refusals in the book: a token is used once, and what is granted ends when its ground ends."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records
from bonded.index.model import Standing
from bonded.minting.exchange import Granted, Refused, exchange
from bonded.minting.policy import Policy
from bonded.minting.ports import Candidates, Grant, Refusal
from bonded.minting.upload_token import hash_token
from bonded.oidc.issue import issue
from books import KINDS, opened, place
from claims_builder import AUDIENCE, NOW, claims, key, publisher
from mint_builder import Mint, request

WIDGET, GADGET = ProjectName("widget"), ProjectName("gadget")
STRICT = Policy.strict(AUDIENCE)


@pytest.fixture(params=KINDS)
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Records, BookLedger]]:
    """Open an empty book of each kind."""
    with opened(place(request.param, tmp_path)) as both:
        yield both


def ask(
    ledger: BookLedger, *, policy: Policy = STRICT, now: float = NOW, **bent: object
) -> Granted | Refused:
    """Exchange a token of the tests' issuer with bent claims."""
    body = request(issue(claims(**bent), key()))
    secret = hash_token(json.dumps([bent, now], default=str)).encode()[:32]
    return exchange(
        body,
        policy=policy,
        keys=Mint(),
        publishers=ledger,
        ledger=ledger,
        now=now,
        secret=secret,
    )


def granted(outcome: Granted | Refused) -> Granted:
    """Insist on a grant."""
    assert isinstance(outcome, Granted), outcome
    return outcome


def standing(records: Records, outcome: Granted | Refused) -> Standing:
    """Return what a granted token may do now."""
    with records.reading() as book:
        found = book.standing(hash_token(granted(outcome).token))
    assert found is not None
    return found


def events(records: Records) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the tags, subjects and details of all events."""
    query = select(tables.event.c.tag, tables.event.c.subject, tables.event.c.details)
    with records.reading() as book:
        rows = book.connection.execute(query.order_by(tables.event.c.id)).all()
    return [(tag, subject, json.loads(details)) for tag, subject, details in rows]


def test_a_token_is_used_once(book: tuple[Records, BookLedger]) -> None:
    """The second exchange is refused, also by another process that has the same book."""
    records, ledger = book
    ledger.register(publisher(), WIDGET, NOW)

    first, second = ask(ledger), ask(BookLedger(records, new_id=lambda: "x"), now=NOW + 1)

    assert isinstance(first, Granted)
    assert isinstance(second, Refused)
    assert second.code == "invalid-reuse-token"
    assert [one["code"] for one in ledger.exchanges()] == ["invalid-reuse-token", "granted"]


def test_a_token_without_an_id_is_not_remembered_where_it_need_not(
    book: tuple[Records, BookLedger],
) -> None:
    """By PyPI's rules what brings no id may come again."""
    _, ledger = book
    grant = granted(first_grant(ledger)).grant
    again = replace(grant, token_hash="b" * 64)

    assert ledger.grant(again, issuer="x", jti="", jti_expires=NOW)
    assert ledger.grant(replace(again, token_hash="c" * 64), issuer="x", jti="", jti_expires=NOW)


def first_grant(ledger: BookLedger) -> Granted | Refused:
    """Register the tests' publisher, and exchange a token of it."""
    ledger.register(publisher(), WIDGET, NOW)
    return ask(ledger)


def test_every_text_can_be_the_id_of_a_token(book: tuple[Records, BookLedger]) -> None:
    """Ids that are long, or hold what a database cannot keep, are told apart all the same."""
    _, ledger = book
    ledger.register(publisher(), WIDGET, NOW)
    ids = ["\0", "\0\0", "x" * 9000, "x" * 8999, "é", "'; --"]

    outcomes = [ask(ledger, jti=one) for one in ids + ids]

    assert [isinstance(one, Granted) for one in outcomes] == [True] * 6 + [False] * 6


@pytest.mark.parametrize("claim", ["repository", "repository_owner", "workflow_ref", "ref", "sub"])
@pytest.mark.parametrize("value", ["\0", "a/\0b", "x" * 9000, "owner/é"])
def test_no_claim_makes_the_book_fail(
    book: tuple[Records, BookLedger], claim: str, value: str
) -> None:
    """Claims that a database cannot keep as they are end in an answer like all others."""
    _, ledger = book
    ledger.register(publisher(), WIDGET, NOW)

    bent: dict[str, Any] = {claim: value}
    ask(ledger, **bent)

    (kept,) = ledger.exchanges()
    assert kept["claims"][claim] == value


def test_if_the_trace_cannot_be_written_nothing_is_granted(
    book: tuple[Records, BookLedger],
) -> None:
    """Without its audit row there is no token, and the ID token may come again."""
    records, ledger = book
    ledger.register(publisher(), WIDGET, NOW)
    with records.writing() as open_book:
        open_book.connection.execute(text("ALTER TABLE exchange_project RENAME TO gone"))

    with pytest.raises(Exception, match="exchange_project"):
        ask(ledger)

    with records.writing() as open_book:
        assert open_book.connection.execute(select(tables.exchange.c.id)).all() == []
        open_book.connection.execute(text("ALTER TABLE gone RENAME TO exchange_project"))
    assert isinstance(ask(ledger), Granted)


def test_ids_are_pinned_and_a_change_disables(book: tuple[Records, BookLedger]) -> None:
    """A repository of the same name with another id ends the publisher and its tokens, until it is registered again."""
    records, ledger = book
    token = first_grant(ledger)
    (before,) = ledger.registrations()

    changed = ask(ledger, jti="2", repository_id="666")
    still = ask(ledger, jti="3")

    (after,) = ledger.registrations()
    assert before.pins["repository_id"] == "7001"
    assert "disabled" in refused(changed).description
    assert "disabled" in refused(still).description
    assert "'repository_id' was '7001', now it is '666'" in after.disabled
    assert standing(records, token).revoked
    assert [tag for tag, _, _ in events(records)][-1] == "publisher:disable"

    ledger.register(publisher(), WIDGET, NOW, by="me")
    again = ask(ledger, jti="4", repository_id="666")

    assert not standing(records, again).revoked
    assert standing(records, token).revoked
    assert ledger.registrations()[0].pins["repository_id"] == "666"


def refused(outcome: Granted | Refused) -> Refused:
    """Insist on a refusal."""
    assert isinstance(outcome, Refused), outcome
    return outcome


def test_pins_that_are_there_stay(book: tuple[Records, BookLedger]) -> None:
    """Of two grants that bring different ids at once, the first decides."""
    _, ledger = book
    grant = granted(first_grant(ledger)).grant
    other = replace(grant, token_hash="b" * 64, pins={"repository_id": "1", "new": "2"})
    ledger.grant(other, issuer="x", jti="y", jti_expires=NOW)

    pins = ledger.registrations()[0].pins
    assert (pins["repository_id"], pins["new"]) == ("7001", "2")


def test_a_disabled_publisher_can_be_enabled(book: tuple[Records, BookLedger]) -> None:
    """Enabling forgets the ids and the reason, and is written down; of one that is able it changes nothing."""
    records, ledger = book
    first_grant(ledger)
    ask(ledger, jti="2", repository_id="666")
    (one,) = ledger.registrations()

    assert [ledger.enable(one.id, NOW, "me"), ledger.enable(one.id, NOW, "me")] == [True, False]
    assert (ledger.registrations()[0].pins, ledger.registrations()[0].disabled) == ({}, "")
    assert events(records)[-1] == ("publisher:enable", one.id, {"by": "me"})


def test_disabling_twice_is_once(book: tuple[Records, BookLedger]) -> None:
    """The first reason stays."""
    records, ledger = book
    first_grant(ledger)
    (one,) = ledger.registrations()
    refusal = Refusal(at=NOW, code="c", description="d", audience="a", disable=one.id)
    ledger.refused(refusal)
    ledger.refused(refusal)

    assert ledger.registrations()[0].disabled == "c"
    assert [tag for tag, _, _ in events(records)].count("publisher:disable") == 1


def test_a_project_that_was_taken_away_does_not_come_back(
    book: tuple[Records, BookLedger],
) -> None:
    """A token loses a project at once with its publisher, and for good."""
    records, ledger = book
    ledger.register(publisher(), GADGET, NOW)
    token = first_grant(ledger)
    (one,) = ledger.registrations()
    had = standing(records, token).projects

    assert ledger.unregister(one.id, WIDGET, NOW, by="me")
    without = standing(records, token).projects
    ledger.register(publisher(), WIDGET, NOW)

    assert (set(had), set(without)) == ({WIDGET, GADGET}, {GADGET})
    assert standing(records, token).projects == {GADGET}
    assert not ledger.unregister("nobody", WIDGET, NOW)


def test_a_burned_token_is_dead(book: tuple[Records, BookLedger]) -> None:
    """Burning ends a token once; there is nothing else to burn."""
    records, ledger = book
    token = granted(first_grant(ledger))
    with records.writing() as open_book:
        ended = [open_book.revoke(hash_token(one)) for one in (token.token, token.token, "x")]

    assert ended == [True, False, False]
    assert standing(records, token).revoked


def test_what_is_over_is_forgotten(book: tuple[Records, BookLedger]) -> None:
    """An hour after their end, tokens and the ids of used ones are gone; the trace of the exchange stays."""
    records, ledger = book
    first_grant(ledger)
    hours = 3 * 3600
    late = ask(ledger, now=NOW + hours, iat=NOW + hours, exp=NOW + hours + 60, nbf=NOW)

    with records.reading() as open_book:
        query = select(tables.exchange.c.token, tables.exchange.c.jti).order_by("id")
        rows = open_book.connection.execute(query).all()
    assert rows[0] == (None, None)
    assert rows[1].token == hash_token(granted(late).token)
    assert rows[1].jti is not None
    assert len(ledger.exchanges()) == 2


def test_an_empty_book_has_nothing_near(book: tuple[Records, BookLedger]) -> None:
    """Nobody is registered, nobody waits."""
    _, ledger = book

    assert ledger.near("https://x.example", ("a", "b"), now=NOW) == Candidates()
    assert list(ledger.registrations()) == []
    assert isinstance(granted_is_generic(ledger), Refused)


def granted_is_generic(ledger: BookLedger) -> Granted | Refused:
    """Ask an empty index."""
    return ask(ledger)


def test_the_grant_is_kept_with_its_claims(book: tuple[Records, BookLedger]) -> None:
    """The owner of a project sees each token that was given for it, and what the job said of itself."""
    outcome = granted(first_grant(book[1]))
    ledger = book[1]

    (kept,) = ledger.exchanges(project=WIDGET)
    assert (kept["granted"], kept["projects"], kept["at"]) == (True, [WIDGET], NOW)
    assert kept["publisher_id"] == outcome.grant.publisher_id
    assert kept["claims"] == claims()
    assert ledger.exchanges(project=GADGET) == []
    assert isinstance(outcome.grant, Grant)

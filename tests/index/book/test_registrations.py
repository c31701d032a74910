"""Publishers in the book: who is found for which token, and by whose hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records
from bonded.minting.ports import Candidates
from bonded.publishers import Publisher
from books import KINDS, opened, place
from index_world import ISSUER, NOW, github

A, B = ProjectName("a"), ProjectName("b")


@pytest.fixture(params=KINDS)
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Records, BookLedger]]:
    """Open an empty book of each kind."""
    with opened(place(request.param, tmp_path)) as both:
        yield both


def many(ledger: BookLedger, count: int) -> list[Publisher]:
    """Register so many repositories, each with a project."""
    publishers = [github(repository_name=f"r{n}") for n in range(count)]
    for number, one in enumerate(publishers):
        ledger.register(one, ProjectName(f"p{number}"), NOW)
    return publishers


def test_a_publisher_is_found_by_its_sources(book: tuple[Records, BookLedger]) -> None:
    """One look-up gives the publishers of the source, with their projects, and no others."""
    _, ledger = book
    publishers = many(ledger, 5)
    ledger.register(publishers[2], B, NOW)

    (found,) = ledger.near(ISSUER, publishers[2].sources()[:1], now=NOW).registered

    assert (found.publisher, found.projects) == (publishers[2], ("b", "p2"))
    assert (
        ledger.near("https://other.example", publishers[2].sources()[:1], now=NOW) == Candidates()
    )
    assert ledger.near(ISSUER, ("repository nobody/else",), now=NOW) == Candidates()


def test_what_was_found_is_remembered_until_something_happens(
    book: tuple[Records, BookLedger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer comes again only while nothing has changed, whoever changed it; the memory is bounded."""
    records, ledger = book
    monkeypatch.setattr("bonded.index.book.registrations._REMEMBERED", 1)
    other = BookLedger(records, new_id=lambda: "other")
    publishers = many(ledger, 2)

    def near(number: int) -> Candidates:
        return ledger.near(ISSUER, publishers[number].sources()[:1], now=NOW)

    first = near(0)
    again = near(0)
    other.register(publishers[0], B, NOW)
    near(1)

    assert again is first
    assert near(0).registered[0].projects == ("b", "p0")
    assert len(ledger._seen) == 1


def test_several_sources_find_each_publisher_once(book: tuple[Records, BookLedger]) -> None:
    """To explain a refusal, publishers of the owner and of the name are found too."""
    _, ledger = book
    publishers = many(ledger, 5)

    found = ledger.near(ISSUER, publishers[0].sources(), now=NOW).registered

    assert sorted(one.publisher.title for one in found) == [one.title for one in publishers]


@pytest.mark.parametrize(("count", "found"), [(20, 20), (21, 0)])
def test_where_few_are_registered_all_explain(
    count: int, found: int, book: tuple[Records, BookLedger]
) -> None:
    """An index for a handful of projects explains by all of them; a large one names nobody who is not near."""
    _, ledger = book
    many(ledger, count)
    sources = ("repository new/name", "owner 999", "name name")

    assert len(ledger.near(ISSUER, sources, now=NOW).registered) == found
    assert ledger.near(ISSUER, sources[:1], now=NOW) == Candidates()


def test_a_look_up_reads_only_what_it_finds(tmp_path: Path) -> None:
    """SQLite answers every look-up by indexes, so it does not matter how many publishers there are."""
    plans: list[str] = []
    with opened(place("sqlite", tmp_path)) as (records, ledger):
        (one,) = many(ledger, 1)
        with records.reading() as book:
            driver: Any = book.connection.connection.driver_connection
            asked: list[str] = []
            driver.set_trace_callback(asked.append)
        for sources in (one.sources()[:1], one.sources()):
            ledger.near(ISSUER, sources, now=NOW)
        driver.set_trace_callback(None)
        with records.reading() as book:
            for statement in asked:
                if statement.startswith("SELECT"):
                    rows = book.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
                    plans += [row[3] for row in rows]

    assert len(asked) >= 4
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_whoever_is_registered_is_listed(book: tuple[Records, BookLedger]) -> None:
    """The list has every publisher that has a project, by title; each change has an event with who did it."""
    records, ledger = book
    first = ledger.register(github(repository_name="z"), A, NOW, by="me")
    ledger.register(github(repository_name="y"), A, NOW + 1)
    ledger.register(github(repository_name="z"), A, NOW + 2)

    listed = ledger.registrations()
    assert [one.publisher.title for one in listed] == sorted(one.publisher.title for one in listed)
    assert [one.projects for one in listed] == [(A,), (A,)]
    assert [ledger.unregister(first, A, NOW + 3, by="you") for _ in range(2)] == [True, False]
    assert [one.id for one in ledger.registrations()] == [listed[0].id]
    query = select(tables.event.c.tag, tables.event.c.details).order_by(tables.event.c.id)
    with records.reading() as open_book:
        rows = open_book.connection.execute(query).all()
    assert [(tag, json.loads(details)["by"]) for tag, details in rows] == [
        ("project:create", "me"),
        ("publisher:add", "me"),
        ("publisher:add", ""),
        ("publisher:remove", "you"),
    ]


def test_an_issuer_is_known_by_its_publishers(book: tuple[Records, BookLedger]) -> None:
    """An issuer counts while somebody of it may publish, or waits to."""
    _, ledger = book
    outcomes = [ledger.has_issuer(ISSUER, now=NOW)]
    publisher_id = ledger.register(github(), A, NOW)
    outcomes.append(ledger.has_issuer(ISSUER, now=NOW))
    ledger.unregister(publisher_id, A, NOW)
    outcomes.append(ledger.has_issuer(ISSUER, now=NOW))
    ledger.add_pending(github(), "novel", NOW, by="me", lifetime=10)
    outcomes += [ledger.has_issuer(ISSUER, now=at) for at in (NOW, NOW + 10)]

    assert outcomes == [False, True, False, True, False]


def test_a_publisher_with_long_fields_is_kept(book: tuple[Records, BookLedger]) -> None:
    """What is longer than an index of a database takes is registered, and found, like any other."""
    _, ledger = book
    long = github(repository_name="n" * 5000, workflow_filename="w" * 5000 + ".yml")
    ledger.register(long, A, NOW)

    assert ledger.near(ISSUER, long.sources()[:1], now=NOW).registered[0].publisher == long

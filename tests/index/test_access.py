"""Who may read: what is remembered of tokens is true at every request."""

import asyncio
from pathlib import Path

import pytest

from bonded.index.access import Readers
from bonded.index.book.records import Records
from bonded.index.book.serials import FileSerials
from bonded.index.model import ApiToken, Scope
from books import KINDS, opened, place
from index_world import Clock


def token(name: str, ends: float) -> ApiToken:
    """Return a token to read with."""
    return ApiToken(name=name, scope=Scope.READ, created=0.0, expires=ends)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_ends_is_forgotten_at_once(kind: str, tmp_path: Path) -> None:
    """Also where another process revokes it, and on a database that tells of no change."""
    where, clock = place(kind, tmp_path), Clock()
    with opened(where) as (records, _), opened(where) as (elsewhere, _):
        with records.writing() as book:
            for name in ("kept", "revoked", "short"):
                ends = clock.now + (1 if name == "short" else 10)
                book.add_api_token(name, token(name, ends), by="me")
        serials = FileSerials(where) if isinstance(where, Path) else None
        readers = Readers(records, serials.generation if serials else lambda: None, clock)

        def asked() -> list[bool]:
            return [
                asyncio.run(readers.lives(one)) for one in ("kept", "revoked", "short", "stranger")
            ]

        before = [asked(), asked()]
        with elsewhere.writing() as book:
            book.revoke_api_token("revoked", clock.now, by="me")
        revoked = asked()
        clock.now += 1
        later = asked()
        if serials:
            serials.close()

    assert before == [[True, True, True, False]] * 2
    assert revoked == [True, False, True, False]
    assert later == [True, False, False, False]


def test_a_reader_is_looked_up_once(tmp_path: Path) -> None:
    """While nothing is committed the book is not read again; strangers are not remembered, whoever is new is seen."""
    clock = Clock()
    looks: list[str] = []

    class Counting(Readers):
        """Readers that count their looks into the book."""

        def _end(self, token_hash: str) -> float:
            looks.append(token_hash)
            return super()._end(token_hash)

    records = Records(tmp_path / "book.sqlite", durable=False)
    serials = FileSerials(tmp_path / "book.sqlite")
    readers = Counting(records, serials.generation, clock)
    with records.writing() as book:
        book.add_api_token("a", token("a", clock.now + 10), by="me")
    seen = [asyncio.run(readers.lives("a")) for _ in range(5)]
    alone = len(looks)
    strange = [asyncio.run(readers.lives("b")) for _ in range(2)]
    with records.writing() as book:
        book.add_api_token("b", token("b", clock.now + 10), by="me")
    now = asyncio.run(readers.lives("b"))
    serials.close()
    records.close()

    assert (seen, alone) == ([True] * 5, 1)
    assert (strange, now) == ([False, False], True)
    assert readers._ends.keys() == {"b"}

from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from books import KINDS, opened, place
from index_world import GREETER, github

NOW = 1_800_000_000.0
OTHER, SOON = ProjectName("other"), ProjectName("soon")


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_held_by_what_the_book_says(tmp_path: Path, kind: str) -> None:
    """A name is ours from the moment that a publisher waits for it, while it is here, and after it was deleted."""
    with opened(place(kind, tmp_path)) as (records, ledger):

        def held(name: ProjectName, at: float = NOW) -> bool:
            with records.reading() as book:
                return book.holds(name, at)

        with records.writing() as book:
            book.create_project(GREETER, "Greeter", NOW)
        ledger.add_pending(github(), "Soon", NOW, by="me", lifetime=100.0)
        assert (held(GREETER), held(OTHER)) == (True, False)
        assert (held(SOON), held(SOON, NOW + 100)) == (True, False)

        with records.writing() as book:
            book.delete_project(GREETER, NOW, by="me")
            assert book.project(GREETER) is None
        assert held(GREETER)


@pytest.mark.parametrize("kind", KINDS)
def test_other_events_hold_no_name(tmp_path: Path, kind: str) -> None:
    """Only that a project began makes a name ours for ever."""
    with opened(place(kind, tmp_path)) as (records, ledger):
        pending = ledger.add_pending(github(), "soon", NOW, by="me")
        ledger.remove_pending(pending, NOW, "me")
        with records.reading() as book:
            assert not book.holds(SOON, NOW)
            assert not book.holds(ProjectName("x" * 255), NOW)

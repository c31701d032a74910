"""What the index writes down about what happened, and what it forgets."""

from pathlib import Path

import pytest

from bonded.index.book import journal
from bonded.index.model import Refusal, RefusedUpload
from index_world import NOW, World, world


def refused(stage: World, *, name: str = "", message: str = "no", is_stranger: bool) -> None:
    """Write a refusal down."""
    refusal = Refusal(check="x", status=403, message=message)
    with stage.index._records.writing() as book:
        book.refused_upload(
            RefusedUpload(at=NOW, filename=name, refusal=refusal, is_stranger=is_stranger)
        )


@pytest.mark.parametrize("is_stranger", [True, False])
def test_the_oldest_refusals_of_uploads_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_stranger: bool
) -> None:
    """Anybody can be refused, any number of times: the book keeps the last of them only."""
    monkeypatch.setattr(journal, "KEPT_OF_STRANGERS" if is_stranger else "KEPT_REFUSALS", 5)
    with world(tmp_path) as stage:
        for number in range(12):
            refused(stage, message=f"no {number}\0", is_stranger=is_stranger)
        kept = [one.refusal.message for one in stage.index.uploads_refused()]

    assert kept == [f"no {number}\N{REPLACEMENT CHARACTER}" for number in range(7, 12)]


def test_strangers_push_no_others_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said to somebody with a token stays, however many strangers are refused, and in its order."""
    monkeypatch.setattr(journal, "KEPT_OF_STRANGERS", 3)
    monkeypatch.setattr(journal, "KEPT_REFUSALS", 3)
    with world(tmp_path) as stage:
        for number in range(8):
            refused(stage, name=f"{number}", is_stranger=number not in {1, 6})
        kept = [(one.filename, one.is_stranger) for one in stage.index.uploads_refused()]

    assert kept == [("1", False), ("4", True), ("5", True), ("6", False), ("7", True)]


def test_little_is_kept_of_what_a_stranger_says(tmp_path: Path) -> None:
    """A name of a stranger's file is kept as far as it could be one."""
    with world(tmp_path) as stage:
        for is_stranger in (True, False):
            refused(stage, name="n" * 4000, message="m" * 4000, is_stranger=is_stranger)
        kept = stage.index.uploads_refused()

    assert [len(one.filename) for one in kept] == [255, 4000]
    assert [len(one.refusal.message) for one in kept] == [1000, 4000]

"""What the index writes down about what happened, and what it forgets."""

from pathlib import Path

import pytest

from bonded.index.book import journal
from bonded.index.model import Refusal, RefusedUpload
from index_world import NOW, world


def test_the_oldest_refusals_of_uploads_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can be refused, any number of times: the book keeps the last of them only."""
    monkeypatch.setattr(journal, "KEPT_REFUSALS", 5)
    with world(tmp_path) as stage:
        with stage.index._records.writing() as book:
            for number in range(12):
                refusal = Refusal(check="x", status=403, message=f"no {number}\0")
                book.refused_upload(RefusedUpload(at=NOW, filename="", refusal=refusal))
        kept = [one.refusal.message for one in stage.index.uploads_refused()]

    assert kept == [f"no {number}\N{REPLACEMENT CHARACTER}" for number in range(7, 12)]

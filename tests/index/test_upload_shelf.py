"""What the shelf has to do with an upload: duplicates, deleted files, limits, old releases."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bonded.index.book import tables
from bonded.index.byte_sizes import size_exact
from index_world import GREETER, NOW, World, sdist_offer, wheel_offer, world

WHEEL = wheel_offer()
SDIST = sdist_offer()


def test_a_release_has_one_source(stage: World) -> None:
    """A second sdist of a version, however it is spelt, is refused."""
    stage.upload(SDIST)

    response = stage.upload(sdist_offer(version="1.0.0"))

    assert "Only one sdist may be uploaded per release." in response.text


def test_the_name_of_a_deleted_file_is_not_given_again(stage: World) -> None:
    """Names outlive files: nobody can put other bytes where lock files expect the old ones."""
    stage.upload(WHEEL)
    with stage.index._records.writing() as book:
        book.connection.execute(delete(tables.beside))
        book.connection.execute(delete(tables.file))

    assert "previously used by a file that has since been deleted" in stage.upload(WHEEL).text


def test_what_was_deleted_does_not_return(stage: World) -> None:
    """Bytes that were taken back are refused under another name too."""
    stage.upload(WHEEL)
    with stage.index._records.writing() as book:
        book.connection.execute(delete(tables.beside))
        book.connection.execute(delete(tables.file))
        book.connection.execute(update(tables.filename_log).values(deleted=NOW))

    response = stage.upload(replace(WHEEL, filename="greeter-1.0-py2-none-any.whl"))

    assert "was published here under another name and has since been deleted" in response.text


@pytest.mark.parametrize(("days", "status"), [(13.9, 200), (14.1, 400)])
def test_an_old_release_takes_no_more_files(tmp_path: Path, days: float, status: int) -> None:
    """Nobody can add a file to what has been pinned for long; the same file again is still fine."""
    with world(tmp_path, closes_after_days=14) as stage:
        stage.upload(SDIST)
        stage.clock.now += days * 86_400
        token = stage.index.issue_token([GREETER], lifetime=900)

        assert stage.upload(SDIST, token=token).status_code == 200
        response = stage.upload(WHEEL, token=token)
        assert response.status_code == status
        assert ("to releases older than 14 days is not allowed" in response.text) == (status == 400)


def test_a_release_stays_open_unless_it_is_said(stage: World) -> None:
    """A rehearsal, and an index that sets no number of days, close nothing."""
    stage.upload(SDIST)
    stage.clock.now += 1e9

    token = stage.index.issue_token([GREETER], lifetime=900)
    assert stage.upload(WHEEL, token=token).status_code == 200


def test_a_project_has_a_limit(tmp_path: Path) -> None:
    """All its files together; the same file again adds nothing."""
    with world(tmp_path, project_size=len(SDIST.data) + 10) as stage:
        assert stage.upload(SDIST).status_code == 200
        assert stage.upload(SDIST).status_code == 200
        response = stage.upload(WHEEL)

        assert response.status_code == 400
        assert "Project size too large. Limit for project 'greeter' total size is" in response.text
        assert f"it would have {size_exact(len(SDIST.data) + len(WHEEL.data))}." in response.text


def test_a_project_may_have_limits_of_its_own(tmp_path: Path) -> None:
    """They count instead of those of the index, higher or lower."""
    with world(tmp_path) as stage:
        stage.upload(SDIST)
        with stage.index._records.writing() as book:
            book.connection.execute(
                update(tables.project).values(file_limit=3 << 20, total_limit=1)
            )
        assert "total size is 1 byte, with " in stage.upload(WHEEL).text
        assert stage.upload(WHEEL.with_data(b"x" * (4 << 20))).text.count("is 3 MiB, got") == 1


def test_a_file_has_a_limit(tmp_path: Path) -> None:
    """A file over the limit is refused, and no more of it than the limit and one piece is ever on disk."""
    with world(tmp_path, file_size=1000) as stage:
        response = stage.upload(WHEEL.with_data(b"x" * 5_000_000))

        assert "File too large. Limit for project 'greeter' is 1000 bytes, got" in response.text

"""Copies that come to nothing: what they leave behind."""

from pathlib import Path
from typing import BinaryIO

import pytest

from backup_world import an_index, copied
from bonded.errors import UsageError
from bonded.index.running.backup import Damaged, _Folder, named_files, place_of
from bonded.index.running.data_folder import BOOK
from bonded.index.running.restoring import restore
from index_world import wheel_offer, world


def test_what_is_damaged_is_not_copied(tmp_path: Path) -> None:
    """A file that was changed on the disk, or is missing for good, ends the copy; the one before stays."""
    data = tmp_path / "data"
    an_index(data, "1.0")
    ((digest, size),) = named_files(data / BOOK).items()
    blob = data / place_of(digest)
    whole = blob.read_bytes()
    for content in (b"x" * size, b"short"):
        blob.write_bytes(content)
        for name in ("copy", "copy.tar"):
            with pytest.raises(Damaged, match="is not what its name says"):
                copied(data, tmp_path / name)
    blob.unlink()
    with pytest.raises(Damaged, match="are missing"):
        copied(data, tmp_path / "copy")
    left = sorted(path.name for path in tmp_path.iterdir())
    blob.write_bytes(whole)
    copied(data, tmp_path / "copy")

    assert left == ["data"]
    assert restore(tmp_path / "copy", tmp_path / "back") == 1


def test_what_failed_leaves_what_was_there(tmp_path: Path) -> None:
    """An empty folder is empty again, and an older copy is as whole as before."""
    data, empty, older = (tmp_path / name for name in ("data", "empty", "older"))
    an_index(data, "1.0")
    copied(data, older)
    with world(data) as index:
        index.upload(wheel_offer(version="2.0"))
        index.upload(wheel_offer(version="3.0"))
    new = set(named_files(data / BOOK)) - set(named_files(older / BOOK))
    (data / place_of(max(new))).write_bytes(b"other")  # the last to be copied
    empty.mkdir(mode=0o755)
    for to in (empty, older):
        with pytest.raises(Damaged, match="is not what its name says"):
            copied(data, to)

    assert list(empty.iterdir()) == []
    assert restore(older, tmp_path / "back") == 1


def test_a_first_copy_that_was_broken_off_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ends it has not lost what was copied until then; until it is whole it cannot be put back."""
    an_index(tmp_path / "data", "1.0", "2.0")
    put, asked = _Folder.put, list[str]()

    def broken_off(self: _Folder, digest: str, stream: BinaryIO, size: int) -> str:
        asked.append(digest)
        if len(asked) > 1:
            raise KeyboardInterrupt
        return put(self, digest, stream, size)

    with monkeypatch.context() as patch:
        patch.setattr(_Folder, "put", broken_off)
        with pytest.raises(KeyboardInterrupt):
            copied(tmp_path / "data", tmp_path / "copy")
    with pytest.raises(UsageError, match="is no whole copy"):
        restore(tmp_path / "copy", tmp_path / "back")
    made = copied(tmp_path / "data", tmp_path / "copy")

    assert (made.files, made.new_files) == (2, 1)
    assert restore(tmp_path / "copy", tmp_path / "back") == 2

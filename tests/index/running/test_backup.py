"""A copy of an index that is served, and an index from a copy."""

import io
import json
import sqlite3
import subprocess
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from backup_world import an_index, copied
from bonded.cli.main import main
from bonded.errors import UsageError
from bonded.index.running.backup import (
    MANIFEST,
    Damaged,
    named_files,
    place_of,
)
from bonded.index.running.data_folder import (
    BOOK,
    MARKER,
    Served,
    make_folder,
    read_served,
)
from bonded.index.running.fsck import examine
from bonded.index.running.restoring import restore
from bonded.index.settings import Settings
from bonded.index.stores import open_stores
from bonded.minting.policy import Policy
from index_world import sdist_offer, wheel_offer, world
from served_world import BIN, started


def is_whole(data: Path) -> bool:
    """Tell whether `bonded fsck` would find nothing at all."""
    settings = Settings(name="x", mint=Policy(audience="here"), data=data, durable=False)
    with open_stores(settings) as (records, folder):
        found = examine(records, folder)
    return not found.violations and not found.orphans


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_a_copy_of_an_index_becomes_the_same_index(tmp_path: Path, name: str) -> None:
    """All files, the book and how it was served come back; for the owner's eyes only."""
    an_index(tmp_path / "data", "1.0", "2.0")
    made = copied(tmp_path / "data", tmp_path / name)
    files = restore(tmp_path / name, tmp_path / "back")

    assert (made.files, made.new_files, files) == (2, 2, 2)
    assert made.bytes == made.new_bytes > 0
    assert named_files(tmp_path / "back" / BOOK) == named_files(tmp_path / "data" / BOOK)
    assert read_served(tmp_path / "back") == Served(audience="here")
    assert is_whole(tmp_path / "back")
    assert (tmp_path / "back").stat().st_mode & 0o077 == 0


def test_a_folder_is_brought_up_to_date(tmp_path: Path) -> None:
    """Only what is new is copied, and what was deleted goes; a copy is there at every moment."""
    data, to = tmp_path / "data", tmp_path / "copy"
    an_index(data, "1.0", "2.0")
    copied(data, to)
    with world(data) as index:
        index.upload(wheel_offer(version="3.0"))
    (gone, *_) = named_files(data / BOOK)
    with closing(sqlite3.connect(data / BOOK)) as book:
        book.execute("DELETE FROM file WHERE blake2b_256 = ?", (gone,))
        book.commit()
    again = copied(data, to)

    assert (again.files, again.new_files) == (2, 1)
    assert not (to / place_of(gone)).exists()
    assert {p.parent.name + p.name for p in to.glob("files/??/*")} == set(named_files(to / BOOK))


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_a_copy_made_during_uploads_is_whole(tmp_path: Path, name: str) -> None:
    """While files come in, every copy is an index of its own moment, and its files are what they should be."""
    data = tmp_path / "data"
    an_index(data, "0.1")
    ends = threading.Event()
    counts = []
    with world(data) as index:

        def upload() -> None:
            number = 0
            while not ends.is_set():
                number += 1
                for offer in (
                    wheel_offer(version=f"1.{number}"),
                    sdist_offer(version=f"1.{number}"),
                ):
                    assert index.upload(offer).status_code == 200

        thread = threading.Thread(target=upload)
        thread.start()
        try:
            for number in range(3):
                made = copied(data, tmp_path / name)
                back = tmp_path / f"back{number}"
                counts.append((made.files, restore(tmp_path / name, back)))
        finally:
            ends.set()
            thread.join()

    assert all(made == back for made, back in counts)
    assert all(is_whole(tmp_path / f"back{number}") for number in range(3))


def test_a_client_installs_from_what_came_back(tmp_path: Path) -> None:
    """An unmodified uv installs from the index that was made of a copy."""
    an_index(tmp_path / "data", "1.0")
    copied(tmp_path / "data", tmp_path / "copy.tar")
    restore(tmp_path / "copy.tar", tmp_path / "back")
    process, said = started(tmp_path, "--data", "back", "--port", "0")
    try:
        done = subprocess.run(
            [
                *(
                    str(BIN / "uv"),
                    "pip",
                    "install",
                    "--no-cache",
                    "--no-config",
                    "--target",
                    "into",
                ),
                *("--default-index", str(said["simple"]), "greeter==1.0"),
            ],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        process.terminate()
        process.communicate(timeout=30)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "into" / "greeter" / "__init__.py").is_file()


def test_files_that_go_away_meanwhile_are_no_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file is deleted between the copy of the book and its own, the book is copied again."""
    from bonded.index.running import backup

    data = tmp_path / "data"
    an_index(data, "1.0", "2.0")
    (gone, *_) = sorted(named_files(data / BOOK))
    taken = backup._copy_book
    rounds = []

    def and_then_deleted(source: Path, to: Path) -> None:
        taken(source, to)
        rounds.append(to)
        (data / place_of(gone)).unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as book:
            book.execute("DELETE FROM file WHERE blake2b_256 = ?", (gone,))
            book.commit()

    monkeypatch.setattr(backup, "_copy_book", and_then_deleted)
    made = copied(data, tmp_path / "copy")

    assert (len(rounds), made.files) == (2, 1)


def test_a_copy_that_was_changed_is_not_put_back(tmp_path: Path) -> None:
    """Every file is held against its name, and every name of the book against the files."""
    an_index(tmp_path / "data", "1.0")
    copied(tmp_path / "data", tmp_path / "copy")
    (digest,) = named_files(tmp_path / "data" / BOOK)
    blob = tmp_path / "copy" / place_of(digest)
    kept = blob.read_bytes()
    blob.write_bytes(b"other")
    with pytest.raises(Damaged, match="is not what its name says"):
        restore(tmp_path / "copy", tmp_path / "one")
    blob.unlink()
    with pytest.raises(Damaged, match="lacks 1 files that its book names"):
        restore(tmp_path / "copy", tmp_path / "two")
    blob.write_bytes(kept)
    (tmp_path / "copy" / BOOK).write_bytes(b"no book" * 100)
    with pytest.raises(Damaged, match=r"the book in .* cannot be read"):
        restore(tmp_path / "copy", tmp_path / "three")

    assert not any((tmp_path / name).exists() for name in ("one", "two", "three"))


def test_what_failed_does_not_stop_the_next_try(tmp_path: Path) -> None:
    """An empty folder that was there is empty again when the copy is bad, and takes the next one."""
    an_index(tmp_path / "data", "1.0")
    copied(tmp_path / "data", tmp_path / "copy")
    back = tmp_path / "back"
    back.mkdir()
    book = (tmp_path / "copy" / BOOK).read_bytes()
    (tmp_path / "copy" / BOOK).write_bytes(b"no book" * 100)
    with pytest.raises(Damaged):
        restore(tmp_path / "copy", back)
    left = list(back.iterdir())
    (tmp_path / "copy" / BOOK).write_bytes(book)

    assert left == []
    assert restore(tmp_path / "copy", back) == 1


@pytest.mark.parametrize("name", [".", "copy", "deep/copy", "copy.tar", "../link/copy"])
def test_a_copy_does_not_go_into_the_index(tmp_path: Path, name: str) -> None:
    """Whoever loses the folder would lose the copy too; a link does not hide where it goes."""
    data = tmp_path / "data"
    an_index(data, "1.0")
    (tmp_path / "link").symlink_to(data)
    before = sorted(data.rglob("*"))

    with pytest.raises(UsageError, match="inside the index's own folder"):
        copied(data, data / name)
    assert sorted(data.rglob("*")) == before


def test_what_the_book_does_not_name_is_left_out(tmp_path: Path) -> None:
    """A tar may have files that were deleted while it was written; an index of it has none of them."""
    import hashlib

    an_index(tmp_path / "data", "1.0")
    copied(tmp_path / "data", tmp_path / "copy")
    extra = hashlib.blake2b(b"extra", digest_size=32).hexdigest()
    (tmp_path / "copy" / place_of(extra)).parent.mkdir(exist_ok=True)
    (tmp_path / "copy" / place_of(extra)).write_bytes(b"extra")

    assert restore(tmp_path / "copy", tmp_path / "back") == 1
    assert is_whole(tmp_path / "back")


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a tar file."""
    with tarfile.open(path, "w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def named(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """Return the head of a member."""
    member = tarfile.TarInfo(name)
    member.type = kind
    return member


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([], "is no whole copy"),
        ([(named("../evil"), b"x")], "it has '../evil'"),
        ([(named("/etc/evil"), b"x")], "is no copy of an index"),
        ([(named("files/aa/../../evil"), b"x")], "is no copy of an index"),
        ([(named("served.json", tarfile.SYMTYPE), b"")], "'served.json' is no file"),
        ([(named(MANIFEST), b"["), (named(MARKER), b"{}")], "is no whole copy"),
        ([(named(MANIFEST), b'{"format": 1, "at": 1}')], "is no whole copy"),
        (
            [(named(MANIFEST), b'{"format": 9, "at": 1}'), (named(MARKER), b"{}")],
            "cannot be read by this version",
        ),
        (
            [(named(MANIFEST), b'{"format": 1, "at": 1}'), (named(MARKER), b"{}")],
            "it has no book",
        ),
    ],
)
def test_what_is_no_copy_is_not_put_back(
    tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]], fault: str
) -> None:
    """A tar file of somebody else writes nothing outside, and becomes no index."""
    path = tar_of(tmp_path / "copy.tar", *members)
    with pytest.raises(UsageError, match=fault):
        restore(path, tmp_path / "back")

    assert [one.name for one in tmp_path.iterdir()] == ["copy.tar"]


def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both tell people a sentence and programs an object, and end with 0."""
    data, to, back = tmp_path / "data", tmp_path / "copy", tmp_path / "back"
    an_index(data, "1.0")
    codes = [
        main(["backup", "--data", str(data), "--to", str(to)]),
        main(["backup", "--data", str(data), "--to", str(to), "--json"]),
        main(["restore", "--from", str(to), "--data", str(back)]),
        main(["restore", "--from", str(to), "--data", f"{back}2", "--json"]),
    ]
    out = capsys.readouterr().out.splitlines()

    assert codes == [0, 0, 0, 0]
    assert out[0].startswith(f"{to}: 1 files of ")
    assert json.loads(out[1])["new_files"] == 0
    assert out[2] == f"{back}: 1 files, each as its digest says"
    assert json.loads(out[3]) == {"version": 1, "data": f"{back}2", "files": 1}
    assert to.stat().st_mode & 0o077 == 0


def test_what_cannot_be_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is no index, one with its book elsewhere, a target that is something else, a book that is none."""
    data = tmp_path / "data"
    an_index(data, "1.0")
    copied(data, tmp_path / "copy")
    make_folder(tmp_path / "elsewhere")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    make_folder(tmp_path / "broken")
    (tmp_path / "broken" / BOOK).write_bytes(b"no book" * 100)
    words = [
        ("backup", "--data", "none", "--to", "x"),
        ("backup", "--data", "elsewhere", "--to", "x"),
        ("backup", "--data", "data", "--to", "thesis"),
        ("backup", "--data", "data", "--to", "file"),
        ("backup", "--data", "data", "--to", "none/x.tar"),
        ("backup", "--data", "broken", "--to", "y"),
        ("restore", "--from", "none", "--data", "x2"),
        ("restore", "--from", "file", "--data", "x3"),
        ("restore", "--from", "copy", "--data", "data"),
        ("restore", "--from", "copy", "--data", "file/x"),
    ]
    for one in words:
        said = [str(tmp_path / word) if place in {2, 4} else word for place, word in enumerate(one)]
        assert main(said) == 2, one
    err = capsys.readouterr().err

    assert "Traceback" not in err
    for text in (
        "holds no index",
        "it is kept in PostgreSQL",
        "what is in it is no copy",
        "cannot be copied: file is not a database",
        "is there already",
        "cannot be written: File exists",
    ):
        assert text in err

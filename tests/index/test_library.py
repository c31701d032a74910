"""An upload is wholly published or not there at all, whatever breaks and when."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import UsageError
from bonded.index.blobs import Folder, FolderSpool
from bonded.index.book.entries import Entries
from bonded.index.book.records import Records
from bonded.index.ports import BLOCK
from bonded.index.running.data_folder import BOOK
from bonded.index.running.fsck import SHELVES, examine
from bonded.index.upstream.settings import UpstreamSettings
from index_world import (
    GREETER,
    World,
    core_metadata,
    recorded,
    sdist_offer,
    wheel,
    wheel_members,
    wheel_offer,
    world,
    zipped,
)


class Crash(Exception):
    """The power goes out."""


STEPS = [
    (FolderSpool, "write"),
    (FolderSpool, "finish"),
    (FolderSpool, "open"),
    (FolderSpool, "keep"),
    (Entries, "standing"),
    (Entries, "shelf"),
    (Entries, "add_file"),
    (Entries, "event"),
]


def crashing(step: Callable[..., object], when: str) -> Callable[..., object]:
    """Return a step that breaks before or after it has done its work."""

    def broken(*args: object, **kwargs: object) -> object:
        if when == "after":
            step(*args, **kwargs)
        raise Crash

    return broken


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("part", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_crash_leaves_nothing_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: type, step: str, when: str
) -> None:
    """After a crash at any step the file is not there, its name is free, and the same upload succeeds."""
    offer = wheel_offer()
    with world(tmp_path) as stage:
        with monkeypatch.context() as patched:
            patched.setattr(part, step, crashing(getattr(part, step), when))
            with pytest.raises(Crash):
                stage.upload(offer)
        before = stage.index.files(), stage.client.get("/simple/greeter/").text
        again = stage.upload(offer).status_code

    assert (before[0], str(offer.filename) in before[1]) == ([], False)
    assert again == 200


def test_temporary_files_are_swept_at_the_start(tmp_path: Path) -> None:
    """What a crash left in the folder of incoming files is gone after the next start."""
    folder = Folder(tmp_path)
    kept, lost = folder.spool(), folder.spool()
    kept.write(b"x")
    lost.write(b"x" * BLOCK)
    lost.catch_up()
    digests, _ = kept.finish(), lost.finish()
    kept.keep()
    kept.discard()
    assert lost._stream is not None
    lost._stream.close()

    assert Folder(tmp_path).sweep() == 1
    assert folder.path(digests.blake2b_256).read_bytes() == b"x"
    assert list((tmp_path / "incoming").iterdir()) == []


def test_the_shelf_is_looked_at_again_before_writing(
    stage: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was published while another of its name was being read wins; the later one is refused."""
    first, second = (
        wheel_offer(),
        wheel_offer().with_data(wheel(metadata=core_metadata(more="A: b\n"))),
    )
    opened = FolderSpool.open

    def slowly(spool: FolderSpool) -> object:
        monkeypatch.setattr(FolderSpool, "open", opened)
        assert stage.upload(first).status_code == 200
        return opened(spool)

    monkeypatch.setattr(FolderSpool, "open", slowly)

    assert "File already exists" in stage.upload(second).text
    assert len(stage.index.files()) == 1


def test_a_durable_folder_keeps_the_same_bytes(tmp_path: Path) -> None:
    """Waiting for the disk changes nothing but the time; a spool that was kept can be discarded harmlessly."""
    folder = Folder(tmp_path, durable=True)
    spool = folder.spool()
    spool.write(b"x")
    path = folder.path(spool.finish().blake2b_256)
    spool.keep()
    spool.discard()

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"x", 0o644)
    assert path.parent.parent == tmp_path


def test_of_two_who_race_for_a_name_one_wins(tmp_path: Path) -> None:
    """Of eight different files that come under one name at once, exactly one is published, and one takes room."""
    offers = [wheel_offer().with_data(wheel_offer().data[:-2] + bytes([1, 0, n])) for n in range(8)]
    statuses: list[int] = []
    with world(tmp_path) as stage:
        threads = [
            threading.Thread(target=lambda o=offer: statuses.append(stage.upload(o).status_code))
            for offer in offers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (published,) = stage.index.files()

    folder = Folder(tmp_path / "files")
    assert sorted(statuses) == [200] + [400] * 7
    assert list(stored(folder)) == [published.digests.blake2b_256]


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_whoever_loses_a_race_takes_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> None:
    """A file that lost its name after its bytes were kept is refused, and its bytes are gone."""
    first = wheel_offer()
    second = wheel_offer().with_data(heavy(BLOCK if large else 8))
    with world(tmp_path) as stage:
        once_kept(monkeypatch, lambda: stage.upload(first))
        refused = stage.upload(second)
        (published,) = stage.index.files()

    assert "File already exists" in refused.text
    assert list(stored(Folder(tmp_path / "files"))) == [published.digests.blake2b_256]


def test_whoever_loses_a_race_takes_nothing_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of whoever is refused stay if another file has the same."""
    offer = wheel_offer()
    with world(tmp_path) as stage:
        once_kept(monkeypatch, lambda: stage.upload(offer))
        again = stage.upload(offer)
        (published,) = stage.index.files()

    assert again.status_code == 200
    assert list(stored(Folder(tmp_path / "files"))) == [published.digests.blake2b_256]


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_bytes_that_were_given_back_meanwhile_are_kept_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> None:
    """Nothing refers to bytes between keeping and committing; if fsck gives them back just then, no file loses its."""
    data = heavy(BLOCK if large else 8)
    offer = wheel_offer().with_data(data)
    with world(tmp_path) as stage:

        def tidy() -> None:
            with closing(Records(tmp_path / BOOK)) as records:
                given_back = examine(records, Folder(tmp_path / "files"), fix=True).orphans
            assert len(given_back) == 1

        once_kept(monkeypatch, tidy)
        status = stage.upload(offer).status_code
        (published,) = stage.index.files()

    path = Folder(tmp_path / "files").path(published.digests.blake2b_256)
    assert (status, path.read_bytes()) == (200, data)


def once_kept(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something when the next upload has kept its bytes, and before it is written down."""
    keep = FolderSpool.keep

    def then(spool: FolderSpool) -> None:
        keep(spool)
        monkeypatch.setattr(FolderSpool, "keep", keep)
        do()

    monkeypatch.setattr(FolderSpool, "keep", then)


def heavy(size: int) -> bytes:
    """Return a good wheel with so many bytes that cannot be packed."""
    members = {**wheel_members(), "greeter/ballast": os.urandom(size)}
    return zipped(recorded(members, "greeter-1.0.dist-info"))


def stored(folder: Folder) -> Iterator[str]:
    """Yield the digests of all that a folder keeps."""
    for shelf in SHELVES:
        yield from (digest for digest, _ in folder.blobs(shelf))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_cut_upload_is_not_there(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A body that ends early, anywhere, publishes nothing and is answered 400."""
    body, kind = replace(sdist_offer()).body()
    cut = data.draw(st.integers(0, len(body) - 5))
    with world(tmp_path_factory.mktemp("index")) as stage:
        headers = {"content-type": kind, "authorization": f"Bearer {stage.token}"}
        response = stage.client.post("/legacy/", content=body[:cut], headers=headers)

        assert (response.status_code, stage.index.files()) == (400, [])


def test_the_book_survives_a_restart(tmp_path: Path) -> None:
    """What was published is there when the index is opened again."""
    with world(tmp_path) as stage:
        stage.upload(wheel_offer())
    with world(tmp_path) as stage:
        assert [file.filename for file in stage.index.files()] == [wheel_offer().filename]


@pytest.mark.parametrize("address", ["http://me:secret@x:y/", "ftp://x.example/", "simple/"])
def test_an_index_with_a_broken_setting_lets_everything_go(tmp_path: Path, address: str) -> None:
    """An address that is none is an error at the start, and nothing stays open."""
    with (
        pytest.raises(UsageError) as raised,
        world(tmp_path, upstream=UpstreamSettings(url=address)),
    ):
        pass

    assert "secret" not in str(raised.value)


def test_refusals_are_for_the_owner(stage: World) -> None:
    """Every refused upload is there for the owner, with its time, file name, check and words."""
    stage.upload(wheel_offer().bent(pyversion=""))

    (refused,) = stage.index.uploads_refused()
    assert (refused.at, refused.filename) == (stage.clock.now, wheel_offer().filename)
    assert refused.refusal.check == "python_version_fits"


def test_a_full_disk_is_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk takes no bytes the client may come again; nothing is published, and the next one is."""
    with world(tmp_path, durable=True) as stage:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            refused = stage.upload(wheel_offer())
        files = stage.index.files()
        again = stage.upload(wheel_offer())

    assert (refused.status_code, refused.headers["retry-after"], files) == (503, "5", [])
    assert again.status_code == 200
    assert list((tmp_path / "files" / "incoming").iterdir()) == []


def full(_descriptor: int) -> None:
    """Be a disk without room."""
    raise OSError(errno.ENOSPC, "no room")


def test_a_stranger_writes_nothing_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file without a token that lives, large or small, no byte is written and no digest computed."""
    small, large = wheel_offer(), wheel_offer().with_data(b"x" * (3 * BLOCK))
    with world(tmp_path) as stage:
        monkeypatch.setattr(FolderSpool, "catch_up", forbidden)
        monkeypatch.setattr(FolderSpool, "finish", forbidden)
        statuses = [
            stage.upload(offer, token="bonded-" + "x" * 43).status_code for offer in (small, large)
        ]

    assert statuses == [403, 403]


def forbidden(_spool: FolderSpool) -> None:
    """Be what must not happen."""
    raise AssertionError


def test_a_project_with_room_takes_larger_files(tmp_path: Path) -> None:
    """A limit of the project's own lets more of a file through than the index's, and no more."""
    with world(tmp_path, file_size=BLOCK) as stage:
        projects = stage.index.administration.projects("owner")
        before = stage.upload(wheel_offer().with_data(b"x" * (3 * BLOCK)))
        projects.set_limits(GREETER, {"file_size": 4 * BLOCK})
        after = stage.upload(wheel_offer().with_data(b"x" * (3 * BLOCK)))

    assert "too large" in before.text.lower()
    assert "zip" in after.text

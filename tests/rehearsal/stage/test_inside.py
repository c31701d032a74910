"""Files that steps can change, reached so that no link leads out of the stage."""

import os
from pathlib import Path

import pytest

from bonded.rehearsal.stage.inside import Escape, Inside


@pytest.fixture
def front(tmp_path: Path) -> Path:
    """The front of a stage, with a secret beside it."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "front"
    folder.mkdir()
    return folder


@pytest.fixture
def inside(front: Path) -> Inside:
    """The way to it."""
    return Inside(front, {Path("/room"): front / "tmp"})


def test_a_file_is_written_and_read(inside: Inside, front: Path) -> None:
    """Folders are made on the way, and what was written is read."""
    with inside.write(front / "a" / "b" / "file") as file:
        file.write(b"text")

    assert inside.text(front / "a" / "b" / "file") == "text"
    assert inside.make(front / "a" / "c").is_dir()


def test_a_link_within_the_stage_is_followed(inside: Inside, front: Path) -> None:
    """Links between folders of a project are ordinary."""
    (front / "real").mkdir()
    (front / "link").symlink_to("real")
    with inside.write(front / "link" / "file") as file:
        file.write(b"x")

    assert (front / "real" / "file").read_text() == "x"
    assert inside.text(front / "link" / "file") == "x"
    assert inside.holds(front / "link")


def test_the_rooms_temporary_folder_is_on_the_stage(inside: Inside, front: Path) -> None:
    """A path of the room is found where it really is; others stay what they are."""
    assert inside.host(Path("/room/x")) == front / "tmp" / "x"
    assert inside.host(Path("/etc/x")) == Path("/etc/x")
    assert inside.host(front / "x") == front / "x"


@pytest.mark.parametrize("kind", ["file", "folder", "absolute", "dots"])
def test_nothing_is_read_elsewhere(kind: str, inside: Inside, front: Path, tmp_path: Path) -> None:
    """A link, an absolute path or dots that lead out of the stage are refused."""
    (front / "file").symlink_to(tmp_path / "secret")
    (front / "folder").symlink_to(tmp_path)
    path = {
        "file": front / "file",
        "folder": front / "folder" / "secret",
        "absolute": tmp_path / "secret",
        "dots": front / ".." / "secret",
    }[kind]

    with pytest.raises(Escape, match="leads out"):
        inside.read(path)
    assert not inside.holds(path)


@pytest.mark.parametrize("name", ["file", "folder/new", "folder/deep/new"])
def test_nothing_is_written_elsewhere(
    name: str, inside: Inside, front: Path, tmp_path: Path
) -> None:
    """Neither a link in the place of the file nor one above it is written through."""
    (front / "file").symlink_to(tmp_path / "secret")
    (front / "folder").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Escape):
        inside.write(front / name)
    assert (tmp_path / "secret").read_text() == "secret"
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_what_is_no_file_is_refused(inside: Inside, front: Path) -> None:
    """A pipe neither blocks nor counts as a file; a file is no folder."""
    os.mkfifo(front / "pipe")
    (front / "file").write_text("")

    with pytest.raises(Escape, match="not a file"):
        inside.read(front / "pipe")
    with pytest.raises(Escape):
        inside.write(front / "pipe")
    with pytest.raises(Escape, match="not a folder"):
        inside.make(front / "file" / "x")


def test_a_link_is_put_in_the_place_of_another(inside: Inside, front: Path, tmp_path: Path) -> None:
    """A link is replaced, never written through."""
    (front / "uv").symlink_to(tmp_path / "secret")
    inside.link(front / "uv", "/usr/bin/true")

    assert (front / "uv").readlink() == Path("/usr/bin/true")
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_new_folder_is_held_whatever_happens_to_its_name(
    inside: Inside, front: Path, tmp_path: Path
) -> None:
    """Command files are read from the folder that was made, not from what stands in its place later."""
    folder = inside.new_folder(front / "temp")
    path = folder.write("output", "a=1\n")
    folder.path.rename(front / "gone")
    folder.path.symlink_to(tmp_path)

    assert folder.read("output", 100) == b"a=1\n"
    assert folder.read("secret", 100) == b""
    assert path.name == "output"
    folder.close()


def test_only_the_beginning_of_a_file_is_read(inside: Inside, front: Path) -> None:
    """An endless file is read up to a limit and one byte more; what is missing or a link is empty."""
    folder = inside.new_folder(front)
    folder.write("long", "x" * 1000)
    (folder.path / "link").symlink_to("/dev/zero")
    os.mkfifo(folder.path / "pipe")

    assert len(folder.read("long", 10)) == 11
    assert [folder.read(name, 10) for name in ("link", "pipe", "none")] == [b"", b"", b""]
    with pytest.raises(FileExistsError):
        folder.write("long", "again")
    folder.close()

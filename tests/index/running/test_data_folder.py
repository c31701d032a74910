"""The folder of an index that is served."""

import stat
from pathlib import Path

import pytest

from bonded.errors import UsageError
from bonded.index.running.data_folder import Served, make_folder, occupy, read_served, write_served


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    """What is in an index is for its owner's eyes, even where the folder was there, empty and open."""
    (tmp_path / "open").mkdir(mode=0o755)
    for name in ("open", "deep/new"):
        make_folder(tmp_path / name)

        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700
        assert read_served(tmp_path / name) == Served()


def test_it_remembers_how_it_was_served(tmp_path: Path) -> None:
    """The second start knows the audience of the first."""
    served = Served(audience="a.example", configuration="/c.toml", address="https://a.example")
    make_folder(tmp_path)
    write_served(tmp_path, served)
    make_folder(tmp_path)

    assert read_served(tmp_path) == served


def test_a_folder_keeps_its_id(tmp_path: Path) -> None:
    """The id of the first start stays; a server that begins at the same time takes it over."""
    for new_id in ("first", "second"):
        make_folder(tmp_path / "index", new_id)

    assert read_served(tmp_path / "index") == Served(folder="first")


def test_a_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    """An index is not mixed with anybody's files."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="not empty, and what is in it is no index"):
        make_folder(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    """A file, and a folder that is missing or is no index, are named."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be used: File exists"):
        make_folder(tmp_path / "file")
    for name in ("file", "none", "."):
        with pytest.raises(UsageError, match="holds no index"):
            read_served(tmp_path / name)
    with pytest.raises(UsageError, match="cannot be used: File name too long"):
        read_served(tmp_path / ("x" * 300))


def test_a_later_format_is_not_guessed(tmp_path: Path) -> None:
    """What another version wrote is not read as if it were ours."""
    (tmp_path / "served.json").write_bytes(b'{"format": 99}')
    with pytest.raises(UsageError, match="cannot be read by this version"):
        read_served(tmp_path)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_marker_is_said(tmp_path: Path, raw: bytes) -> None:
    """What nobody wrote is no other version's; the hint says what is enough."""
    (tmp_path / "served.json").write_bytes(raw)
    with pytest.raises(UsageError, match="is damaged") as raised:
        read_served(tmp_path)

    assert '{"format": 1, "audience": ' in raised.value.hint


@pytest.mark.parametrize("part", ["index.sqlite", "files"])
def test_a_part_without_its_marker_is_an_index(tmp_path: Path, part: str) -> None:
    """A folder whose marker is gone is not called something else, and nothing is served by guess."""
    (tmp_path / part).mkdir() if part == "files" else (tmp_path / part).touch()
    for ask in (read_served, make_folder):
        with pytest.raises(UsageError, match=f"has the .* of an index, {part}, but") as raised:
            ask(tmp_path)

        assert "put back a copy of served.json" in raised.value.hint


def test_the_first_server_is_alone(tmp_path: Path) -> None:
    """Whoever comes while another serves knows it, and the next one after all have left is alone again."""
    with occupy(tmp_path) as first:
        first.share()
        with occupy(tmp_path) as second, occupy(tmp_path) as third:
            told = [first.alone, second.alone, third.alone]
    with occupy(tmp_path) as last:
        told.append(last.alone)

    assert told == [True, False, False, True]

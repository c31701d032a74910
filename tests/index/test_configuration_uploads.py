"""What an index takes in, as its settings say."""

from pathlib import Path

from bonded.dists.archives import STRICT, Limits
from bonded.index.configuration import Configuration, read_configuration
from bonded.index.settings import Settings


def settings(folder: Path, text: str) -> Settings:
    """Return the settings that a file gives an index."""
    path = folder / "bonded.toml"
    path.write_text(text, encoding="utf-8")
    return read_configuration(path).settings(folder, "here")


def test_an_index_is_stricter_than_pypi_unless_told(tmp_path: Path) -> None:
    """An index of one's own takes no link, no twins, and no RECORD that is wrong; releases stay open."""
    plain = Configuration().settings(tmp_path, "here")

    assert (plain.archives, plain.closes_after_days) == (STRICT, None)
    assert settings(tmp_path, "[uploads]\ncloses-after = 0\n").closes_after_days is None


def test_an_index_may_be_told_to_take_what_pypi_takes(tmp_path: Path) -> None:
    """Each rule that PyPI does not have is a setting of its own."""
    text = "[uploads]\ncloses-after = 14\nlinks = true\ntwins = true\nloose-record = true\n"
    told = settings(tmp_path, text)

    assert (told.archives, told.closes_after_days) == (Limits(), 14)


def test_a_rehearsal_takes_what_pypi_takes(tmp_path: Path) -> None:
    """Settings that nobody wrote are those of PyPI's stand-in: what PyPI takes must not fail there."""
    told = settings(tmp_path, "[uploads]\nlinks = true\n")

    assert told.archives.links
    assert not told.archives.twins
    assert Settings.__dataclass_fields__["archives"].default == Limits()

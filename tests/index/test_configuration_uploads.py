"""What an index takes in, as its settings say."""

from pathlib import Path

import pytest

from bonded.dists.archives import STRICT, Limits
from bonded.errors import InvalidInput
from bonded.index.configuration import Configuration, read_configuration
from bonded.index.settings import FORMS_SIZE, PAGE_MEMORY, Settings


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


def test_memory_is_bounded_by_the_file(tmp_path: Path) -> None:
    """What is kept at hand and what comes in have bounds of their own; without a file they have the usual ones."""
    told = settings(tmp_path, '[memory]\npages = "1 GiB"\nforms = 33554432\n')
    plain = settings(tmp_path, "")

    assert (told.page_memory, told.forms_size) == (1 << 30, 32 << 20)
    assert (plain.page_memory, plain.forms_size) == (PAGE_MEMORY, FORMS_SIZE)
    assert settings(tmp_path, "[memory]\npages = 0\n").page_memory == 0


def test_one_form_must_have_room(tmp_path: Path) -> None:
    """A bound that would turn good uploads away for ever is told before anything is served."""
    with pytest.raises(InvalidInput, match="expected 16 MiB or more, got '1 MiB'"):
        settings(tmp_path, '[memory]\nforms = "1 MiB"\n')

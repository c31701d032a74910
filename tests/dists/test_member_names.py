"""Names of members that Windows changes, and names that cost more than they show."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.archives import STRICT, ArchiveFault, Contents, Limits, read_sdist, read_wheel
from bonded.dists.limits import ArchiveRefused
from bonded.dists.member_paths import Tree
from place_bends import NAMED_SDISTS, NAMED_WHEELS
from wheel_bends import INFO


@pytest.mark.parametrize("bend", NAMED_WHEELS.values(), ids=NAMED_WHEELS)
def test_a_wheel_with_a_name_that_windows_changes(bend: tuple[str, bytes]) -> None:
    """A strict index refuses it, PyPI takes it."""
    read = read_wheel(io.BytesIO(bend[1]), dist_info=INFO, limits=STRICT)

    assert isinstance(read, ArchiveFault), read
    assert bend[0] in read.reason
    assert isinstance(read_wheel(io.BytesIO(bend[1]), dist_info=INFO), Contents)


@pytest.mark.parametrize("bend", NAMED_SDISTS.values(), ids=NAMED_SDISTS)
def test_an_sdist_with_a_name_that_windows_changes(bend: tuple[str, bytes]) -> None:
    """The same for source distributions."""
    read = read_sdist(io.BytesIO(bend[1]), limits=STRICT)

    assert isinstance(read, ArchiveFault), read
    assert bend[0] in read.reason
    assert isinstance(read_sdist(io.BytesIO(bend[1])), Contents)


FINE = [
    ".x", "..x", " x", "x.y.z", "a b.py", "context.py", "console", "auxiliary/x", "null", "com", "com10", "com1x.py",
    "lpt/x", "x.con", "xcon.py", "é.py", "日本/x", "x\u0301",
]  # fmt: skip


@pytest.mark.parametrize("path", FINE)
def test_a_name_that_is_one_everywhere(path: str) -> None:
    """What only looks like a device or a hidden name is none."""
    tree = Tree(STRICT)

    tree.add(path, is_folder=False)


@settings(max_examples=100, deadline=None)
@given(st.text("aA.: ~/conCON\u200d\u00e9", min_size=1, max_size=12))
def test_strict_names_survive_windows(path: str) -> None:
    """What is let in has no part that an unpacker for Windows would shorten or write in another way."""
    try:
        Tree(STRICT).add(path, is_folder=False)
    except ArchiveRefused:
        return
    for part in path.split("/"):
        assert part == part.rstrip(". ").replace(":", "_").replace("\u200d", "")
        assert part.partition(".")[0].rstrip(" ").lower() != "con"


@pytest.mark.parametrize("limits", [Limits(), STRICT], ids=["as PyPI", "strict"])
def test_folders_that_a_name_opens_are_counted(limits: Limits) -> None:
    """A path of 2,000 parts opens 2,000 folders, of four million characters; a few would fill the memory."""
    tree, deep = Tree(limits), "a/" * 1999 + "a"
    for number in range(8):
        tree.add(f"{number}/{deep}", is_folder=False)

    with pytest.raises(ArchiveRefused, match="its names have more than"):
        tree.add(f"8/{deep}", is_folder=False)

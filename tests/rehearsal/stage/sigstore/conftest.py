from collections.abc import Iterator
from pathlib import Path

import pytest

from sigstore_world import Evening, evening


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore that is served for all tests of a module; whoever changes its conditions changes them back."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder

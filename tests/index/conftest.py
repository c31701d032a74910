"""An open index for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_world import World, world


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[World]:
    """Give an index that takes the project `greeter`."""
    with world(tmp_path / "index") as opened:
        yield opened

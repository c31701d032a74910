from collections.abc import Iterator
from pathlib import Path

import pytest

import stage_world
from bonded.rehearsal import processes


@pytest.fixture
def world(tmp_path: Path) -> Iterator[stage_world.World]:
    """A stage without walls, struck after the test."""
    made = stage_world.world(tmp_path)
    yield made
    made.theatre.stop.close()


@pytest.fixture
def stop() -> Iterator[processes.Stop]:
    """A stop that nobody has requested yet."""
    made = processes.Stop()
    yield made
    made.close()

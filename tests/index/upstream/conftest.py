"""What the tests of the index behind share."""

import pytest

from upstream_world import Other, page


@pytest.fixture
def other() -> Other:
    """Give another index that has the project `helper`."""
    return Other(pages={"helper": page()})

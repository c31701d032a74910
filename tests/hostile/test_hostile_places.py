"""Archives that unpack or install differently in different programs, each sent to a whole index that is strict."""

from collections.abc import Iterator

import pytest

from bonded.dists.archives import STRICT
from index_world import Offer, World, sdist_offer, wheel_offer, world
from place_bends import NAMED_SDISTS, NAMED_WHEELS, PLACES
from raw_tar import Entry, entries_of, pax, record, tarball
from sdist_bends import MEMBERS, TOP


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give one index that is as strict as `bonded serve`, for all of them; nothing changes it."""
    with world(tmp_path_factory.mktemp("places"), archives=STRICT) as opened:
        yield opened
        assert opened.index.files() == []


def refused(fortress: World, offer: Offer, words: str) -> None:
    """Send an upload, and hold the check that refused it and its sentence against what is expected."""
    response = fortress.upload(offer)

    assert response.status_code == 400, response.text
    assert fortress.index.uploads_refused()[-1].refusal.check == "archive_is_sound"
    assert words in response.text
    assert fortress.index.files() == []


HOSTILE_WHEELS = {**PLACES, **{f"name: {key}": bend for key, bend in NAMED_WHEELS.items()}}


@pytest.mark.parametrize("bend", HOSTILE_WHEELS.values(), ids=HOSTILE_WHEELS)
def test_a_wheel_with_two_readings(fortress: World, bend: tuple[str, bytes]) -> None:
    """Two files for one place, or a name that Windows changes: installers would keep different bytes."""
    refused(fortress, wheel_offer().with_data(bend[1]), bend[0])


@pytest.mark.parametrize("bend", NAMED_SDISTS.values(), ids=NAMED_SDISTS)
def test_an_sdist_with_two_readings(fortress: World, bend: tuple[str, bytes]) -> None:
    """The same for names in source distributions."""
    refused(fortress, sdist_offer().with_data(bend[1]), bend[0])


@pytest.mark.parametrize("key", ["SCHILY.realsize", "SCHILY.offset", "SCHILY.filetype"])
def test_an_sdist_with_two_sizes(fortress: World, key: str) -> None:
    """A file of 1,000 bytes for most, and of 10 for libarchive."""
    file = Entry(f"{TOP}/f.txt".encode(), b"A" * 1000)
    data = tarball([*entries_of(MEMBERS), pax(record(key, "10")), file])

    refused(fortress, sdist_offer().with_data(data), "which not every program reads")

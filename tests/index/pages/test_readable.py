"""Numbers and times as people read them."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.pages.readable import day, iso, moment, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (12_595, "12.3 KiB"),
        (1024 * 1024 - 1, "1.0 MiB"),
        (5 << 30, "5.0 GiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    """A size has one decimal, and never 1024 of a unit that has a next one."""
    assert size(count) == text


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0, max_value=1 << 50))
def test_any_size_is_short(count: int) -> None:
    """However large a file is, its size is told in a few letters."""
    assert re.fullmatch(r"\d{1,4}(\.\d)? (bytes?|[KMGT]iB)", size(count))


def test_times() -> None:
    """Days are told in words, moments with the hour; machines get ISO 8601."""
    seconds = datetime(2026, 11, 9, 5, 7, 8, 900_000, UTC).timestamp()

    assert day(seconds) == "9 November 2026"
    assert moment(seconds) == "9 November 2026, 05:07 UTC"
    assert iso(seconds) == "2026-11-09T05:07:08Z"

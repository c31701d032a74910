"""Sizes as people write and read them; what settings may hold is in `test_configuration_data`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.byte_sizes import size_exact, size_of, size_told


@pytest.mark.parametrize(
    ("size", "told", "exact"),
    [
        (0, "0 bytes", "0 bytes"),
        (1, "1 byte", "1 byte"),
        (1023, "1023 bytes", "1023 bytes"),
        (1024, "1 KiB", "1 KiB"),
        (1536, "1.5 KiB", "1.5 KiB (1,536 bytes)"),
        ((1 << 20) - 1, "1.0 MiB", "1.0 MiB (1,048,575 bytes)"),
        (100 << 20, "100 MiB", "100 MiB"),
        ((100 << 20) + 1, "100.0 MiB", "100.0 MiB (104,857,601 bytes)"),
        (10 << 30, "10 GiB", "10 GiB"),
        (1 << 52, "4096 TiB", "4096 TiB"),
    ],
)
def test_sizes_are_told_in_the_units_of_the_settings(size: int, told: str, exact: str) -> None:
    """A size that looks whole is whole; where that matters, the bytes stand beside what is not."""
    assert (size_told(size), size_exact(size)) == (told, exact)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.integers(1024, 1 << 60), st.integers(1, 1023).map(lambda n: n << 20)))
def test_a_whole_size_can_be_written_into_the_settings(size: int) -> None:
    """What is told without its bytes is read as the same size."""
    exact = size_exact(size)

    assert size_of(exact) == size or exact == f"{size_told(size)} ({size:,} bytes)"

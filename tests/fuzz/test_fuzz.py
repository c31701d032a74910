"""The fuzz targets, fed with their committed corpus and a few mutations of it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz_mutations import CORPUS, corpus, mutated
from fuzz_targets import TARGETS


def test_every_target_has_a_corpus() -> None:
    """And every corpus a target."""
    assert {path.name for path in CORPUS.iterdir()} == TARGETS.keys()
    assert all(corpus(name) for name in TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_breaks_no_target(name: str) -> None:
    """What was found once is never found again."""
    for data in corpus(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_break_no_target(name: str) -> None:
    """Some hundred inputs near the corpus, the same in every run."""
    chance, seeds = random.Random(name), corpus(name)
    for _ in range(150):
        TARGETS[name](mutated(seeds, chance))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(TARGETS)), st.binary(max_size=2000))
def test_noise_breaks_no_target(name: str, data: bytes) -> None:
    """Bytes that have nothing to do with the format."""
    TARGETS[name](data)

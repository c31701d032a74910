"""When the other index is left alone."""

from bonded.dists.names import ProjectName
from bonded.index.upstream.pauses import Pauses

NOW = 1_800_000_000.0
HELPER = ProjectName("helper")


def test_after_silence_one_asks_for_all() -> None:
    """Nobody asks in the pause; then one does, and the others only once that one is answered."""
    pauses = Pauses()
    assert [pauses.may_ask(NOW) for _ in range(3)] == [True, True, True]

    pauses.silence(NOW)
    assert not pauses.may_ask(NOW + 14)
    assert [pauses.may_ask(NOW + 15) for _ in range(3)] == [True, False, False]
    assert pauses.is_silent(NOW + 20)

    pauses.answer()
    assert [pauses.may_ask(NOW + 20) for _ in range(2)] == [True, True]


def test_what_was_said_counts_for_a_moment() -> None:
    """A failure and an absence are forgotten after seconds, and by a clock that was set back."""
    pauses = Pauses()
    pauses.failure(HELPER, NOW)
    pauses.absence(HELPER, NOW)

    assert [pauses.has_failed(HELPER, NOW + later) for later in (0, 14, 15, -60)] == [
        True,
        True,
        False,
        False,
    ]
    assert [pauses.is_absent(HELPER, NOW + later) for later in (0, 4, 5, -60)] == [
        True,
        True,
        False,
        False,
    ]


def test_the_names_of_strangers_fill_no_memory() -> None:
    """Whoever asks for a million names leaves the last few hundred of them."""
    pauses = Pauses()
    for number in range(2000):
        pauses.absence(ProjectName(f"a{number}"), NOW)
        pauses.failure(ProjectName(f"a{number}"), NOW)

    assert len(pauses._absent) == len(pauses._failed) == 512
    assert pauses.is_absent(ProjectName("a1999"), NOW)
    assert not pauses.is_absent(ProjectName("a0"), NOW)

"""When the other index is left alone."""

from bonded.dists.names import ProjectName
from bonded.index.upstream.pauses import Pauses, Rest

NOW = 1_800_000_000.0
HELPER = ProjectName("helper")


def test_after_silence_one_asks_for_all() -> None:
    """Nobody asks in the pause; then one does, and the others only once that one is answered."""
    pauses = Pauses()
    assert [pauses.held_from_asking(NOW) for _ in range(3)] == [None, None, None]

    pauses.silence(NOW, "it slept")
    assert pauses.held_from_asking(NOW + 14) == Rest(NOW + 15, "it slept")
    later = Rest(NOW + 30, "it slept")
    assert [pauses.held_from_asking(NOW + 15) for _ in range(3)] == [None, later, later]
    assert pauses.silent(NOW + 20) == later

    pauses.answer()
    assert [pauses.held_from_asking(NOW + 20) for _ in range(2)] == [None, None]


def test_what_was_said_counts_for_a_moment() -> None:
    """A failure and an absence are forgotten after seconds, and by a clock that was set back."""
    pauses = Pauses()
    pauses.failure(HELPER, NOW, "it fell")
    pauses.absence(HELPER, NOW)

    rest = Rest(NOW + 15, "it fell")
    assert [pauses.failed(HELPER, NOW + later) for later in (0, 14, 15, -60)] == [
        rest,
        rest,
        None,
        None,
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
        pauses.failure(ProjectName(f"a{number}"), NOW, "it fell")

    assert len(pauses._absent) == len(pauses._failed) == 512
    assert pauses.is_absent(ProjectName("a1999"), NOW)
    assert not pauses.is_absent(ProjectName("a0"), NOW)


def test_the_names_of_strangers_fill_no_log() -> None:
    """A name is told once in a pause, and a hundred names at most; the next pause has news of its own."""
    pauses = Pauses()
    names = [ProjectName(f"a{number}") for number in range(200)]

    def told() -> int:
        return sum(pauses.is_news(name) for name in names + names)

    pauses.silence(NOW, "it slept")
    assert told() == 100
    assert told() == 0
    pauses.silence(NOW + 15, "it slept on")
    assert told() == 100
    pauses.failure(names[0], NOW + 15, "it fell")
    assert told() == 1

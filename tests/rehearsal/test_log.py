import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal import log as limits
from bonded.rehearsal.log import CHARACTERS, LINES, Log
from bonded.rehearsal.report import CurtainRecord, StepRecord


def test_a_log_of_many_lines_keeps_its_ends() -> None:
    """The first 5,000 lines and the last ones stay; one between them says how many are gone."""
    log = Log(map(str, range(100_000)))

    assert len(log) == LINES
    assert log[:5_000] == [str(number) for number in range(5_000)]
    assert log[5_000] == "… 80,001 lines left out …"
    assert log[5_001:] == [str(number) for number in range(85_001, 100_000)]


def test_a_log_of_long_lines_is_bounded_too() -> None:
    """Lines of a mebibyte leave the newest of them, and so does a single one that is longer than a log may be."""
    log = Log(letter * (1 << 20) for letter in "abcdefgh")
    assert sum(map(len, log)) <= CHARACTERS
    assert [line[0] for line in log] == ["…", "f", "g", "h"]

    log.append("z" * (CHARACTERS + 1))
    assert [line[0] for line in log] == ["…", "z"]


def test_a_short_log_is_whole() -> None:
    """A log within its bounds is the list of its lines."""
    assert Log(["a", "", "b"]) == ["a", "", "b"]


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.text("ab", max_size=9), max_size=60))
def test_a_log_keeps_its_bounds(lines: list[str]) -> None:
    """Whatever the lines, the bounds hold, the last line stays, every line is kept or counted; a copy is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LINES", 12)
        patch.setattr(limits, "CHARACTERS", 80)
        patch.setattr(limits, "_FIRST_LINES", 4)
        patch.setattr(limits, "_FIRST_CHARACTERS", 20)
        log = Log(lines)

        assert len(log) <= 12
        assert sum(len(line) + 1 for line in log) <= 80
        assert log[-1:] == lines[-1:]
        assert Log(log) == log
    gone = [int(line.split()[1]) for line in log if line.startswith("…")]
    assert len(log) - len(gone) + sum(gone) == len(lines)


def test_records_are_bounded() -> None:
    """A step and an installation have such a log, without being asked."""
    curtain = CurtainRecord(
        index="pypi", project="p", version="1", kind="wheel", ok=True, seconds=0.0
    )

    assert isinstance(StepRecord(name="step", kind="run").log, Log)
    assert isinstance(curtain.log, Log)

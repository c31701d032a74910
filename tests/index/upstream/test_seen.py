import logging
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.index.upstream import seen as seen_module
from bonded.index.upstream.seen import Seen

HELPER = ProjectName("helper")


def test_the_first_sight_stays(tmp_path: Path) -> None:
    """A file was first seen when it was, whatever is asked later and by whichever process."""
    seen = Seen(tmp_path)
    seen.first(HELPER, ["a"], 10.0)
    later = seen.first(HELPER, ["a", "b"], 20.0)
    next_process = Seen(tmp_path).first(HELPER, ["b", "c"], 30.0)

    assert later == {"a": 10.0, "b": 20.0}
    assert next_process == {"a": 10.0, "b": 20.0, "c": 30.0}


def test_the_earlier_of_two_processes_counts(tmp_path: Path) -> None:
    """What another process saw before is not forgotten."""
    one, two = Seen(tmp_path), Seen(tmp_path)
    one.first(HELPER, ["x"], 1.0)
    two.first(HELPER, ["x"], 1.0)
    one.first(HELPER, ["a"], 10.0)

    assert two.first(HELPER, ["a", "b"], 20.0) == {"x": 1.0, "a": 10.0, "b": 20.0}


@pytest.mark.parametrize(
    "damage", ["", "{", "[1]", '{"a": "x"}', '{"a": NaN}', '{"a": Infinity}', '{"a": null}']
)
def test_a_damaged_record_makes_files_younger(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A record that cannot be read is said to be lost, and counts from now."""
    caplog.set_level(logging.WARNING)
    (tmp_path / "helper.json").write_text(damage)

    assert Seen(tmp_path).first(HELPER, ["a"], 50.0) == {"a": 50.0}
    assert "is lost" in caplog.text


def test_nothing_was_seen_in_the_future(tmp_path: Path) -> None:
    """A record of a time to come, as after a clock that was wrong, counts from now."""
    Seen(tmp_path).first(HELPER, ["a"], 1000.0)

    assert Seen(tmp_path).first(HELPER, ["a"], 50.0) == {"a": 50.0}


def test_what_is_at_hand_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of projects that nobody asks for go from memory, not from the disk."""
    monkeypatch.setattr(seen_module, "_AT_HAND", 1)
    seen = Seen(tmp_path)
    seen.first(HELPER, ["a"], 10.0)
    seen.first(ProjectName("other"), ["a"], 20.0)

    assert list(seen._at_hand) == ["other"]
    assert seen.first(HELPER, ["a"], 30.0) == {"a": 10.0}

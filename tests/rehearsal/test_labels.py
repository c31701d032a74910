from typing import Any

import pytest

from bonded.rehearsal import labels
from bonded.rehearsal.labels import Wanted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ubuntu-latest", Wanted(labels=("ubuntu-latest",))),
        (["self-hosted", " linux "], Wanted(labels=("self-hosted", "linux"))),
        ({"group": "big", "labels": ["x64"]}, Wanted(labels=("x64",), group="big")),
        ({"group": "big"}, Wanted(labels=(), group="big")),
        ({"labels": "x64"}, Wanted(labels=("x64",))),
        (None, Wanted(labels=())),
        ("", Wanted(labels=())),
        ([""], Wanted(labels=())),
    ],
)
def test_runs_on_is_a_text_a_list_or_a_group(value: Any, expected: Wanted) -> None:
    """Labels come alone, in a list, or under a group; what is empty is no label."""
    assert labels.wanted(value) == expected


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["ubuntu-20.04"], "no runner has the label 'ubuntu-20.04' any more"),
        (["Ubuntu-18.04"], "GitHub retired it; use ubuntu-latest"),
        (["ubuntu-latets"], "did you mean ubuntu-latest?"),
        (["ubuntu_latest"], "did you mean ubuntu-latest?"),
        (["ubuntu-24.4"], "did you mean ubuntu-24.04?"),
    ],
)
def test_a_label_that_no_runner_has_is_a_fault(asked: list[str], words: str) -> None:
    """A retired label and a misspelt one would leave the job waiting for ever."""
    assert words in labels.fault(asked)


@pytest.mark.parametrize(
    "asked",
    [
        *([name] for name in labels.HOSTED),
        ["UBUNTU-Latest"],
        ["ubuntu-latest-m"],
        ["ubuntu-24.04-8core"],
        ["ubuntu-large"],
        ["self-hosted", "ubuntu-20.04"],
        ["depot"],
    ],
)
def test_a_label_that_a_runner_may_have_is_none(asked: list[str]) -> None:
    """GitHub's labels, those of larger runners and those of one's own are played."""
    assert labels.fault(asked) == ""


def test_labels_are_hosted_custom_or_foreign() -> None:
    """Only what GitHub does not offer is custom; Windows and macOS are foreign."""
    assert labels.custom(["Ubuntu-latest", "self-hosted", "x"]) == ("self-hosted", "x")
    assert labels.foreign(["x", "macOS-15"]) == "macOS-15"
    assert labels.foreign(["ubuntu-latest"]) == ""

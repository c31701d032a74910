import platform

import pytest

from bonded.errors import InvalidInput
from bonded.rehearsal import labels
from bonded.rehearsal.jobs import CannotPlay, _on_linux
from bonded.rehearsal.report import Report
from bonded.workflows.model import Job
from bonded.workflows.reading import read_workflow
from stage_world import empty_report


def job(runs_on: str) -> Job:
    """Return a job that runs on this."""
    text = f"on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps: [{{run: make}}]\n"
    return read_workflow(text, "w.yml").jobs[0]


def asked(runs_on: str) -> Report:
    """Return the report after a job asked for its runner."""
    report = empty_report()
    _on_linux(job(runs_on), {"matrix": {"os": "ubuntu-24.04", "two": ["ubuntu-latest"]}}, report)
    return report


@pytest.mark.parametrize(
    "runs_on",
    ["ubuntu-latest", "${{ matrix.os }}", "${{ matrix.two }}", "[ubuntu-slim]"],
)
def test_a_runner_of_github_is_played(runs_on: str) -> None:
    """The labels that GitHub offers for Linux say nothing, written out or computed."""
    assert asked(runs_on).differences == []


@pytest.mark.parametrize(
    ("runs_on", "words"),
    [
        ("${{ matrix.oss }}", "Error when evaluating 'runs-on' for job 'a'. Unexpected value ''"),
        ("ubuntu-20.04", "no runner has the label 'ubuntu-20.04' any more"),
        ("ubuntu-latets", "did you mean ubuntu-latest?"),
        ("{group: big, labels: [ubuntu-latets]}", "did you mean ubuntu-latest?"),
    ],
)
def test_a_runner_that_nobody_has_fails_the_job(runs_on: str, words: str) -> None:
    """An empty, a retired and a misspelt label fail with the place of `runs-on`."""
    with pytest.raises(InvalidInput) as caught:
        asked(runs_on)

    assert words in str(caught.value)
    assert str(caught.value.faults[0].location).startswith("w.yml:4:")


@pytest.mark.parametrize("runs_on", ["windows-latest", "[self-hosted, macOS]"])
def test_another_system_is_not_rehearsed(runs_on: str) -> None:
    """Only Linux jobs are played."""
    with pytest.raises(CannotPlay, match="and this machine is not"):
        asked(runs_on)


def test_a_runner_of_ones_own_is_played_and_noted() -> None:
    """A label or a group that GitHub does not offer is a difference."""
    assert asked("[self-hosted, big]").differences == [
        f"job 'a' asks for the runner label '{label}', which GitHub does not offer; "
        "on GitHub it waits for a runner of yours with it"
        for label in ("self-hosted", "big")
    ]
    assert asked("{group: big}").differences == [
        "job 'a' asks for the runner group 'big'; on GitHub it waits for a runner of that group"
    ]


@pytest.mark.parametrize(
    ("asked_for", "machine", "told"),
    [
        (["ubuntu-24.04-arm"], "x86_64", "ubuntu-24.04-arm"),
        (["ubuntu-24.04-arm"], "aarch64", ""),
        (["ubuntu-24.04"], "x86_64", ""),
        (["self-hosted", "our-arm"], "x86_64", ""),
    ],
)
def test_an_arm_runner_is_another_machine(asked_for: list[str], machine: str, told: str) -> None:
    """A job for GitHub's Arm runners is played here all the same, and the report says on what."""
    assert labels.other_machine(asked_for, machine) == told
    if machine == platform.machine():
        assert bool(asked(asked_for[-1]).differences) == (bool(told) or "self-hosted" in asked_for)

"""Many projects at once: the same findings, in the same order, however many processes look."""

import os
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from bonded.cli.check_facts import Checkout, find_checkouts
from bonded.cli.check_many import MANY, judged
from bonded.workflows.audit import RULES


@pytest.fixture
def checkouts(tmp_path: Path) -> tuple[Checkout, ...]:
    """Return more projects than one process should do, some of them broken."""
    for number in range(MANY):
        rule = RULES[number % len(RULES)]
        folder = tmp_path / f"project-{number:03}" / ".github/workflows"
        folder.mkdir(parents=True)
        for path, text in (rule.bad if number % 2 else rule.good).sources().items():
            (tmp_path / f"project-{number:03}" / path).write_text(text, "utf-8")
        (folder / "bad.yml").write_bytes(b"\xff" if number == 1 else b"a: [\n")
    return find_checkouts([tmp_path])


def test_more_processes_find_the_same(checkouts: tuple[Checkout, ...]) -> None:
    """What is found does not depend on the machine."""
    alone = judged(checkouts, cores=1)

    assert any(alone)
    assert judged(checkouts, cores=2) == alone
    assert judged(checkouts[:2]) == alone[:2]


def test_a_system_without_processes_is_no_trouble(
    checkouts: tuple[Checkout, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none can be started, this one does the work."""

    def refused(*_: Any, **__: Any) -> None:
        raise OSError("no semaphores here")

    monkeypatch.setattr(futures, "ProcessPoolExecutor", refused)

    assert judged(checkouts, cores=2) == judged(checkouts, cores=1)


def test_a_system_that_counts_no_cores_for_a_process(
    checkouts: tuple[Checkout, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the machine's cores are known, they count."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert judged(checkouts) == judged(checkouts, cores=1)

"""What is out so far, on disk."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bonded.client.journal import Journal
from bonded.errors import InvalidInput, UsageError
from client_world import parcel, wheels

INDEX = "https://index.example/legacy/"


def test_a_journal_is_read_back(tmp_path: Path) -> None:
    """What was noted for one index is there for it alone, until all of it is out."""
    path = tmp_path / "j.json"
    first, second = wheels(2)
    journal = Journal.open(path, INDEX)
    assert journal.published() == {}
    journal.note(first)
    other = Journal.open(path, "https://other.example/")
    other.note(second)
    journal = Journal.open(path, INDEX)

    assert journal.path == path
    assert journal.published() == {first.filename: first.sha256}
    journal.check([first, second])
    with pytest.raises(InvalidInput, match="was published with sha256"):
        journal.check([replace(first, sha256="b" * 64), second])
    journal.close([first])
    assert path.exists()
    Journal.open(path, "https://other.example/").close([second])
    assert list(tmp_path.iterdir()) == []
    journal.close([first])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "published": {}}',
        '{"version": 1, "published": []}',
        '{"version": 1, "published": {"a": []}}',
        '{"version": 1, "published": {"a": {"b": 1}}}',
        '{"version": 1, "version": 1, "published": {}}',
        "x" * (9 << 20),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, text: str) -> None:
    """A journal that cannot be read is not taken for an empty one."""
    path = tmp_path / "j.json"
    path.write_text(text)

    with pytest.raises(InvalidInput, match="not a journal"):
        Journal.open(path, INDEX)


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """Neither a folder nor a missing one can hold it."""
    with pytest.raises(UsageError, match="cannot be read"):
        Journal.open(tmp_path, INDEX)
    with pytest.raises(UsageError, match="cannot be written"):
        Journal.open(tmp_path / "none" / "j.json", INDEX).note(parcel())


WRITER = """
import sys
from pathlib import Path
from bonded.client.journal import Journal
from client_world import wheels
journal = Journal.open(Path(sys.argv[1]), "i")
print("begun", flush=True)
while True:
    for one in wheels(50):
        journal.note(one)
"""


@pytest.mark.parametrize("lines", range(3))
def test_a_kill_leaves_a_whole_journal(tmp_path: Path, lines: int) -> None:
    """Whenever the writer is killed, what is there can be read."""
    path = tmp_path / "j.json"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while not path.exists() or len(Journal.open(path, "i").published()) <= 10 * lines:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)

    assert len(Journal.open(path, "i").published()) > 10 * lines
    assert json.loads(path.read_text())["version"] == 1

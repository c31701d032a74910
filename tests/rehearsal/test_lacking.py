"""What a failed script lacked here is told from its last lines; every other failure is its own."""

import pytest

from bonded.rehearsal.lacking import NOT_FOUND, lack

WHEELS = "uvx cibuildwheel@3.3.0 --output-dir dist"


@pytest.mark.parametrize(
    ("script", "code", "log", "words"),
    [
        (
            WHEELS,
            1,
            [
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                "cibuildwheel: error: Build failed because docker is too old or is not working properly.",
            ],
            "cibuildwheel builds wheels for Linux with Docker",
        ),
        (WHEELS, 1, ["FileNotFoundError: [Errno 2] No such file or directory: 'docker'"], "cibuildwheel"),
        ("docker build .", 1, ["ERROR: Cannot connect to the Docker daemon at x"], "the step needs Docker"),
        (WHEELS, 1, ["error: command 'gcc' failed"], ""),
        (WHEELS, 2, ["cibuildwheel: error: no build identifiers selected"], ""),
        ("zip a", NOT_FOUND, ["script.sh: line 1: zip: command not found"], "`zip` is on GitHub's"),
        ("nope", NOT_FOUND, ["script.sh: line 1: nope: command not found"], ""),
        ("zip a", 1, ["zip: not found"], ""),
    ],
)  # fmt: skip
def test_what_githubs_machine_has_is_nobodys_fault(
    script: str, code: int, log: list[str], words: str
) -> None:
    """A container engine, or a program of the runner's image; anything else failed by itself."""
    found = lack(script, code=code, log=log)

    assert bool(found) == bool(words)
    assert words in (found.message if found else "")

"""`.ci/run` runs the command that the README promises, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKER = "<!-- test command -->"


def run(folder: Path, readme: str) -> subprocess.CompletedProcess[str]:
    """Return what `.ci/run` does in a repository with this README."""
    (folder / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    command = [folder / ".ci" / "run"]
    return subprocess.run(command, cwd="/", capture_output=True, check=False, text=True)


def test_the_marked_block_is_run_at_the_root(tmp_path: Path) -> None:
    """The fenced block after the marker runs at the repository's root, wherever one stands."""
    readme = f"```\nexit 3\n```\n\n{MARKER}\n\n```console\npwd -P\n```\n\n```\nexit 4\n```\n"

    done = run(tmp_path, readme)

    assert done.returncode == 0
    assert done.stdout == f"+ pwd -P\n{tmp_path.resolve()}\n"


def test_the_status_is_that_of_the_command(tmp_path: Path) -> None:
    """A failing test command fails the run with its own status."""
    assert run(tmp_path, f"{MARKER}\n```\nexit 7\n```\n").returncode == 7


@pytest.mark.parametrize(
    "readme",
    ["", "```\ntrue\n```\n", f"{MARKER}\n", f"{MARKER}\nprose\n```\ntrue\n```\n"],
)
def test_without_a_marked_block_the_run_fails(tmp_path: Path, readme: str) -> None:
    """Nothing to run is a failure, never a pass."""
    done = run(tmp_path, readme)

    assert done.returncode == 1
    assert "README.md has no fenced block" in done.stderr

"""The project's own workflows, and those of its example, are what it would have others write."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", [".github", "examples/greeter/.github"])
def test_the_auditor_finds_nothing(folder: str) -> None:
    """Zizmor's most demanding persona has nothing to report."""
    auditor = str(Path(sys.executable).with_name("zizmor"))
    command = [auditor, "--offline", "--persona=auditor", "--no-progress", "--quiet", folder]

    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)

    assert said.returncode == 0, said.stdout + said.stderr

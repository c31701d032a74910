"""Runs every check of the project: format, lint, types, imports, workflows, tests with coverage.

    uv run --group dev scripts/check.py

Prints one line a check with what it took, and the whole output of a check that failed. All checks
run, also after one has failed. The tests come last and are shown while they run; their closing line
ends everything. The exit status is 1 if any check failed.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
WORKFLOWS = (".github", "examples/greeter/.github")

CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "format", "--check"),
    ("ruff", "check"),
    ("mypy", "src", "tests", "scripts"),
    ("lint-imports",),
    ("zizmor", "--offline", "--persona=auditor", "--no-progress", *WORKFLOWS),
)
TESTS = (
    "pytest",
    "-n=auto",
    "--cov=bonded",
    "--cov-branch",
    "--cov-report=term",
    "--cov-fail-under=97",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one check went; `last_line` of the tests' output is held back, to be shown at the end."""

    name: str
    passed: bool
    seconds: float
    last_line: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'}  {self.name:<20} {self.seconds:6.1f} s"


def environment() -> dict[str, str]:
    """Return our environment with the programs beside this Python found first."""
    return {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def check(command: tuple[str, ...]) -> Outcome:
    """Run one quiet check; print its line, and its output if it failed."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outcome = Outcome(
        name=" ".join(command[:2] if command[0] == "ruff" else command[:1]),
        passed=done.returncode == 0,
        seconds=time.monotonic() - started,
    )
    print(outcome, flush=True)
    if not outcome.passed:
        print(done.stdout, flush=True)
    return outcome


def test() -> Outcome:
    """Run the tests and show their output as it comes, but for the last line."""
    started = time.monotonic()
    held = ""
    with subprocess.Popen(
        TESTS,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        for line in running.stdout or ():
            print(held, end="", flush=True)
            held = line
    return Outcome(
        name="pytest",
        passed=running.returncode == 0,
        seconds=time.monotonic() - started,
        last_line=held,
    )


def main() -> int:
    """Run all checks and return the exit status."""
    outcomes = [*map(check, CHECKS), test()]
    print(outcomes[-1])
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    total = sum(outcome.seconds for outcome in outcomes)
    verdict = f"failed: {', '.join(failed)}" if failed else f"all {len(outcomes)} checks passed"
    print(f"{verdict}, in {total:.0f} s")
    print(outcomes[-1].last_line, end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

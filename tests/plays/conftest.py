"""Whole rehearsals with real programs: a project in a folder, the command line, and the report as data."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bonded.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
GREETER = ROOT / "examples" / "greeter"
_MADE_BY_WORK = shutil.ignore_patterns(".venv", "dist", "__pycache__", "uv.lock", ".pytest_cache")


@dataclass(frozen=True)
class Played:
    """What a rehearsal answered."""

    code: int
    data: dict[str, Any]
    progress: str

    @property
    def causes(self) -> str:
        """Every cause as one text."""
        return "\n".join(" ".join(map(str, cause.values())) for cause in self.data["causes"])

    def step(self, name: str) -> dict[str, Any]:
        """The record of a step, wherever it was played."""
        steps: list[dict[str, Any]] = [s for job in self.data["jobs"] for s in job["steps"]]
        while steps:
            step = steps.pop(0)
            if step["name"] == name:
                return step
            steps += step["children"]
        raise KeyError(name)

    def job(self, name: str) -> dict[str, Any]:
        """The record of a job."""
        return next(job for job in self.data["jobs"] if job["name"] == name)


Play = Callable[..., Played]


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    """A copy of the example, to change at will."""
    return Path(shutil.copytree(GREETER, tmp_path / "greeter", ignore=_MADE_BY_WORK))


@pytest.fixture
def play(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Play:
    """Rehearse a folder with these arguments."""
    cache = tmp_path_factory.getbasetemp().parent / "bonded-cache"
    monkeypatch.setenv("BONDED_CACHE_DIR", str(cache))

    def rehearse(folder: Path, *arguments: str) -> Played:
        capsys.readouterr()
        code = main(["rehearse", str(folder), "--json", *arguments])
        out, err = capsys.readouterr()
        return Played(code, json.loads(out) if out else {}, err)

    return rehearse


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

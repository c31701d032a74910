"""What `bonded init` writes is what `bonded rehearse` finds READY."""

import subprocess
from pathlib import Path

import pytest

from bonded.cli.main import main
from plays.conftest import Play
from project_kinds import KINDS

pytestmark = pytest.mark.play


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("hatch-vcs", ()),
        ("setuptools", ("--uploader", "uv", "--trigger", "release")),
        ("twine-with-token", ()),
    ],
)
def test_what_is_written_is_ready(
    play: Play,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: tuple[str, ...],
) -> None:
    """A new release, one of another shape and a migrated one are played from the tag to the install."""
    monkeypatch.setenv("BONDED_PINS", str(tmp_path / "none.toml"))
    folder = tmp_path / "project"
    for name, text in KINDS[kind].files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", "https://github.com/octo/tweed")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    for tag in KINDS[kind].tags:
        git(folder, "tag", tag)
    assert main(["init", str(folder), "--yes", *options]) == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "release workflow")
    played = play(folder)

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert [record["imports"] for record in played.data["curtain"]] == [["tweed"]] * 2
    assert [exchange["granted"] for exchange in played.data["exchanges"]] == [True]

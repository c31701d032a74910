"""The files through which a step speaks with the runner, in a folder of its own that no earlier step could prepare.

They are opened without following links and read up to a limit: a step that puts a link, a pipe or an endless file in
their place says nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bonded.rehearsal.stage.inside import Folder, Inside

NAMES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")
LIMIT = 16 * 1024 * 1024
"""Bytes that are read of one file at the most."""


class CommandFiles:
    """The command files of one step, and its script."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._paths = {name: folder.write(name.lower(), "") for name in NAMES}

    def script(self, text: str, suffix: str) -> Path:
        """Write the step's script and return its path."""
        return self._folder.write(f"script{suffix}", text)

    def env(self) -> dict[str, str]:
        """Return the variables that name the files."""
        return {name: str(path) for name, path in self._paths.items()}

    def text(self, name: str) -> str:
        """Return what the step wrote; bytes that are no UTF-8 as replacement characters."""
        return (
            self._folder.read(name.lower(), LIMIT).decode("utf-8", "replace").removeprefix("\ufeff")
        )


@contextmanager
def command_files(inside: Inside, temp: Path) -> Iterator[CommandFiles]:
    """Make the files of one step below the runner's temporary folder; raises OSError where that is gone."""
    folder = inside.new_folder(temp / "_runner_file_commands")
    try:
        yield CommandFiles(folder)
    finally:
        folder.close()

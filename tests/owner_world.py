"""Whoever types `bonded publisher`: what is typed, and what is said."""

from dataclasses import dataclass

import pytest

from bonded.cli.main import main

FORM = (
    *("--kind", "github", "--owner", "octo", "--repository-owner-id", "1"),
    *("--repository", "greeter", "--workflow-filename", "release.yml"),
)
GITLAB = (
    *("--kind", "gitlab", "--namespace", "team", "--project", "greeter"),
    *("--workflow-filepath", ".gitlab-ci.yml"),
)
GOOGLE = ("--kind", "google", "--email", "a@b.example")


@dataclass
class Said:
    """What a run of the program said."""

    code: int
    out: str
    err: str


class Owner:
    """Whoever types `bonded publisher`."""

    def __init__(self, where: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
        self.where = where
        self._capsys = capsys

    def __call__(self, action: str, *words: str) -> Said:
        """Run an action."""
        try:
            code = main(["publisher", action, *self.where, *words])
        except SystemExit as error:  # argparse ends by itself
            code = int(error.code or 0)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        assert "bug" not in err
        return Said(code, out, err)

"""`bonded project` on the folder of an index, and over its API."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonded.cli.main import main
from bonded.index.byte_sizes import size_told
from bonded.index.running.data_folder import Served, write_served
from index_world import World, sdist_offer, serving, wheel_offer, world
from owner_world import Said

WHEEL, SDIST = "greeter-1.0-py3-none-any.whl", "greeter-1.0.tar.gz"


class Curator:
    """Whoever types `bonded project`."""

    def __init__(
        self, where: tuple[str, ...], stage: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.where = where
        self.stage = stage
        self._capsys = capsys

    def __call__(self, action: str, *words: str) -> Said:
        """Run an action."""
        try:
            code = main(["project", action, *words, *self.where])
        except SystemExit as error:  # argparse ends by itself
            code = int(error.code or 0)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        assert "bug" not in err
        return Said(code, out, err)

    def seen(self) -> dict[str, object]:
        """Return what installers see: each file, and its yank."""
        kind = {"accept": "application/vnd.pypi.simple.v1+json"}
        files = self.stage.client.get("/simple/greeter/", headers=kind).json()["files"]
        return {one["filename"]: one["yanked"] for one in files}


@pytest.fixture(params=["folder", "api"])
def curator(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Curator]:
    """Give an owner, near and far, of an index with two files of `greeter` that is served meanwhile."""
    data = tmp_path / "data"
    with world(data) as stage, serving(stage.index.app) as address:
        write_served(data, Served(audience="a.example", address=address))
        for offer in (wheel_offer(), sdist_offer()):
            assert stage.upload(offer).status_code == 200
        monkeypatch.setenv("BONDED_TOKEN", stage.index.administration.new_token("root"))
        where = ("--data", str(data)) if request.param == "folder" else ("--url", address)
        yield Curator(where, stage, capsys)


def test_a_project_is_seen(curator: Curator) -> None:
    """In the list, and with its versions, files and limits; as JSON too."""
    listed = curator("list")
    none = curator("list", "--after", "Greeter")
    shown = curator("show", "Greeter")
    read = json.loads(curator("show", "greeter", "--json").out)

    assert listed.out.split() == ["greeter", "active", *size_told(read["size"]).split()]
    assert none.out == "There are no projects.\n"
    for text in (
        "status  active",
        "one file 100 MiB, all files 10 GiB",
        "\n1.0\n",
        WHEEL,
        SDIST,
    ):
        assert text in shown.out
    assert read["versions"][0]["version"] == "1.0"


def test_a_version_is_yanked_and_back(curator: Curator) -> None:
    """A dry run says what would be; a second yank says that it is done; the log says who it was."""
    would = curator("yank", "greeter", "--version", "1.0", "--dry-run")
    before = curator.seen()
    done = curator("yank", "greeter", "--version", "1.0", "--reason", "loses data")
    again = curator("yank", "greeter", "--version", "1.0", "--reason", "loses data")
    shown = curator("show", "greeter").out
    back = curator("unyank", "greeter", "--file", WHEEL)
    log = curator("log", "greeter").out.splitlines()

    assert would.out == f"would be yanked:\n  {WHEEL}\n  {SDIST}\n"
    assert before == {WHEEL: False, SDIST: False}
    assert done.out == f"yanked:\n  {WHEEL}\n  {SDIST}\n"
    assert again.out == "Nothing to do: yanked already.\n"
    assert shown.count("yanked: loses data") == 2
    assert back.out == f"no longer yanked:\n  {WHEEL}\n"
    assert curator.seen() == {WHEEL: False, SDIST: "loses data"}
    assert "file:unyank" in log[0]
    assert "file:yank" in log[1]
    assert "reason loses data" in log[1]
    assert "  by " in log[1]


def test_deleting_wants_a_yes(curator: Curator) -> None:
    """Where nobody can be asked, nothing is deleted without `--yes`."""
    refused = curator("delete", "greeter", "--file", WHEEL)
    would = curator("delete", "greeter", "--dry-run")
    before = curator.seen()
    done = curator("delete", "greeter", "--file", WHEEL, "--yes")

    assert refused.code == 2
    assert "--yes" in refused.err
    assert would.out == f"would be deleted: greeter, 2 files\n  {WHEEL}\n  {SDIST}\n"
    assert set(before) == {WHEEL, SDIST}
    assert done.out == f"deleted: greeter, 1 file\n  {WHEEL}\n"
    assert set(curator.seen()) == {SDIST}


class Terminal(io.StringIO):
    """A keyboard with somebody at it."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.mark.parametrize(
    ("typed", "code", "left"),
    [("greeter\n", 0, set()), ("yes\n", 2, {WHEEL, SDIST}), ("", 2, {WHEEL, SDIST})],
)
def test_at_a_terminal_the_name_is_typed_again(
    curator: Curator, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, left: set[str]
) -> None:
    """What would go is shown, and only the project's name goes on."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    said = curator("delete", "greeter", "--version", "1")

    assert said.code == code
    assert "would be deleted: greeter 1, 2 files" in said.err
    assert set(curator.seen()) == left


def test_a_whole_project_goes(curator: Curator) -> None:
    """With everything; the log is still there."""
    assert curator("delete", "greeter", "--yes").out.startswith("deleted: greeter, 2 files")
    assert curator("show", "greeter").code == 2
    assert "project:remove" in curator("log", "greeter").out


def test_a_status_and_limits_are_given(curator: Curator) -> None:
    """And the index's own limits again."""
    judged = curator("status", "greeter", "deprecated", "--reason", "use hello")
    bounded = curator("limit", "greeter", "--file-size", "1GiB", "--project-size", "20 GiB")
    shown = curator("show", "greeter").out
    usual = curator("limit", "greeter", "--file-size", "default", "--dry-run")
    nothing = curator("limit", "greeter")
    log = curator("log", "greeter", "--limit", "1").out

    assert judged.out == "greeter: deprecated (use hello)\n"
    assert bounded.out == "greeter: one file 1 GiB, all files 20 GiB\n"
    assert "status  deprecated (use hello)" in shown
    assert "one file 1 GiB (its own), all files 20 GiB (its own)" in shown
    assert usual.out == "would be greeter: one file as the index has it\n"
    assert nothing.code == 2
    assert "file_size 1073741824, project_size 21474836480" in log
    assert curator("limit", "greeter", "--file-size", "default").code == 0
    assert "file_size default" in curator("log", "greeter", "--limit", "1").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "none"), "there is no project 'none'"),
        (("yank", "greeter"), "one of the arguments --version --file is required"),
        (("yank", "greeter", "--version", "1", "--file", "x"), "not allowed with"),
        (("yank", "greeter", "--version", "9"), "no version '9'"),
        (("delete", "greeter", "--file", "x", "--yes"), "no file 'x'"),
        (("delete", "..", "--yes"), "'..'"),
        (("delete", "greeter", "--version", "..", "--yes"), "'..'"),
        (("status", "greeter", "gone"), "invalid choice"),
        (("limit", "greeter", "--file-size", "much"), "a size such as 100MiB"),
        (("limit", "greeter", "--file-size", "0"), "a size such as 100MiB"),
        (("log", "-", "--limit", "0"), "a number from 1 on"),
    ],
)
def test_what_cannot_be_is_said(curator: Curator, words: tuple[str, ...], said: str) -> None:
    """Usage errors, near and far alike; nothing is deleted."""
    refused = curator(*words)

    assert refused.code == 2
    assert said in refused.err
    assert set(curator.seen()) == {WHEEL, SDIST}


def test_a_log_without_entries_says_so(curator: Curator) -> None:
    """Before the first entry there is nothing."""
    assert curator("log", "greeter", "--before", "1").out == "Nothing was done yet.\n"


def test_what_never_was_has_no_log(curator: Curator) -> None:
    """It is said as where it is to be shown; what was deleted has one."""
    log, shown = (curator(action, "never-was") for action in ("log", "show"))
    curator("delete", "greeter", "--yes")

    assert (log.code, log.out) == (2, "")
    assert log.err == shown.err
    assert "project:remove" in curator("log", "greeter").out


def test_many_files_are_not_all_listed() -> None:
    """A project of thousands of files does not fill the terminal."""
    from bonded.cli.project_text import deleted

    done = {"project": "p", "version": "", "files": [f"f{n}" for n in range(25)], "dry_run": False}

    assert deleted(done).splitlines()[-2:] == ["  f19", "  and 5 more"]

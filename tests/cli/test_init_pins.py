from pathlib import Path

import pytest

from bonded.cli.init_world import shipped_pins
from bonded.cli.main import main
from bonded.workflows.drafting.pins import read_pins

B = "b" * 40


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file of pins, which is not there yet."""
    monkeypatch.delenv("BONDED_PINS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "bonded" / "pins.toml"


def checkout(folder: Path, version: str, commit: str = B) -> Path:
    """Make a checkout that pins one action."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    line = f"    - uses: actions/checkout@{commit} # {version}\n"
    (workflows / "ci.yml").write_text(line)
    return folder


def test_the_list_shows_every_pin(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`bonded pins` names every action with its release and commit, and the day of the collection."""
    assert main(["pins"]) == 0
    out = capsys.readouterr().out

    for name, pin in shipped_pins().actions.items():
        assert f"{name} " in out
        assert pin.commit in out
    assert f"Collected until {shipped_pins().seen}." in out
    assert not own.exists()


def test_newer_pins_are_kept_in_a_file_of_ones_own(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update writes what is newer, and the list and the next update know it."""
    checkout(tmp_path / "src" / "a", "v99.0.0")
    checkout(tmp_path / "src" / "deep" / "b", "v99.0.0")
    (tmp_path / "src" / ".git").mkdir()

    assert main(["pins", "update", "--from", str(tmp_path / "src")]) == 0
    assert "-> v99.0.0" in capsys.readouterr().out
    assert read_pins(own.read_text(), "pins.toml").actions["actions/checkout"].commit == B
    assert main(["pins"]) == 0
    assert "v99.0.0" in capsys.readouterr().out
    assert main(["pins", "update", "--from", str(tmp_path / "src")]) == 0
    assert "Nothing newer in 2 checkouts." in capsys.readouterr().out


def test_a_dry_run_writes_nothing(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--dry-run` shows what would be kept."""
    checkout(tmp_path / "src", "v99.0.0")

    assert main(["pins", "update", "--dry-run", "--from", str(tmp_path / "src")]) == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert not own.exists()


def test_older_pins_are_left(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkout that is behind, or pins a release to another commit, changes nothing."""
    checkout(tmp_path / "old", "v1.0.0")
    known = shipped_pins().actions["actions/checkout"].version
    checkout(tmp_path / "odd", known, "c" * 40)

    assert main(["pins", "update", "--from", str(tmp_path / "old"), str(tmp_path / "odd")]) == 0
    out = capsys.readouterr().out
    assert "doubtful: actions/checkout" in out
    assert "Nothing newer in 2 checkouts." in out
    assert not own.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["update"], "wants folders"),
        (["update", "--from", "nowhere-at-all"], "is not a folder"),
        (["list", "--dry-run"], "belong to"),
    ],
)
def test_wrong_arguments_are_refused(
    own: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """What makes no sense is a usage error."""
    assert main(["pins", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not own.exists()


def test_a_broken_file_of_ones_own_is_named(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of the user's own pins are told with their file."""
    own.parent.mkdir(parents=True)
    own.write_text("actions = 1")

    assert main(["pins"]) == 2
    assert f"{own}: `actions` must be a table" in capsys.readouterr().err
    own.write_bytes(b"\xff")
    assert main(["pins"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_what_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of pins below something that is no folder is a usage error."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BONDED_PINS", str(tmp_path / "file" / "x" / "pins.toml"))
    checkout(tmp_path / "src", "v99.0.0")

    assert main(["pins", "update", "--from", str(tmp_path / "src")]) == 2
    assert "cannot be" in capsys.readouterr().err

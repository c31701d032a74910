import subprocess
import sys

import pytest

from bonded import __version__
from bonded.cli import main as program
from bonded.cli.main import COMMANDS, main, run


@pytest.fixture(autouse=True)
def _probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a command that ends as it is told."""
    monkeypatch.setitem(COMMANDS, "probe", ("cli_probe", "try the ends"))


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("done", 0, ""),
        ("findings", 1, ""),
        ("usage", 2, "bonded: that cannot be\n  say it otherwise\n"),
        ("input", 2, "pyproject.toml:3:1: it is wrong\n  mend it\n"),
        ("remote", 3, "bonded: nobody answers\n"),
        ("bug", 70, "bonded: a bug in bonded: ZeroDivisionError: by nothing\n"),
        ("ctrl-c", 130, ""),
        ("stopped", 143, "bonded: interrupted; nothing was left behind\n"),
    ],
)
def test_every_end_has_its_code(
    capsys: pytest.CaptureFixture[str], end: str, code: int, said: str
) -> None:
    """Errors are sentences on standard error, and the exit code tells their kind."""
    assert main(["probe", end]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert "Traceback" not in err


def test_a_traceback_is_shown_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """BONDED_TRACEBACK shows where a bug happened."""
    monkeypatch.setenv("BONDED_TRACEBACK", "1")
    main(["probe", "bug"])

    assert "ZeroDivisionError: by nothing" in capsys.readouterr().err.split("Traceback")[1]


def test_a_reader_may_go_away() -> None:
    """A closed pipe ends the program quietly."""
    code = (
        "import sys; from bonded.cli.main import main, COMMANDS; "
        "COMMANDS['probe'] = ('cli_probe', ''); code = main(['probe', 'pipe']); print('x' * 99); "
        "sys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`bonded` alone shows what there is, with the exit codes."""
    assert main([]) == 0

    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert "70 a bug in bonded" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--version"], 0, f"bonded {__version__}"),
        (["--help"], 0, "exit codes:"),
        (["probe", "--help"], 0, "{done,findings"),
        (["--help", "rehearse"], 0, "exit codes:"),
        (["unknown"], 2, "invalid choice: 'unknown'"),
        (["probe"], 2, "the following arguments are required: end"),
        (["probe", "nowhere"], 2, "invalid choice: 'nowhere'"),
    ],
)
def test_arguments_are_checked(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    """Help and version go out with 0, wrong arguments with 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == code
    assert words in "".join(capsys.readouterr())


def test_the_entry_point_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program's arguments are those of the process, and its code is the process's."""
    monkeypatch.setattr(sys, "argv", ["bonded", "probe", "findings"])
    with pytest.raises(SystemExit) as caught:
        run()

    assert caught.value.code == program.FINDINGS

import subprocess
import sys

import pytest

from greeter.cli import main


def test_the_command_prints_the_greeting(capsys: pytest.CaptureFixture[str]) -> None:
    """Each argument is one name."""
    assert main(["Ada", "Grace"]) == 0

    assert capsys.readouterr().out == "Hello, Ada and Grace!\n"


def test_a_blank_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that cannot be is answered with status 2 and the reason on standard error."""
    with pytest.raises(SystemExit) as stop:
        main([""])

    assert stop.value.code == 2
    assert "must not be blank" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    """`python -m greeter` is the command."""
    program = [sys.executable, "-m", "greeter", "Ada"]

    done = subprocess.run(program, capture_output=True, check=True, text=True)

    assert done.stdout == "Hello, Ada!\n"

import pytest

from bonded.rehearsal.shells import ShellError, shell_for


@pytest.mark.parametrize(
    ("name", "command", "suffix"),
    [
        ("", ["bash", "-e", "/s"], ".sh"),
        ("bash", ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "/s"], ".sh"),
        ("sh", ["sh", "-e", "/s"], ".sh"),
        ("python", ["python", "/s"], ".py"),
        ("pwsh", ["pwsh", "-command", ". '/s'"], ".ps1"),
        ("perl -w {0} 'a b'", ["perl", "-w", "/s", "a b"], ".sh"),
        ("sh -c 'cat {0}'", ["sh", "-c", "cat /s"], ".sh"),
    ],
)
def test_a_shell_has_the_runners_flags(name: str, command: list[str], suffix: str) -> None:
    """Only an explicit `shell: bash` adds pipefail; another shell is a command with the script's place in it."""
    shell = shell_for(name)

    assert shell.command("/s") == command
    assert shell.suffix == suffix


@pytest.mark.parametrize("name", ["", "bash", "python", "perl {0}"])
def test_a_script_ends_with_a_line_end(name: str) -> None:
    """Scripts have line feeds only, and the last line ends too."""
    shell = shell_for(name)

    assert shell.text("a\r\nb") == "a\nb\n"
    assert shell.text("a\n") == "a\n"


def test_powershell_stops_at_errors() -> None:
    """A PowerShell script stops at the first error and ends with the last program's exit code."""
    text = shell_for("pwsh").text("ls\r\n")

    assert text.startswith("$ErrorActionPreference = 'stop'\nls\n")
    assert text.endswith("exit $LASTEXITCODE }")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cmd", "Windows runners only"),
        ("powershell", "Windows runners only"),
        ("fish", "must hold {0}"),
        ("sh -c '{0}", "No closing quotation"),
    ],
)
def test_a_shell_may_be_refused(name: str, words: str) -> None:
    """A shell that no Linux runner would start is an error with its reason."""
    with pytest.raises(ShellError) as caught:
        shell_for(name)

    assert words in str(caught.value)

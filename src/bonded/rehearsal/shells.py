"""How GitHub's runner starts a `run:` script: the real flags, because they decide what counts as a failure.

Without `shell:` a script runs as `bash -e`, *without* pipefail; only an explicit `shell: bash` adds it. So
`cmd | tee log` hides a failing command by default, on GitHub and here.
"""

import shlex
from dataclasses import dataclass

_TEMPLATES = {
    "": "bash -e {0}",
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "python": "python {0}",
    "pwsh": "pwsh -command \". '{0}'\"",
}
_SUFFIXES = {"python": ".py", "pwsh": ".ps1"}
_PWSH_HEAD = "$ErrorActionPreference = 'stop'\n"
_PWSH_TAIL = "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
WINDOWS_ONLY = frozenset({"cmd", "powershell"})


class ShellError(ValueError):
    """A `shell:` that the runner would not start; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A way to run a script: the command with the script's path in it, the file's suffix and its text."""

    template: str
    suffix: str = ".sh"

    def command(self, script: str) -> list[str]:
        """Return the arguments that run the file `script`."""
        return [part.replace("{0}", script) for part in shlex.split(self.template)]

    def text(self, run: str) -> str:
        """Return what is written into the script file; line ends become line feeds."""
        body = run.replace("\r\n", "\n")
        if self.suffix == ".ps1":
            return _PWSH_HEAD + body + _PWSH_TAIL
        return body if body.endswith("\n") else body + "\n"


def shell_for(name: str) -> Shell:
    """Return the shell that `shell: name` means; an empty name is the runner's default. Raises ShellError."""
    if name in WINDOWS_ONLY:
        raise ShellError(f"the shell '{name}' exists on Windows runners only")
    if name in _TEMPLATES:
        return Shell(_TEMPLATES[name], _SUFFIXES.get(name, ".sh"))
    if "{0}" not in name:
        raise ShellError(
            f"Invalid shell option '{name}'. A custom shell must hold {{0}}, the place of the script's path"
        )
    try:
        shlex.split(name)
    except ValueError as error:
        raise ShellError(f"Invalid shell option '{name}': {error}") from None
    return Shell(name)

"""Why a script failed that GitHub's machine would have played: a program or a container engine that is not here.

Such a failure is nobody's fault, so it is a gap of the rehearsal. It is known from the last lines of the script alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bonded.rehearsal.labels import PROGRAMS

NOT_FOUND = 127
"""The exit code of a shell that did not find a program."""

_MISSING = re.compile(r"(?:^|: )([\w.+-]+): (?:command )?not found$")
_TAIL = 5
# What the client of Docker, and cibuildwheel for it (3.x), say where no engine answers.
_NO_ENGINE = re.compile(
    r"cannot connect to the docker daemon|failed to connect to the docker api"
    r"|(?:docker|podman) is too old or is not working"
    r"|(?:docker|podman) not found|no such file or directory: '(?:docker|podman)'",
    re.IGNORECASE,
)
_ENGINE_TAIL = 12


@dataclass(frozen=True, slots=True)
class Lack:
    """What is not here, in a sentence, and what to do about it."""

    message: str
    hint: str


def lack(script: str, *, code: int, log: Sequence[str]) -> Lack | None:
    """Return what a failed script lacked on this machine and has on GitHub's; None where it failed by itself."""
    if any(_NO_ENGINE.search(line) for line in log[-_ENGINE_TAIL:]):
        what = "the step needs Docker"
        if "cibuildwheel" in script:
            what = "cibuildwheel builds wheels for Linux with Docker"
        return Lack(
            f"{what}, and no Docker engine answers here",
            "GitHub's runner has one: try this job there before the release",
        )
    if code != NOT_FOUND:
        return None
    named = {word for line in log[-_TAIL:] for word in _MISSING.findall(line)}
    for program in sorted(named & PROGRAMS):
        return Lack(
            f"`{program}` is on GitHub's runner image, and not on this machine",
            f"install {program} here, or rehearse without this step",
        )
    return None

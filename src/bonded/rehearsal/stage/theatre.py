"""The evening's common means, as everybody on the stage sees them.

`Theatre` is what jobs, steps and stand-ins hold; `rehearse.py` builds it. Folders under `front` may be written by
steps; everything under `back` may not (namespaces see to it where the kernel allows that).
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.rehearsal import processes
from bonded.rehearsal.report import Report
from bonded.rehearsal.stage import leftovers
from bonded.rehearsal.stage.artifacts import Artifacts
from bonded.rehearsal.stage.caches import Caches
from bonded.rehearsal.stage.inside import Inside
from bonded.rehearsal.stage.isolation import enclose
from bonded.rehearsal.stage.toolbox import Toolbox
from bonded.rehearsal.stage.workspace import Origin

if TYPE_CHECKING:
    from httpx2 import Client

    from bonded.rehearsal.stage.signing import Signing

MARKER = "RUNNER_TRACKING_ID"
"""The variable by which the runner, here and at GitHub, knows the processes of a job."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where everything of an evening lies."""

    root: Path

    @property
    def front(self) -> Path:
        """What steps may write."""
        return self.root / "front"

    @property
    def back(self) -> Path:
        """What steps may at most read."""
        return self.root / "back"

    @property
    def home(self) -> Path:
        """The home that every job gets a copy of."""
        return self.back / "home"

    @property
    def event(self) -> Path:
        """The payload of the event that is played."""
        return self.back / "event.json"

    @property
    def temporary(self) -> Path:
        """What steps see as the machine's temporary folder."""
        return self.front / "tmp"

    @property
    def tools(self) -> Path:
        """The runner's tool cache."""
        return self.front / "tools"

    @property
    def origin(self) -> Path:
        """The bare repository that stands in for the one at GitHub."""
        return self.back / "origin.git"

    @property
    def source(self) -> Path:
        """The files of the rehearsed commit, to read from."""
        return self.back / "source"

    def new_job(self, number: int) -> Path:
        """Return a name for the folder of one job; no step of an earlier one can know it."""
        return self.front / f"job-{number}-{secrets.token_hex(4)}"


@dataclass(slots=True, kw_only=True)
class Theatre:
    """What the evening has in common."""

    folders: Folders
    report: Report
    stop: processes.Stop
    prefix: tuple[str, ...]
    """The command before every program of a step: into the stage's room, or nothing."""
    inside: Inside
    """The only way to files that steps can change."""
    origin: Origin
    client: Callable[[], "Client"]
    """Makes an HTTP client that sees the network as the steps see it."""
    signing: "Signing"
    """Signs and verifies by the evening's Sigstore."""
    artifacts: Artifacts
    caches: Caches
    toolbox: Toolbox
    spare: tuple[int, ...] = ()
    """Processes of ours that are no steps'."""
    adopters: tuple[int, ...] = ()
    """Processes that adopt what steps leave behind (the first one of the room)."""
    fixtures: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    """The temporary folders of the machine, each with what holds the room together (mount points) and must stay."""

    def sweep(self, marker: str) -> None:
        """End what a job left running, as the runner does at the job's end."""
        leftovers.kill_marked(f"{MARKER}={marker}", spare=self.spare, adopters=self.adopters)

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        timeout: float | None = None,
    ) -> processes.Exit:
        """Run a program on the stage, where nothing leaves the machine."""
        enclosed, outer = enclose(self.prefix, command, env)
        return processes.run(
            enclosed,
            env=outer,
            cwd=cwd,
            stop=self.stop,
            on_line=on_line,
            timeout=timeout,
        )

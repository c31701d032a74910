"""What a stand-in for an action is, and what it may touch.

A stand-in plays a well-known action by its documentation: it takes the documented inputs, does the documented thing
with the means of the stage, and gives the documented outputs. One file each; `catalogue.py` is the only list.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.theatre import Theatre


class StepFailed(Exception):
    """The step fails, as it would on GitHub; `hint` is what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotRehearsed(StepFailed):
    """The step cannot be played here, so nobody knows how it would end."""


@dataclass(frozen=True, slots=True)
class Input:
    """One documented input of an action: its default, and whether it must be given.

    `unplayed` is an input that would change what a job finds, and that the stand-in does not play: the report says so.
    """

    default: str = ""
    required: bool = False
    unplayed: bool = False


@dataclass(slots=True, kw_only=True)
class Call:
    """One use of an action by one step: its inputs, and everything that it may do.

    `inputs` holds every documented input, the defaults filled in, names in lower case.
    """

    theatre: Theatre
    uses: str
    inputs: Mapping[str, str]
    env: Mapping[str, str]
    workspace: Path
    temp: Path
    event_name: str
    ref: str
    sha: str
    repository: str
    job: str
    permissions: Mapping[str, str]
    identity: IdentityAccess | None
    upstream: frozenset[str]
    """The jobs whose artifacts this one can see: itself and those it waits for."""
    log: Callable[[str], None]
    mask: Callable[[str], None]
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    posts: list[Callable[[], None]] = field(default_factory=list)

    def flag(self, name: str) -> bool:
        """Return a boolean input, read as GitHub's toolkit reads it; StepFailed for anything else."""
        text = self.inputs[name]
        if text in {"true", "True", "TRUE"}:
            return True
        if text in {"false", "False", "FALSE", ""}:
            return False
        raise StepFailed(
            f'Input does not meet YAML 1.2 "Core Schema" specification: {name}\n'
            "Support boolean input list: `true | True | TRUE | false | False | FALSE`",
            hint=f"write `{name}: true` or `{name}: false`",
        )

    def number(self, name: str) -> int:
        """Return a whole-number input; StepFailed for anything else."""
        try:
            return int(self.inputs[name])
        except ValueError:
            raise StepFailed(
                f"the input `{name}` must be a whole number, not '{self.inputs[name]}'"
            ) from None

    def lines(self, name: str) -> tuple[str, ...]:
        """Return a multi-line input as its lines without blanks."""
        return tuple(line.strip() for line in self.inputs[name].splitlines() if line.strip())

    def path(self, name: str) -> Path:
        """Return a path input below the workspace (an absolute one stays); `~` is the step's own home."""
        text = self.inputs[name]
        if text == "~" or text.startswith("~/"):
            text = self.env["HOME"] + text[1:]
        return self.workspace / text

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of a file of the job; raises OSError for what is none, or lies elsewhere."""
        with self.theatre.inside.read(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> str:
        """Run a program on the stage and return its output; StepFailed where it fails."""
        lines: list[str] = []

        def take(line: str) -> None:
            lines.append(line)
            if not quiet:
                self.log(line)

        ended = self.theatre.run(
            command, env={**self.env, **(env or {})}, cwd=cwd or self.workspace, on_line=take
        )
        if ended.code:
            if quiet:
                for line in lines:
                    self.log(line)
            raise StepFailed(f"`{command[0]}` ended with exit code {ended.code}")
        return "\n".join(lines)


class Action(Protocol):
    """A stand-in."""

    @property
    def names(self) -> tuple[str, ...]:
        """`owner/repository[/path]` of the actions it plays, in lower case."""
        ...

    @property
    def inputs(self) -> Mapping[str, Input]:
        """Every documented input."""
        ...

    def play(self, call: Call) -> None:
        """Do what the action does; StepFailed and NotRehearsed say why not."""
        ...


@dataclass(frozen=True, slots=True)
class StandIn:
    """The plain form of a stand-in: names, documented inputs and one function."""

    names: tuple[str, ...]
    inputs: Mapping[str, Input]
    act: Callable[[Call], None]

    def play(self, call: Call) -> None:
        """See `Action.play`."""
        self.act(call)


def fill_inputs(action: Action, given: Mapping[str, str]) -> dict[str, str]:
    """Return every documented input with its value; StepFailed for unknown or missing ones.

    GitHub only warns of an input that an action does not know, and goes on without it; here that is an error, because
    the step then does something else than its author believes. Names are the same in any letter case.
    """
    lowered = {name.lower(): value for name, value in given.items()}
    unknown = [name for name in given if name.lower() not in action.inputs]
    if unknown:
        known = ", ".join(f"'{name}'" for name in action.inputs)
        raise StepFailed(
            f"Unexpected input(s) {', '.join(repr(name) for name in unknown)}, valid inputs are [{known}]",
            hint="GitHub would ignore it with a warning; remove it or correct its name",
        )
    values = {name: spec.default for name, spec in action.inputs.items()} | lowered
    missing = [n for n, spec in action.inputs.items() if spec.required and not values[n]]
    if missing:
        raise StepFailed(f"Input required and not supplied: {', '.join(missing)}")
    return values

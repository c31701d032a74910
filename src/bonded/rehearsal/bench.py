"""The runner of one job: its folders, its environment, and what its steps have said so far.

`Bench` belongs to a job. `Scope` is what a list of steps sees: the job's own list has one, and every use of a
composite action has another, with its own inputs, step ids and status.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bonded.rehearsal import engine, globs
from bonded.rehearsal.commands import Masks
from bonded.rehearsal.engine import Result
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.theatre import Theatre
from bonded.rehearsal.watching import Watcher
from bonded.workflows.expressions import CaseSensitive

RUNNER_HOME = "/home/runner"
"""Where a job of GitHub's has what is in `Bench.folder` here."""


@dataclass(slots=True, kw_only=True)
class Scope:
    """What a list of steps sees of the world beyond its job."""

    inputs: Mapping[str, Any]
    steps: dict[str, Any] = field(default_factory=dict)
    status: Result = Result.SUCCESS
    action_path: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the step that uses the composite action, seen by the steps inside it."""
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class Bench:
    """One job on its runner."""

    theatre: Theatre
    folder: Path
    """Everything that the job has on this machine; it is gone at the job's end."""
    watcher: Watcher
    workspace: Path
    temp: Path
    github: Mapping[str, Any]
    runner: Mapping[str, str]
    contexts: Mapping[str, Any]
    """needs, strategy, matrix, secrets and vars: the same for every step of the job."""
    base: Mapping[str, str]
    """The runner's own environment, under everything else."""
    fixed: Mapping[str, str]
    """GITHUB_… and RUNNER_… variables, over everything else."""
    permissions: Mapping[str, str]
    identity: IdentityAccess | None
    upstream: frozenset[str]
    """The ids of this job and of all that it waits for."""
    masks: Masks
    deadline: float
    defaults: Mapping[str, str] = field(default_factory=dict)
    """shell and working-directory, as job and workflow set them."""
    env: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    posts: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    status: Result = Result.SUCCESS

    def environment(self, step_env: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of a step's process.

        Order, later wins: the runner's, workflow and job and GITHUB_ENV, the step's, then the default variables
        (GITHUB_SHA and its like); a GITHUB_TOKEN that a step sets is none of these and stays.
        """
        merged = {**self.base, **self.env, **step_env}
        merged["PATH"] = ":".join([*self.paths, merged.get("PATH", "")])
        return {**merged, **self.fixed}

    def shown(self, text: str) -> str:
        """Return a text as it may be logged: secrets masked, and the job's folder under its name at GitHub."""
        return self.masks.apply(text).replace(str(self.folder), RUNNER_HOME)

    def view(self, scope: Scope, step_env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the contexts that an expression of a step sees."""
        github = {**self.github, "action_path": scope.action_path}
        status = scope.status if scope.depth else self.status
        return {
            **self.contexts,
            "github": github,
            "env": CaseSensitive({**self.env, **scope.env, **(step_env or {})}),
            "job": {"status": engine.status_for_steps(status)},
            "runner": dict(self.runner),
            "steps": scope.steps,
            "inputs": dict(scope.inputs),
        }

    def functions(self) -> dict[str, Callable[..., str]]:
        """Return the functions that need the runner: `hashFiles`."""
        return {
            "hashFiles": lambda *patterns: globs.hash_files(
                patterns, self.workspace, self.theatre.inside
            )
        }

    def status_of(self, scope: Scope) -> Result:
        """Return the status that a step's `if` sees: the job's, or the composite action's own."""
        return scope.status if scope.depth else self.status

    def set_status(self, scope: Scope, status: Result) -> None:
        """Note that something failed in this list of steps."""
        scope.status = status
        if not scope.depth:
            self.status = status

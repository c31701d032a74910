"""The runner of a leg, made before its first step and cleared after its last.

On GitHub each job has a machine of its own. Here they share one, so everything that a job could leave for another by
accident is taken away at its end: its processes, its folders, and what it put into the temporary folder.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonded.rehearsal import contexts
from bonded.rehearsal.bench import Bench
from bonded.rehearsal.commands import Masks
from bonded.rehearsal.conditions import number
from bonded.rehearsal.production import Production
from bonded.rehearsal.report import JobRecord
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.theatre import MARKER
from bonded.rehearsal.stage.workspace import remove_tree
from bonded.workflows import permissions, templates
from bonded.workflows.claims import id_token_claims
from bonded.workflows.document import Node
from bonded.workflows.expressions import CaseSensitive, to_text
from bonded.workflows.model import Job, Workflow
from bonded.workflows.publishing import ancestors

_DEFAULT_TIMEOUT = 360
_MINUTE = 60.0
EMPTY_SHARED_MEMORY = "rm -rf /dev/shm/* /dev/shm/.[!.]*"
"""Only the room sees its own /dev/shm, so it is emptied from inside."""


def _environment_name(job: Job, view: Mapping[str, Any]) -> str:
    if job.environment is None:
        return ""
    return to_text(templates.resolve_node(job.environment.name, view)).strip()


def _env(node: Node | None, view: Mapping[str, Any]) -> dict[str, str]:
    value = templates.resolve_node(node, view) if node is not None else None
    if not isinstance(value, Mapping):
        return {}
    return {str(key): to_text(item) for key, item in value.items()}


@dataclass(frozen=True, slots=True)
class _Room:
    """The folders of a leg."""

    folder: Path
    repository: str

    @property
    def workspace(self) -> Path:
        return self.folder / "work" / self.repository / self.repository

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def make(self, home: Path) -> None:
        self.workspace.mkdir(parents=True)
        (self.temp / "_runner_file_commands").mkdir(parents=True)
        shutil.copytree(home, self.home, symlinks=True)


def furnish(production: Production, job: Job, view: dict[str, Any], record: JobRecord) -> Bench:
    """Make a runner for one leg of a job, and write into the record what the leg may do; raises InvalidInput."""
    theatre, workflow = production.theatre, production.workflow
    repository = production.run.repository.partition("/")[2]
    room = _Room(theatre.folders.new_job(production.next_job()), repository)
    room.make(theatre.folders.home)
    record.environment = _environment_name(job, view)
    record.permissions = permissions.granted(workflow, job, event=production.run.event)
    runner = contexts.runner_context(temp=str(room.temp), tool_cache=str(theatre.folders.tools))
    env = _env(workflow.env, view)
    env |= _env(job.env, {**view, "env": CaseSensitive(env)})
    identity = _identity(production, record)
    minutes = number(job.timeout_minutes, view, default=_DEFAULT_TIMEOUT)
    return Bench(
        theatre=theatre,
        folder=room.folder,
        watcher=production.watcher,
        workspace=room.workspace,
        temp=room.temp,
        github={**production.github, "job": job.id, "workspace": str(room.workspace)},
        runner=runner,
        contexts={key: value for key, value in view.items() if key not in {"github", "inputs"}},
        base=_base(production, room),
        fixed=_fixed(production, job, room, runner),
        permissions=record.permissions,
        identity=identity,
        upstream=frozenset({job.id, *(other.id for other in ancestors(workflow, job))}),
        masks=Masks(
            [*production.secrets.values(), *([identity.request_token] if identity else [])]
        ),
        deadline=time.monotonic() + minutes * _MINUTE,
        defaults=_defaults(workflow, job, {**view, "env": CaseSensitive(env)}),
        env=env,
    )


def _base(production: Production, room: _Room) -> dict[str, str]:
    toolbox = production.theatre.toolbox
    binaries = toolbox.make_python(toolbox.own, room.folder / "python")
    path = f"{binaries}:{production.base['PATH']}"
    return {**production.base, "HOME": str(room.home), "PATH": path}


def _fixed(
    production: Production, job: Job, room: _Room, runner: Mapping[str, str]
) -> dict[str, str]:
    folders = production.theatre.folders
    return {
        **contexts.github_environment(production.github, job=job.id),
        **contexts.runner_environment(runner),
        "GITHUB_WORKSPACE": str(room.workspace),
        "GITHUB_EVENT_PATH": str(folders.event),
        MARKER: f"github_{folders.root.name}_{room.folder.name}",
    }


def _identity(production: Production, record: JobRecord) -> IdentityAccess | None:
    """Open the ID-token endpoint for a job whose computed permissions allow it, and for no other."""
    if record.permissions.get("id-token") != "write":
        return None
    claims = id_token_claims(production.run, environment=record.environment or None)
    return production.admit(claims)


def _defaults(workflow: Workflow, job: Job, view: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for defaults in (workflow.defaults, job.defaults):
        for key, scalar in (
            ("shell", defaults.shell),
            ("working-directory", defaults.working_directory),
        ):
            if scalar is not None:
                found[key] = to_text(templates.resolve_node(scalar, view))
    return found


def clear(production: Production, bench: Bench) -> None:
    """End what the leg left running, remove what it left lying, and close its way to ID tokens."""
    theatre = bench.theatre
    if bench.identity:
        production.dismiss(bench.identity)
    theatre.sweep(bench.fixed[MARKER])
    remove_tree(bench.folder)
    if theatre.prefix:
        theatre.run(
            ["/bin/sh", "-c", EMPTY_SHARED_MEMORY],
            env={"PATH": "/usr/bin:/bin"},
            cwd=theatre.folders.front,
            on_line=lambda _line: None,
        )
    for folder, kept in theatre.fixtures.items():
        for entry in folder.iterdir():
            if entry.name not in kept:
                remove_tree(entry)

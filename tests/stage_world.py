"""A small stage without walls: real folders, git, toolbox and artifacts; what steps run are plain programs."""

import os
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from bonded.rehearsal import processes
from bonded.rehearsal.actions.role import Action, Call, fill_inputs
from bonded.rehearsal.bench import Bench
from bonded.rehearsal.commands import Masks
from bonded.rehearsal.report import JobRecord, Report, StepRecord
from bonded.rehearsal.stage.artifacts import Artifacts
from bonded.rehearsal.stage.caches import Caches
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.inside import Inside
from bonded.rehearsal.stage.signing import Signing
from bonded.rehearsal.stage.theatre import Folders, Theatre
from bonded.rehearsal.stage.toolbox import SYSTEM_PATH, Toolbox, own_python
from bonded.rehearsal.stage.workspace import Origin, take
from bonded.rehearsal.watching import Watcher

REPOSITORY = "octo/greeter"
TAG = "refs/tags/v1.0"
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Octo"),
        ("EMAIL", "octo@localhost"),
        ("DATE", "2024-01-02T03:04:05Z"),
    )
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user would, whoever he is, and return what it says."""
    env = {**_IDENTITY, "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """Make a repository whose one commit holds these files, with the tag v0.9 on it."""
    write(folder, files)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "First\n\nWith a body.")
    git(folder, "tag", "v0.9")
    return folder


def origin(folder: Path, stop: processes.Stop) -> Origin:
    """Return the stage's repository, not yet filled, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    return Origin(folder / "origin.git", env=os.environ, stop=stop)


@cache
def _uv() -> tuple[Path, str]:
    from importlib.metadata import version

    from uv import find_uv_bin

    return Path(find_uv_bin()), version("uv")


def toolbox() -> Toolbox:
    """Return a toolbox with this Python alone."""
    uv, version = _uv()
    own = own_python()
    return Toolbox(uv=uv, uv_version=version, own=own, pythons=(own,))


def empty_report() -> Report:
    """Return a report of an evening that has not begun."""
    event = {"name": "push", "ref": TAG, "tag": "v1.0", "title": "the push of tag v1.0"}
    return Report(
        project="greeter", version="1.0", event=event, repository=REPOSITORY, commit="c" * 40
    )


class Ears(Watcher):
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def scene(self, sentence: str) -> None:
        """See `Watcher`."""
        self.heard.append(sentence)

    def job_started(self, job: JobRecord) -> None:
        """See `Watcher`."""
        self.heard.append(f"job {job.name}")

    def line(self, text: str) -> None:
        """See `Watcher`."""
        self.heard.append(text)

    def step_ended(self, step: StepRecord) -> None:
        """See `Watcher`."""
        self.heard.append(f"{step.name}: {step.result}")


@dataclass(kw_only=True)
class World:
    """The stage, and what was heard on it."""

    theatre: Theatre
    log: list[str] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        """The workspace of job 1."""
        return (self.theatre.folders.front / "job-1") / "work" / "greeter" / "greeter"

    @property
    def home(self) -> Path:
        """HOME of job 1."""
        return self.theatre.folders.front / "job-1" / "home"

    @property
    def temp(self) -> Path:
        """The temporary folder of job 1."""
        return (self.theatre.folders.front / "job-1") / "temp"

    @property
    def env(self) -> dict[str, str]:
        """What every step has in its environment."""
        home = self.home
        return {
            "PATH": ":".join(SYSTEM_PATH),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "UV_OFFLINE": "1",
            "UV_NO_CONFIG": "1",
        }

    def call(self, action: Action, /, **more: Any) -> Call:
        """Return a call of an action; keywords that are fields of `Call` bend it, the others are its inputs."""
        fields = {key: more.pop(key) for key in list(more) if key in Call.__dataclass_fields__}
        given = {key.replace("_", "-"): value for key, value in more.items()}
        given |= fields.pop("inputs", {})
        base: dict[str, Any] = {
            "theatre": self.theatre,
            "uses": f"{action.names[0]}@v9",
            "inputs": fill_inputs(action, given),
            "env": self.env,
            "workspace": self.workspace,
            "temp": self.temp,
            "event_name": "push",
            "ref": TAG,
            "sha": "c" * 40,
            "repository": REPOSITORY,
            "job": "publish",
            "permissions": {},
            "identity": None,
            "upstream": frozenset({"build", ""}),
            "log": self.log.append,
            "mask": self.masked.append,
        }
        return Call(**(base | fields))

    def play(self, action: Action, /, **more: Any) -> Call:
        """Play an action and return the call with what it left."""
        call = self.call(action, **more)
        action.play(call)
        return call

    def bench(self, **more: Any) -> Bench:
        """Return the runner of job 1."""
        base: dict[str, Any] = {
            "theatre": self.theatre,
            "folder": (self.theatre.folders.front / "job-1"),
            "watcher": Ears(),
            "workspace": self.workspace,
            "temp": self.temp,
            "github": {},
            "runner": {},
            "contexts": {},
            "base": self.env,
            "fixed": {},
            "permissions": {},
            "identity": None,
            "upstream": frozenset({"build", ""}),
            "masks": Masks(),
            "deadline": float("inf"),
        }
        return Bench(**(base | more))


def world(root: Path, client: Callable[[], httpx2.Client] = httpx2.Client) -> World:
    """Set the stage below a folder."""
    folders = Folders(root / "stage")
    for folder in (folders.front, folders.back, folders.home, folders.tools):
        folder.mkdir(parents=True)
    stop = processes.Stop()
    theatre = Theatre(
        folders=folders,
        report=empty_report(),
        stop=stop,
        prefix=(),
        origin=origin(folders.back, stop),
        client=client,
        signing=Signing(Future(), authorities=root),
        inside=Inside(folders.front),
        artifacts=Artifacts(folders.back / "artifacts", Inside(folders.front)),
        caches=Caches(folders.back / "caches", Inside(folders.front)),
        toolbox=toolbox(),
    )
    made = World(theatre=theatre)
    made.workspace.mkdir(parents=True)
    made.temp.mkdir()
    made.home.mkdir()
    return made


def fill_origin(made: World, folder: Path) -> str:
    """Let the stage's repository hold what a folder does; git finds it under GitHub's address. Returns the commit."""
    commit = take(made.theatre.origin, folder, dirty=False)
    address, bare = f"https://github.com/{REPOSITORY}", made.theatre.origin.folder
    write(
        made.home,
        {
            ".gitconfig": f'[url "file://{bare}"]\n\tinsteadOf = {address}\n[safe]\n\tdirectory = *\n'
        },
    )
    made.theatre.origin.set_ref(TAG, commit.sha)
    return commit.sha


ACCESS = IdentityAccess("http://localhost/idtoken?api-version=2.0", "request-token")

"""From the words of a command line to releases: files, names, lock files, environments."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from bonded.attestations.examining import Source
from bonded.attestations.fetching import Beside, beside
from bonded.attestations.locks import LeftOut, Wanted, included, read_lock
from bonded.attestations.policy import FIELDS
from bonded.attestations.refusal import Malformed
from bonded.attestations.verify import Artifact
from bonded.cli.verify_files import looks_like_file, read
from bonded.dists.digests import digest_stream
from bonded.dists.names import (
    FileName,
    InvalidName,
    ProjectName,
    parse_filename,
    parse_project_name,
)
from bonded.errors import Fault, InvalidInput, Location, UsageError

__all__ = ["Targets", "fields_of", "read_targets"]

_DISTRIBUTIONS = (".whl", ".tar.gz", ".zip")
_TOLD = 5
_TABLES = (".toml", ".lock")
"""How the names of locks end that include no others."""
_SECONDS = 60

_LIST = """
import importlib.metadata as m, json
found = []
for d in m.distributions():
    tags = [line[5:] for line in (d.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
    name = d.metadata["Name"]
    if name:
        found.append([name, d.version, tags, bool(d.read_text("direct_url.json"))])
print(json.dumps(found))
"""
"""Lists what is installed, run by the environment's own Python."""


@dataclass(slots=True, kw_only=True)
class Targets:
    """What to verify. `local` has provenance beside it, and its releases are asked nowhere else."""

    wanted: list[Wanted] = field(default_factory=list)
    local: list[Wanted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    files: dict[str, tuple[FileName, str, bytes | Malformed]] = field(default_factory=dict)
    locks: list[Path] = field(default_factory=list)

    def sourced(self, source_of: Callable[[str], Source]) -> Sequence[tuple[Wanted, Source]]:
        """Return every release with where it is asked: its own index, or what stands for an empty address."""
        here = Beside(self.files)
        return [
            *((one, source_of(one.index)) for one in self.wanted),
            *((one, here) for one in self.local),
        ]

    def add_lock(self, path: Path) -> None:
        """Add what a lock file names, and the requirements files that it includes, each once."""
        within = (path.resolve().parent, Path.cwd())
        waiting, seen = [path], set()
        while waiting:
            lock = waiting.pop(0)
            if (place := lock.resolve()) in seen:
                continue
            seen.add(place)
            raw = read(lock)
            wanted, left_out = read_lock(str(lock), raw)
            self.wanted += wanted
            self.left_out += left_out
            self.locks.append(lock)
            if lock.suffix not in _TABLES:
                waiting += [_beside(lock, *one, within) for one in included(str(lock), raw)]

    def add_distribution(self, path: Path) -> None:
        """Add a wheel or source distribution on this machine."""
        name = parse_filename(path.name)
        with path.open("rb") as stream:
            sha256 = digest_stream(stream).sha256
        provenance: bytes | Malformed | None
        try:
            provenance = beside(path)
        except Malformed as error:
            provenance = error
        wanted = Wanted(
            project=name.project,
            version=str(name.version),
            files=(Artifact(filename=path.name, sha256=sha256),),
            place=Location(str(path)),
        )
        if provenance is None:
            self.wanted.append(wanted)
        else:
            self.local.append(wanted)
            self.files[path.name] = (name, sha256, provenance)

    def add_environment(self, python: str) -> None:
        """Add what is installed where a Python lives; raises UsageError where it cannot be run."""
        for name, version, tags, elsewhere in _installed(python):
            project = parse_project_name(str(name))
            if elsewhere:
                self.left_out.append(
                    LeftOut(name=project, reason="was not installed from an index")
                )
                continue
            asked = frozenset(str(tag) for tag in tags) if isinstance(tags, list) else frozenset()
            self.wanted.append(Wanted(project=project, version=str(version), tags=asked))


def read_targets(words: Iterable[str], environment: str | None) -> Targets:
    """Read the command line's targets; raises UsageError or InvalidInput that names what cannot be read."""
    targets = Targets()
    for word in words:
        _add(targets, word)
    if environment is not None:
        targets.add_environment(environment or _current())
    _merge(targets)
    if not targets.wanted and not targets.local:
        raise _nothing(targets.left_out)
    return targets


def _nothing(left_out: Sequence[LeftOut]) -> UsageError:
    """Return the error of a command that would prove nothing: that must not look as if all were well."""
    if not left_out:
        hint = "name files, NAME==VERSION, a lock file, or --environment"
        return UsageError("nothing to verify", hint=hint)
    told = [f"{one.name} {one.reason}" for one in left_out[:_TOLD]]
    more = [f"and {len(left_out) - _TOLD} more"] if len(left_out) > _TOLD else []
    hint = "only what comes from an index has provenance there"
    return UsageError(f"nothing to verify: {'; '.join([*told, *more])}", hint=hint)


def _beside(lock: Path, named: str, place: Location, within: Sequence[Path]) -> Path:
    """Return the file that a requirements file includes: one that is there, and not outside these folders."""
    path = lock.parent / named
    fault = ""
    if not any(path.resolve().is_relative_to(folder) for folder in within):
        fault = f"-r {named} leads out of this folder: name that file on the command line"
    elif not path.is_file():
        fault = f"-r {named}: there is no file {path}"
    if fault:
        raise InvalidInput((Fault(place, fault),))
    return path


def _add(targets: Targets, word: str) -> None:
    path = Path(word)
    if path.name.endswith(_DISTRIBUTIONS) and path.is_file():
        try:
            targets.add_distribution(path)
        except InvalidName as error:
            raise UsageError(f"{word}: {error.message}") from None
    elif path.is_file():
        targets.add_lock(path)
    elif path.is_dir():
        found = sorted(one for one in path.iterdir() if one.name.endswith(_DISTRIBUTIONS))
        if not found:
            raise UsageError(f"{word} holds neither wheels nor source distributions")
        for one in found:
            targets.add_distribution(one)
    else:
        targets.wanted.append(_release(word))


def _release(word: str) -> Wanted:
    name, equals, version = word.partition("==")
    if not equals and looks_like_file(word):
        raise UsageError(
            f"there is no file {word}",
            hint="a project is named without such an ending, or with its version: greeter==1.0",
        )
    try:
        project = parse_project_name(name.strip())
    except InvalidName:
        raise UsageError(
            f"{word!r} is neither a file nor NAME==VERSION",
            hint="such as greeter==1.0; without a version the newest is meant",
        ) from None
    if equals and not version.strip():
        raise UsageError(f"{word!r} has no version behind ==")
    return Wanted(project=project, version=version.strip())


def _merge(targets: Targets) -> None:
    """Make the files of one release that lie here one release, and say everything once."""
    merged: dict[tuple[ProjectName, str], Wanted] = {}
    for one in targets.local:
        known = merged.get((one.project, one.version))
        files = (*known.files, *one.files) if known else one.files
        merged[one.project, one.version] = Wanted(
            project=one.project, version=one.version, files=files, place=one.place
        )
    targets.local = list(merged.values())
    targets.wanted = list(dict.fromkeys(targets.wanted))


def _current() -> str:
    active = os.environ.get("VIRTUAL_ENV")
    return str(Path(active) / "bin" / "python") if active else sys.executable


def _installed(python: str) -> Sequence[tuple[object, object, object, object]]:
    try:
        ran = subprocess.run(
            [python, "-I", "-c", _LIST], capture_output=True, timeout=_SECONDS, check=True
        )
        return [
            (name, version, tags, elsewhere)
            for name, version, tags, elsewhere in json.loads(ran.stdout)
        ]
    except OSError as error:
        why = error.strerror or "it cannot be run"
    except subprocess.TimeoutExpired:
        why = f"it took more than {_SECONDS} seconds"
    except subprocess.CalledProcessError as error:
        why = f"it does not answer as a Python does (exit code {error.returncode})"
    except (ValueError, TypeError):
        why = "it does not answer as a Python does"
    raise UsageError(
        f"{python} cannot list what is installed: {why}",
        hint="--environment wants the Python of the environment, such as .venv/bin/python",
    )


def fields_of(words: Sequence[str]) -> Mapping[str, str]:
    """Read `--expect KEY=VALUE`; raises UsageError."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise UsageError(f"--expect wants KEY=VALUE, got {word!r}")
        if key not in FIELDS:
            near = get_close_matches(key, FIELDS, 1) or FIELDS
            raise UsageError(
                f"--expect {word}: {key} is nothing that a publisher has",
                hint=f"do you mean {near[0]}?" if len(near) == 1 else f"known: {', '.join(near)}",
            )
        found[key] = value
    return found

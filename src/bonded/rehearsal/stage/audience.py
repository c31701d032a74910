"""The curtain: what was published is installed by a stranger, in clean environments, and imported.

Once from the wheel and once from the sdist, by uv, from the stage's index, under the names and addresses that the
world uses. What uv says is kept, whether it succeeds or not.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from bonded.dists.endpoints import Endpoints
from bonded.rehearsal.plain import plain
from bonded.rehearsal.report import CurtainRecord
from bonded.rehearsal.stage.theatre import Theatre

# Asks an installed distribution for its top-level modules and imports each public one, or each where none is public.
# Prints them, and what the distribution holds: modules, stubs, data (scripts too), strange (Python files that no import
# can name) or nothing.
_IMPORT = """
import importlib, importlib.metadata, json, sys
found = importlib.metadata.distribution(sys.argv[1])
made = {e.name for e in found.entry_points if e.group in {"console_scripts", "gui_scripts"}}
names, holds = set(), set()
for file in found.files or ():
    top, *rest = file.parts
    if top.endswith((".dist-info", ".data")) or "__pycache__" in file.parts:
        continue
    if top == "..":
        if file.name not in made:
            holds.add("data")
    elif top.endswith("-stubs"):
        holds.add("stubs")
    elif top.endswith(".pth"):
        holds.add("data")
    elif rest or file.suffix in {".py", ".so", ".pyd"}:
        names.add(top.split(".")[0])
        holds.add("strange" if file.suffix in {".py", ".so", ".pyd"} else "data")
    else:
        holds.add("data")
names = sorted(name for name in names if name.isidentifier() and not name.startswith("__"))
names = [name for name in names if not name.startswith("_")] or names
for name in names:
    importlib.import_module(name)
order = ("strange", "stubs", "data")
kind = "modules" if names else next((kind for kind in order if kind in holds), "nothing")
print(json.dumps([names, kind]))
"""
_USELESS = {
    "strange": "it holds Python files, but no module that could be imported by its name",
    "nothing": "it holds nothing but its own metadata: no module, no script and no data",
}
_NO_MODULES = {"stubs": "type stubs", "data": "data or scripts"}


def install(
    theatre: Theatre,
    *,
    index: Endpoints,
    default: Endpoints,
    project: str,
    version: str,
    kind: str,
    env: Mapping[str, str],
    requires_python: str,
) -> CurtainRecord:
    """Install `project==version` from an index into a new environment, only as `kind` (`wheel`, `sdist`).

    `default` is the index that everything else comes from.
    """
    began = time.monotonic()
    record = CurtainRecord(
        index=index.name, project=project, version=version, kind=kind, ok=False, seconds=0.0
    )
    folder = theatre.folders.front / f"audience-{index.name}-{project}-{kind}"
    uv = str(theatre.toolbox.uv)
    only = "--only-binary" if kind == "wheel" else "--no-binary"
    extra = [] if index.name == default.name else ["--index", index.simple_url]
    python = theatre.toolbox.python_for_range(requires_python)
    commands = (
        [uv, "venv", "--quiet", "--no-project", "--python", str(python.program), str(folder)],
        [
            uv, "pip", "install", "--no-progress", "--no-config", "--refresh-package", project, only, project,
            *extra, "--default-index", default.simple_url, "--python", str(folder), f"{project}=={version}",
        ],
        [str(folder / "bin" / "python"), "-I", "-c", _IMPORT, project],
    )  # fmt: skip
    record.ok = all(_say(theatre, command, env, record.log) for command in commands)
    if record.ok:
        _take(theatre, record, record.log.pop())
    record.seconds = time.monotonic() - began
    return record


def _take(theatre: Theatre, record: CurtainRecord, answer: str) -> None:
    """Read what was imported; what holds no module is noted where that can be meant, and useless where it cannot."""
    record.imports, holds = json.loads(answer)
    if holds in _USELESS:
        record.ok = False
        record.log.append(_USELESS[holds])
    elif holds in _NO_MODULES:
        theatre.report.note(
            f"{record.project} {record.version} holds {_NO_MODULES[holds]} and no module, so nothing was imported"
        )


def _say(theatre: Theatre, command: list[str], env: Mapping[str, str], log: list[str]) -> bool:
    cwd: Path = theatre.folders.front

    def hear(line: str) -> None:
        log.append(plain(line))

    return theatre.run(command, env=env, cwd=cwd, on_line=hear).code == 0

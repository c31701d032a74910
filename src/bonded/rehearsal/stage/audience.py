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

# Asks an installed distribution for its public top-level modules and imports each of them.
_IMPORT = """
import importlib, importlib.metadata, json, sys
names = set()
for file in importlib.metadata.files(sys.argv[1]) or ():
    top, *rest = file.parts
    if top.endswith((".dist-info", ".data", ".pth")) or top in {"..", "__pycache__"}:
        continue
    if rest or file.suffix in {".py", ".so", ".pyd"}:
        names.add(top.split(".")[0])
names = sorted(name for name in names if name.isidentifier() and not name.startswith("_"))
for name in names:
    importlib.import_module(name)
print(json.dumps(names))
"""


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
        record.imports = json.loads(record.log.pop())
    record.seconds = time.monotonic() - began
    return record


def _say(theatre: Theatre, command: list[str], env: Mapping[str, str], log: list[str]) -> bool:
    cwd: Path = theatre.folders.front

    def hear(line: str) -> None:
        log.append(plain(line))

    return theatre.run(command, env=env, cwd=cwd, on_line=hear).code == 0

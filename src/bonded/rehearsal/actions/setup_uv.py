"""astral-sh/setup-uv: uv on PATH, the wished version where the index has it.

Without a wish the stage's own uv stands in for the newest. A wished version is installed from the user's default
index as any tool would be; where that fails, the stage's own stands in and the report says so.
"""

import tomllib
from pathlib import Path
from typing import Any

from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed


def _play(call: Call) -> None:
    held = call.theatre.inside.new_folder(call.theatre.folders.tools)
    held.close()
    folder = held.path
    wish = _wish(call)
    binary, version = _install(call, wish, folder)
    for name in ("uv", "uvx"):
        call.theatre.inside.link(folder / name, str(binary.with_name(name)))
    call.paths.append(str(folder))
    call.outputs.update(
        {"uv-version": version, "uv-path": str(folder / "uv"), "uvx-path": str(folder / "uvx")}
    )
    call.outputs["cache-hit"] = "false"
    for name, variable in (("tool-dir", "UV_TOOL_DIR"), ("tool-bin-dir", "UV_TOOL_BIN_DIR")):
        if call.inputs[name]:
            call.exports[variable] = call.inputs[name]
    if call.inputs["python-version"]:
        call.exports["UV_PYTHON"] = call.inputs["python-version"]
        call.outputs["python-version"] = call.inputs["python-version"]
    if call.flag("activate-environment"):
        _activate(call, folder)
    call.log(f"Successfully installed uv version {version}")


def _wish(call: Call) -> str:
    """Return the wished version: the input, else what the project's own files require, else empty."""
    base = call.path("working-directory")
    if call.inputs["version"]:
        return call.inputs["version"]
    named = call.inputs["version-file"]
    if named and not (base / named).is_file():
        raise StepFailed(f"Could not determine uv version from {named}: there is no such file")
    names = [named] if named else ["uv.toml", "pyproject.toml"]
    for path in (base / name for name in names):
        if path.is_file() and (found := _required(path, call.theatre.inside.text(path))):
            return found
    return ""


def _required(path: Path, text: str) -> str:
    if path.suffix != ".toml":
        return text.strip()
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ""
    table: Any = data
    for name in () if path.name == "uv.toml" else ("tool", "uv"):
        table = table.get(name) if isinstance(table, dict) else None
    value = table.get("required-version") if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""


def _install(call: Call, wish: str, folder: Path) -> tuple[Path, str]:
    toolbox = call.theatre.toolbox
    own = (toolbox.uv, toolbox.uv_version)
    wish = wish.strip().removeprefix("v")
    if wish in {"", "latest", toolbox.uv_version, f"=={toolbox.uv_version}"}:
        return own
    requirement = f"uv=={wish}" if wish[0].isdigit() else f"uv{wish}"
    if wish.count(".") == 1 and wish[0].isdigit():
        requirement += ".*"
    target = folder / "installed"
    command = [
        str(toolbox.uv), "pip", "install", "--quiet", "--no-config", "--target", str(target),
        "--python", str(toolbox.own.program), requirement,
    ]  # fmt: skip
    try:
        call.run(command, quiet=True)
        binary = target / "bin" / "uv"
        return binary, call.run([str(binary), "--version"], quiet=True).split()[1]
    except StepFailed:
        call.theatre.report.differ(
            f"setup-uv was asked for uv {wish}; it could not be installed here, and {toolbox.uv_version} stood in"
        )
        return own


def _activate(call: Call, folder: Path) -> None:
    base = call.path("working-directory")
    target = base / (call.inputs["venv-path"] or ".venv")
    call.run([str(folder / "uv"), "venv", "--quiet", "--clear", str(target)], cwd=base)
    call.exports["VIRTUAL_ENV"] = str(target)
    call.paths.append(str(target / "bin"))
    call.outputs["venv"] = str(target)


ACTION = StandIn(
    names=("astral-sh/setup-uv",),
    inputs={
        "version": Input(),
        "version-file": Input(),
        "python-version": Input(),
        "activate-environment": Input("false"),
        "venv-path": Input(),
        "no-project": Input("false"),
        "working-directory": Input("."),
        "checksum": Input(),
        "github-token": Input(),
        "enable-cache": Input("auto"),
        "cache-dependency-glob": Input(),
        "restore-cache": Input("true"),
        "save-cache": Input("true"),
        "cache-suffix": Input(),
        "cache-local-path": Input(),
        "prune-cache": Input("true"),
        "cache-python": Input("false"),
        "ignore-nothing-to-cache": Input("false"),
        "ignore-empty-workdir": Input("false"),
        "tool-dir": Input(),
        "tool-bin-dir": Input(),
        "manifest-file": Input(),
        "add-problem-matchers": Input("true"),
        "resolution-strategy": Input("highest"),
        "quiet": Input("false"),
    },
    act=_play,
)

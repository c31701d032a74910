"""actions/setup-python: a Python of the wished version first on PATH, with pip.

Only versions that this machine has can be given; another one is replaced by the nearest, and the report says so.
"""

import re
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from bonded.rehearsal.actions.role import Call, Input, StandIn, StepFailed
from bonded.rehearsal.stage.toolbox import Python

_AFTER_SIGN = re.compile(r"(?<=[<>=~!])[\s,]+")
_BLANKS = re.compile(r"[\s,]+")


def _play(call: Call) -> None:
    wishes = call.lines("python-version") or _from_file(call)
    for wish in wishes or ("",):
        python = _choose(call, wish)
        binaries = _prepare(call, python)
        version = call.run([str(binaries / "python"), "--version"], quiet=True).split()[-1]
        call.log(f"Successfully set up CPython ({version})")
        call.outputs["python-version"] = version
        call.outputs["python-path"] = str(binaries / "python")
        if call.flag("update-environment"):
            call.paths.append(str(binaries))
            call.exports["pythonLocation"] = str(binaries.parent)
            call.exports["Python_ROOT_DIR"] = str(binaries.parent)
    call.outputs["cache-hit"] = "false"


def _prepare(call: Call, python: Python) -> Path:
    """Make an environment for a Python in a folder that no step could know of, and return its `bin`."""
    held = call.theatre.inside.new_folder(call.theatre.folders.tools)
    try:
        return call.theatre.toolbox.make_python(python, held.path / f"python-{python.text}")
    finally:
        held.close()


def _from_file(call: Call) -> tuple[str, ...]:
    name = call.inputs["python-version-file"]
    path = call.workspace / (name or ".python-version")
    if not path.is_file():
        if name:
            raise StepFailed(f"The specified python version file at: {path} doesn't exist.")
        return ()
    return _wishes(path, call.theatre.inside.text(path))


def _wishes(path: Path, text: str) -> tuple[str, ...]:
    if path.suffix == ".toml":
        import tomllib

        project = tomllib.loads(text).get("project", {})
        return (str(project.get("requires-python", "")),)
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    if path.name == ".tool-versions":
        words = (line.split() for line in lines)
        return tuple(
            found for name, *more in filter(None, words) if name == "python" for found in more[:1]
        )
    return tuple(line for line in lines if line)


def _choose(call: Call, wish: str) -> Python:
    toolbox = call.theatre.toolbox
    if not wish:
        return toolbox.own
    found = toolbox.python_for(lambda text: _satisfies(wish, text))
    if found:
        return found
    call.theatre.report.differ(
        f"setup-python was asked for Python {wish}; this machine has none, and {toolbox.own.text} stood in"
    )
    return toolbox.own


def _satisfies(wish: str, version: str) -> bool:
    """Whether `3.12` satisfies a wish as `3.12`, `3.12.4`, `3.x`, `>=3.11` or `pypy-…` (never)."""
    text = wish.strip().lower().removesuffix("-dev").removesuffix("t")
    if text in {"3", "3.x", "*", "x"}:
        return True
    if text[:1].isdigit():
        return version == ".".join(text.split(".")[:2])
    try:
        return SpecifierSet(_BLANKS.sub(",", _AFTER_SIGN.sub("", text))).contains(f"{version}.99")
    except InvalidSpecifier:
        return False


ACTION = StandIn(
    names=("actions/setup-python",),
    inputs={
        "python-version": Input(),
        "python-version-file": Input(),
        "cache": Input(),
        "architecture": Input(unplayed=True),
        "check-latest": Input("false"),
        "token": Input(),
        "cache-dependency-path": Input(),
        "update-environment": Input("true"),
        "allow-prereleases": Input("false"),
        "freethreaded": Input("false", unplayed=True),
        "mirror": Input(),
        "mirror-token": Input(),
        "pip-version": Input(unplayed=True),
        "pip-install": Input(unplayed=True),
    },
    act=_play,
)

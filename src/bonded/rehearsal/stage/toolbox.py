"""The programs that a runner has before the first step: Pythons, uv on request, and a PATH without the user's own.

GitHub's runner images have Python and git and no uv; so a step finds `uv` only after a setup action, here as there.
Each job gets a Python environment of its own, because each job is a machine of its own.
"""

import re
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

SYSTEM_PATH = (
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
)  # fmt: skip

_NAME = re.compile(r"python(\d+\.\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Python:
    """One interpreter on this machine: its version as (major, minor) and its program."""

    version: tuple[int, int]
    program: Path

    @property
    def text(self) -> str:
        """The version as `3.12`."""
        return f"{self.version[0]}.{self.version[1]}"


@dataclass(slots=True, kw_only=True)
class Toolbox:
    """What can be put on a step's PATH."""

    uv: Path
    uv_version: str
    own: Python
    pythons: tuple[Python, ...]

    def python_for(self, matches: Callable[[str], bool]) -> Python | None:
        """Return the newest interpreter whose `major.minor` is accepted, or None."""
        return max((p for p in self.pythons if matches(p.text)), default=None)

    def python_for_range(self, requires_python: str) -> Python:
        """Return bonded's own interpreter where `requires-python` allows it, else the newest that it allows."""
        try:
            allowed = SpecifierSet(requires_python)
        except InvalidSpecifier:
            return self.own
        if allowed.contains(f"{self.own.text}.99"):
            return self.own
        return self.python_for(lambda text: allowed.contains(f"{text}.99")) or self.own

    def make_python(self, python: Python, folder: Path) -> Path:
        """Make an environment (PEP 405) with pip for an interpreter in `folder`; return its `bin`."""
        binaries = folder / "bin"
        binaries.mkdir(parents=True)
        (folder / "lib" / f"python{python.text}" / "site-packages").mkdir(parents=True)
        for name in ("python", "python3", f"python{python.text}"):
            (binaries / name).symlink_to(python.program)
        (folder / "pyvenv.cfg").write_text(
            f"home = {python.program.parent}\ninclude-system-site-packages = false\n"
            f"version_info = {python.text}\n"
        )
        _lend_pip(python, folder)
        return binaries


def _lend_pip(python: Python, folder: Path) -> None:
    """Let an environment import the pip that its Python brings along, without installing it.

    A `.pth` line comes after site-packages, so a pip that a step installs wins.
    """
    root = python.program.resolve().parent.parent
    wheels = sorted(root.glob(f"lib/python{python.text}/ensurepip/_bundled/pip-*.whl"))
    if not wheels:
        return
    packages = folder / "lib" / f"python{python.text}" / "site-packages"
    (packages / "runner-pip.pth").write_text(f"{wheels[-1]}\n")
    for name in ("pip", "pip3"):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m pip "$@"\n')
        script.chmod(0o755)


def own_python() -> Python:
    """Return the interpreter under bonded's own environment."""
    program = Path(getattr(sys, "_base_executable", "") or sys.executable)
    return Python((sys.version_info.major, sys.version_info.minor), program)


def find_pythons(path: Iterable[str], home: Path) -> tuple[Python, ...]:
    """Return the interpreters on a PATH and where pyenv and uv keep theirs; the first of a version wins."""
    folders = [
        Path(sysconfig.get_config_var("BINDIR") or "/nowhere"),
        *map(Path, path),
        *sorted(home.glob(".pyenv/versions/*/bin"), reverse=True),
        *sorted(home.glob(".local/share/uv/python/*/bin"), reverse=True),
    ]
    found: dict[tuple[int, int], Python] = {}
    own = own_python()
    found[own.version] = own
    for folder in folders:
        if "shims" in folder.parts or not folder.is_dir():
            continue
        for program in folder.glob("python3.*"):
            if match := _NAME.fullmatch(program.name):
                major, _, minor = match[1].partition(".")
                version = (int(major), int(minor))
                found.setdefault(version, Python(version, program))
    return tuple(sorted(found.values()))

"""What the package imports is what it says it needs: an installation without the tools of development is whole."""

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "bonded"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
INSTALLED = packages_distributions()
MISSING = {"ImportError", "ModuleNotFoundError"}


class Imported(NamedTuple):
    """One import: the topmost package, its line, and whether the program goes on without it."""

    package: str
    line: int
    guarded: bool


def names(requirements: Iterable[str]) -> frozenset[str]:
    """Return what requirements name, normalised."""
    return frozenset(canonicalize_name(Requirement(one).name) for one in requirements)


NEEDED = names(PROJECT["dependencies"])
EXTRAS = names(one for extra in PROJECT["optional-dependencies"].values() for one in extra)


def guarded_lines(tree: ast.AST) -> set[int]:
    """Return the lines inside of a `try` that knows what to do where a package is missing."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(
            isinstance(name, ast.Name) and name.id in MISSING
            for handler in node.handlers
            if handler.type is not None
            for name in ast.walk(handler.type)
        ):
            found |= {line for one in node.body for line in _lines(one)}
    return found


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def imports(source: str) -> Iterator[Imported]:
    """Yield every import of a package that is neither ours nor of the standard library."""
    tree = ast.parse(source)
    guarded = guarded_lines(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [node.module]
        else:
            continue
        for package in {name.partition(".")[0] for name in found}:
            if package != "bonded" and package not in sys.stdlib_module_names:
                yield Imported(package, node.lineno, node.lineno in guarded)


def undeclared(source: str, installed: Mapping[str, list[str]] = INSTALLED) -> list[str]:
    """Return the imports of a module that no dependency brings, nor an extra for those that are guarded."""
    faults = []
    for one in imports(source):
        bringing = {canonicalize_name(name) for name in installed.get(one.package, ())}
        if not bringing & (NEEDED | EXTRAS if one.guarded else NEEDED):
            faults.append(f"line {one.line}: {one.package}")
    return faults


def test_whatever_is_imported_is_a_dependency() -> None:
    """Of the project itself: what another dependency brings along may be gone with its next version."""
    modules = sorted(PACKAGE.rglob("*.py"))
    faults = {
        path.relative_to(ROOT).as_posix(): found
        for path in modules
        if (found := undeclared(path.read_text("utf-8")))
    }

    assert modules
    assert faults == {}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("import os.path, bonded.cli\nfrom . import x\nfrom .y import z", []),
        ("from sqlalchemy.orm import Session\nfrom ruamel.yaml import YAML\nimport jwt", []),
        ("def late():\n    import pytest", ["line 2: pytest"]),
        ("import nobody_has_this", ["line 1: nobody_has_this"]),
        ("import psycopg", ["line 1: psycopg"]),
        ("try:\n    import psycopg\nexcept ImportError:\n    pass", []),
        ("try:\n    import psycopg\nexcept (OSError, ModuleNotFoundError):\n    pass", []),
        ("try:\n    import psycopg\nexcept OSError:\n    pass", ["line 2: psycopg"]),
        ("try:\n    import pytest\nexcept ImportError:\n    pass", ["line 2: pytest"]),
    ],
)
def test_what_is_not_declared_is_found(source: str, faults: list[str]) -> None:
    """Tools of development, what nobody has, and extras that are taken for granted."""
    assert undeclared(source) == faults

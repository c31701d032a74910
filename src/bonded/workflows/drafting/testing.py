"""How a project's tests are run, guessed from what it declares: one command that a workflow can run."""

import re
from collections.abc import Mapping
from typing import Any

from bonded.workflows.drafting.building import names_in, table
from bonded.workflows.drafting.pins import Pins

__all__ = ["command_of_tests"]

_LOCK, _POETRY_LOCK = "uv.lock", "poetry.lock"


def command_of_tests(
    data: Mapping[str, Any], files: frozenset[str], pins: Pins, *, module: str, workspace: bool
) -> str:
    """Return the shell command; `files` are paths below the root.

    Where no tests are found, the project's module is imported: that it can be is a test too.
    """
    if _POETRY_LOCK in files and table(data, "tool", "poetry"):
        poetry = f"uvx poetry@{pins.tools['poetry']}"
        return f"{poetry} install\n{poetry} run pytest"
    run = "uv run --locked" if _LOCK in files else "uv run"
    run += " --all-packages" if workspace else ""
    if not table(data, "project"):
        run = "uv run --no-project --with ."
    if not _has_tests(data, files):
        return f'{run} python -c "import {module}"' if module else f"{run} python --version"
    return f"{run}{_option(data)} pytest"


def _has_tests(data: Mapping[str, Any], files: frozenset[str]) -> bool:
    folders = ("tests/", "test/", "src/tests/")
    return bool(table(data, "tool", "pytest")) or any(
        path.endswith(".py") and (path.startswith(folders) or "/tests/" in path) for path in files
    )


def _option(data: Mapping[str, Any]) -> str:
    """Return what brings pytest in: nothing for the group that uv takes by itself."""
    groups = table(data, "dependency-groups")
    with_pytest = [name for name, listed in groups.items() if _brings_pytest(name, listed)]
    legacy = table(data, "tool", "uv").get("dev-dependencies")
    if "dev" in with_pytest or "pytest" in names_in(legacy) or _dev_includes(groups, with_pytest):
        return ""
    if with_pytest:
        return f" --group {with_pytest[0]}"
    extras = table(data, "project", "optional-dependencies")
    for name, listed in extras.items():
        if _brings_pytest(name, listed):
            return f" --extra {name}"
    return (
        "" if "pytest" in names_in(table(data, "project").get("dependencies")) else " --with pytest"
    )


def _dev_includes(groups: Mapping[str, Any], wanted: list[str]) -> bool:
    listed = groups.get("dev")
    included = (
        [one.get("include-group") for one in listed if isinstance(one, dict)]
        if isinstance(listed, list)
        else []
    )
    return any(name in wanted for name in included)


def _brings_pytest(name: str, listed: object) -> bool:
    """Whether a group or an extra has pytest; its name becomes part of a shell command."""
    return bool(re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)) and "pytest" in names_in(listed)

"""What a pyproject.toml says of its build: the back end, where the version comes from, whether wheels are compiled."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

__all__ = [
    "builds",
    "is_compiled",
    "module_of",
    "names_in",
    "needs_rust",
    "requires_python",
    "table",
    "version_from",
]

# Back ends whose only purpose is to compile, and helpers that make setuptools or another one do it.
COMPILING = frozenset(
    {"maturin", "scikit-build-core", "scikit-build", "meson-python", "sip", "py-build-cmake", "setuptools-rust"}
    | {"cython", "pybind11", "nanobind", "cffi", "mypy", "hatch-mypyc", "hatch-cython", "setuptools-golang", "numpy"}
)  # fmt: skip
GIT = frozenset(
    {"hatch-vcs", "setuptools-scm", "vcs-versioning", "versioningit", "setuptools-git-versioning", "dunamai"}
    | {"poetry-dynamic-versioning", "uv-dynamic-versioning", "versioneer", "pdm-backend-git", "miniver"}
)  # fmt: skip
EXTENSION = re.compile(r"\bext_modules\s*=|\bExtension\s*\(|\bcythonize\s*\(|\bmypycify\s*\(")


def table(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a nested table, empty where it is absent or something else."""
    found: Any = data
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def names_in(requirements: object) -> frozenset[str]:
    """Return the normalised names in a list of requirements; what is none is left out."""
    found = set()
    for text in requirements if isinstance(requirements, list) else ():
        try:
            found.add(str(canonicalize_name(Requirement(text).name)))
        except (InvalidRequirement, TypeError):
            continue
    return frozenset(found)


def builds(data: Mapping[str, Any]) -> bool:
    """Whether this is a package: it has a name and a build back end, and does not forbid its upload."""
    project = table(data, "project") or table(data, "tool", "poetry")
    classifiers = project.get("classifiers", [])
    private = isinstance(classifiers, list) and any(
        isinstance(text, str) and text.lower().startswith("private ::") for text in classifiers
    )
    packaged = table(data, "tool", "uv").get("package") is not False
    built = bool(table(data, "build-system"))
    return isinstance(project.get("name"), str) and built and packaged and not private


def is_compiled(data: Mapping[str, Any], setup_py: str) -> bool:
    """Whether wheels of this project differ from platform to platform, as far as its files tell."""
    requires = names_in(table(data, "build-system").get("requires"))
    extensions = table(data, "tool", "setuptools").get("ext-modules")
    return bool(
        requires & COMPILING
        or extensions
        or table(data, "tool", "cibuildwheel")
        or EXTENSION.search(setup_py)
    )


def needs_rust(data: Mapping[str, Any]) -> bool:
    """Whether a package is compiled with Rust while nothing tells cibuildwheel where to get it."""
    requires = names_in(table(data, "build-system").get("requires"))
    return bool(requires & {"maturin", "setuptools-rust"}) and not table(
        data, "tool", "cibuildwheel"
    )


def requires_python(data: Mapping[str, Any]) -> str:
    """Return `requires-python`, or what poetry's own table says in its place; empty where neither does."""
    said = table(data, "project").get("requires-python")
    if not isinstance(said, str):
        said = table(data, "tool", "poetry", "dependencies").get("python")
    if not isinstance(said, str):
        return ""
    caret = re.fullmatch(r"\^\s*(\d+)((?:\.\d+)*)", said.strip())
    return f">={caret[1]}{caret[2]},<{int(caret[1]) + 1}" if caret else said


def version_from(data: Mapping[str, Any]) -> Literal["pyproject", "file", "git"]:
    """Return where the version comes from."""
    project = table(data, "project")
    if not project:
        dynamic = table(data, "tool", "poetry-dynamic-versioning").get("enable")
        return "git" if dynamic else "pyproject"
    listed = project.get("dynamic")
    if "version" in project or not (isinstance(listed, list) and "version" in listed):
        return "pyproject"
    return "git" if _follows_git(data) else "file"


def _follows_git(data: Mapping[str, Any]) -> bool:
    requires = names_in(table(data, "build-system").get("requires"))
    sources = (table(data, "tool", "hatch", "version"), table(data, "tool", "pdm", "version"))
    if any(source.get("source") in {"vcs", "scm", "uv-dynamic-versioning"} for source in sources):
        return True
    # hatch-vcs may be a build requirement of a hook alone; then the version's own table says otherwise.
    if any(source.get("path") or source.get("source") for source in sources):
        return False
    attribute = table(data, "tool", "setuptools", "dynamic").get("version")
    return bool(requires & GIT) and not attribute


def module_of(data: Mapping[str, Any], name: str, files: Iterable[str]) -> str:
    """Return a module that the installed project will have, or empty; `files` are paths below its folder."""
    there = frozenset(files)
    said = (
        table(data, "tool", "uv", "build-backend").get("module-name"),
        table(data, "tool", "flit", "module").get("name"),
        table(data, "tool", "maturin").get("module-name"),
    )
    for given in said:
        if isinstance(given, str) and _is_module(given):
            return given
    plain = re.sub(r"[-.]+", "_", name)
    for module in dict.fromkeys((plain, plain.lower())):
        places = (f"src/{module}/__init__.py", f"{module}/__init__.py", f"src/{module}.py", f"{module}.py")  # fmt: skip
        if any(place in there for place in places):
            return module
    found = {m[1] for path in there if (m := re.fullmatch(r"src/(\w+)/__init__\.py", path))}
    return found.pop() if len(found) == 1 else ""


def _is_module(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))

"""Which names a new project may have: PyPI's rules, in PyPI's order and words."""

from functools import cache

from bonded.dists.names import InvalidName, ProjectName, parse_project_name

__all__ = ["PROHIBITED", "alike", "name_fault", "standard_library", "taken_fault"]

PROHIBITED = frozenset({"requirements-txt", "rrequirements-txt", "requirements-dev-txt"})
"""Normalised names that people type by mistake (`pip install requirements.txt`), so that nobody may own the mistake."""

_LOOKS_LIKE = str.maketrans({"l": "1", "i": "1", "o": "0", ".": "", "_": "", "-": ""})


def alike(name: str) -> str:
    """Return what names that look alike have in common: `toast-ing`, `t0asting` and `toastlng` have the same.

    PyPI calls it ultranormalised: no separators, `l` and `i` as `1`, `o` as `0`, letter case set aside.
    """
    return name.lower().translate(_LOOKS_LIKE)


def name_fault(text: str) -> str:
    """Return why no project may have this name, whatever exists; an empty text if one may."""
    try:
        name = parse_project_name(text)
    except InvalidName as error:
        return f"Invalid project name: {error.message}."
    if name in standard_library():
        return f"The name {text!r} isn't allowed: it is the name of a module of Python's standard library."
    if name in PROHIBITED:
        return f"The name {text!r} isn't allowed: it is what somebody types who forgets `-r`."
    return ""


def taken_fault(name: ProjectName, others: tuple[ProjectName, ...]) -> str:
    """Return why a name is not free, given the projects whose names look alike; an empty text if it is."""
    if name in others:
        return (
            f"The project {str(name)!r} already exists."
            " Register the publisher with that project itself; a pending publisher is for new ones."
        )
    if others:
        return f"The name {str(name)!r} is too similar to an existing project: {str(others[0])!r}."
    return ""


@cache
def standard_library() -> frozenset[str]:
    """Return the normalised names of the modules of every Python, each package above them too."""
    from stdlib_list import short_versions, stdlib_list

    return frozenset(
        alias
        for version in short_versions
        for module in stdlib_list(version)
        for alias in _aliases(module)
    )


def _aliases(module: str) -> list[ProjectName]:
    """Return what a module, and each package that holds it, is called as a project."""
    parts = module.split(".")
    names = (".".join(parts[: count + 1]).strip("_") for count in range(len(parts)))
    return [parse_project_name(name) for name in names if name]

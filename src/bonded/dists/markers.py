"""Whether a requirement's marker can be evaluated, by pip as by uv.

The grammar of markers allows more than has a meaning: a comparison of two texts, an order of names, variables that only
lock files have. Such a marker is read without a word and ends the installer that evaluates it, for every version of the
project. Which of its parts an installer meets depends on nobody's machine: `packaging` evaluates them all.
"""

from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["MAX_NESTED", "marker_fault"]

MAX_NESTED = 20
"""Brackets that may stand in brackets: pip comes to its end at some hundred."""

_MACHINE = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.4",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "1",
    "platform_python_implementation": "CPython",
    "python_full_version": "3.11.4",
    "python_version": "3.11",
    "sys_platform": "linux",
    "extra": "",
}
"""Some machine on which every variable has a value of its kind (dependency specifiers, "Environment Markers")."""


def marker_fault(requirement: str) -> str | None:
    """Return why an installer would stop at the marker of a requirement, or None; what is no requirement has none."""
    if ";" not in requirement:
        return None
    if _nested(requirement) > MAX_NESTED:
        return f"has a marker with more than {MAX_NESTED} brackets in each other"
    try:
        marker = Requirement(requirement).marker
    except InvalidRequirement:
        return None
    try:
        if marker is not None:
            marker.evaluate(_MACHINE)
    except (ValueError, LookupError, TypeError):
        return f"has a marker without a meaning: {marker}"
    return None


def _nested(text: str) -> int:
    """Return how deep brackets stand in each other; those inside of texts count too, which no honest marker has."""
    deepest = depth = 0
    for sign in text:
        if sign == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif sign == ")":
            depth -= 1
    return deepest

"""Which Pythons a project is tested on: those that its `requires-python` admits."""

from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet

__all__ = ["IMAGE", "KNOWN", "OLDEST", "admits", "pythons"]

KNOWN = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""Released Pythons that uv can provide, in November 2026."""

OLDEST = "3.11"
"""The oldest that is still maintained then; projects that say nothing are tested from here on."""

IMAGE = "3.12"
"""The Python of GitHub's image ubuntu-24.04, which runs where none is asked for."""

_LAST_PATCH = 99
_PREFIX = "Programming Language :: Python :: "


def admits(requires: str, python: str) -> bool:
    """Whether `requires-python` lets in some patch release of a Python such as `3.12`; nonsense admits all."""
    try:
        wanted = SpecifierSet(requires)
    except InvalidSpecifier:
        return True
    return any(wanted.contains(f"{python}.{patch}") for patch in (0, 1, _LAST_PATCH))


def pythons(requires: str, classifiers: Iterable[object] = ()) -> tuple[str, ...]:
    """Return the Pythons to test on, oldest first; never none.

    Without `requires-python` the classifiers decide, and without these all that are maintained.
    """
    if requires:
        found = tuple(python for python in KNOWN if admits(requires, python))
        return found or KNOWN[-1:]
    named = {str(text).removeprefix(_PREFIX) for text in classifiers}
    found = tuple(python for python in KNOWN if python in named)
    return found or KNOWN[KNOWN.index(OLDEST) :]

"""The comparisons that several providers' checks share; `got` is None for a claim that is absent or not a text."""

from collections.abc import Callable
from functools import cache

from bonded.publishers.rule import Claims

__all__ = ["equal", "equal_but_for_case", "equal_but_for_own_case", "if_set", "present"]

Same = Callable[[str, str | None, Claims], bool]


def equal(expected: str, got: str | None, _claims: Claims) -> bool:
    """Equal letter for letter, and not empty."""
    return bool(got) and got == expected


def equal_but_for_case(expected: str, got: str | None, _claims: Claims) -> bool:
    """Equal in lower case, and not empty; lower case and not case folding, as PyPI compares."""
    return got is not None and got != "" and got.lower() == expected.lower()


def equal_but_for_own_case(expected: str, got: str | None, claims: Claims) -> bool:
    """Equal in lower case, where every capital is its letter's own: not so the sign of the Kelvin, which is no `K`."""
    return equal_but_for_case(expected, got, claims) and all(
        letter in {letter.lower(), letter.lower().upper()} for letter in got or ""
    )


def present(_expected: str, got: str | None, _claims: Claims) -> bool:
    """Any text that is not empty."""
    return bool(got)


@cache
def if_set(same: Same) -> Same:
    """Return a comparison that takes anything where nothing is registered, and else compares as `same` does.

    It is one and the same for each `same`, so that equal publishers have equal checks.
    """

    def same_if_set(expected: str, got: str | None, claims: Claims) -> bool:
        return not expected or same(expected, got, claims)

    return same_if_set

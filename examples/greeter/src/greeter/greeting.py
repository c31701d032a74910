"""What is said to whom."""

from collections.abc import Sequence

__all__ = ["greet", "join_names"]


def join_names(names: Sequence[str]) -> str:
    """Return the names as they stand in an English sentence: "Ada, Grace and Barbara".

    No names at all are the empty string.
    """
    *others, last = names or [""]
    if not others:
        return last
    return f"{', '.join(others)} and {last}"


def greet(*names: str) -> str:
    """Return one greeting for everybody named; without a name the world is greeted.

    A blank name raises `ValueError`, because nobody is called so.
    """
    if any(not name.strip() for name in names):
        raise ValueError("a name must not be blank")
    return f"Hello, {join_names(names) or 'world'}!"

"""A file that is handed on open, so that it can be read whatever becomes of its place."""

from typing import Protocol

__all__ = ["OpenFile"]


class OpenFile(Protocol):
    """A file that is open as long as it is referred to."""

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    def fileno(self) -> int:
        """Return its descriptor, which is read at places and never moved."""
        ...

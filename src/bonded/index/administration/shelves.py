"""The part of the book that has projects and tokens, as their owners change it."""

from contextlib import AbstractContextManager
from typing import Protocol

from bonded.index.book.curating import Curating

__all__ = ["Shelves"]


class Shelves(Protocol):
    """One look at the book, or one change of it, at a time."""

    def reading(self) -> AbstractContextManager[Curating]:
        """Look at the book as it is now."""
        ...

    def writing(self) -> AbstractContextManager[Curating]:
        """Change the book: everything at the end of the block, nothing when it raises."""
        ...

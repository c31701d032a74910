"""What can be asked of the book, and written into it, inside one transaction."""

from bonded.index.book.curating import Curating
from bonded.index.book.holdings import Holdings
from bonded.index.book.shelving import Shelving

__all__ = ["Entries"]


class Entries(Shelving, Curating, Holdings):
    """The book, seen through one connection and its transaction."""

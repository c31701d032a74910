"""What can be asked of the book, and written into it, inside one transaction."""

from bonded.index.holdings import Holdings
from bonded.index.shelving import Shelving
from bonded.index.tokens import Tokens

__all__ = ["Entries"]


class Entries(Shelving, Tokens, Holdings):
    """The book, seen through one connection and its transaction."""

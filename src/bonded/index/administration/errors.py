"""What an owner hears when something cannot be.

BondedError
├── NotFound        there is nothing of this name or id
├── AlreadyThere    what was to be begun exists
└── Unacceptable    what was asked for is wrong in itself
"""

from bonded.errors import BondedError

__all__ = ["AlreadyThere", "NotFound", "Unacceptable"]


class NotFound(BondedError):
    """There is nothing of this name or id."""


class AlreadyThere(BondedError):
    """What was to be begun exists."""


class Unacceptable(BondedError):
    """What was asked for is wrong in itself, whatever is there."""

"""Everything that bonded can say no with.

    BondedError                  message, hint; never a traceback for the user
    ├── UsageError               the command line or the configuration is wrong        (exit 2)
    ├── InvalidInput             files that the user gave are not as they must be      (exit 2)
    ├── RemoteError              the network or a server failed us                     (exit 3)
    └── Interrupted              the user or the system told us to stop                (exit 130, 143)

Exit codes are looked up in one table in `cli/failures.py`. What is *expected* to fail in the domain (a claim that does
not match, an upload that is refused) is a value, not an exception.
"""

from typing import NamedTuple

__all__ = [
    "BondedError",
    "Fault",
    "Interrupted",
    "InvalidInput",
    "Location",
    "RemoteError",
    "UsageError",
]


# Named tuples, because this module is loaded by every start of the program and dataclasses take half of that time.
class Location(NamedTuple):
    """A place in a file; line and column count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


class Fault(NamedTuple):
    """One thing that is wrong in a file: where, what (expected and got), and what to do."""

    location: Location
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.location}: {self.message}"
        return f"{text}\n  {self.hint}" if self.hint else text


class BondedError(Exception):
    """The root of the tree; `hint` is the next step for the user, or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(BondedError):
    """The command line or the configuration asks for what cannot be."""


class InvalidInput(BondedError):
    """One or more faults in files that the user gave; all of them at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        if not faults:
            raise ValueError("invalid input without a fault would say nothing")
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class RemoteError(BondedError):
    """The network or a server did not do what its protocol promises."""


class Interrupted(BondedError):
    """A signal told the program to stop; `signal` is its number."""

    def __init__(self, signal: int) -> None:
        super().__init__("interrupted")
        self.signal = signal

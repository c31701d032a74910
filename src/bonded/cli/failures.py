"""From an error to its sentences and its exit code; loaded only when something failed."""

import sys

from bonded.errors import BondedError, Interrupted, InvalidInput, RemoteError, UsageError

USAGE, REMOTE, PARTIAL, BUG = 2, 3, 4, 70
_SIGNALLED = 128

# The exit code of each kind of error; the first that fits counts.
EXIT_CODES: tuple[tuple[type[BondedError], int], ...] = (
    (UsageError, USAGE),
    (InvalidInput, USAGE),
    (RemoteError, REMOTE),
    (BondedError, REMOTE),
)


def explain(error: Exception, *, traceback_wanted: bool = False) -> int:
    """Say on standard error what went wrong and what to do, and return the exit code."""
    if isinstance(error, Interrupted):
        _say("interrupted; nothing was left behind")
        return _SIGNALLED + error.signal
    if not isinstance(error, BondedError):
        return _bug(error, traceback_wanted=traceback_wanted)
    if isinstance(error, InvalidInput):
        for fault in error.faults:
            print(fault, file=sys.stderr)
    else:
        _say(error.message)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def _say(text: str) -> None:
    print(f"bonded: {text}", file=sys.stderr)


def _bug(error: Exception, *, traceback_wanted: bool) -> int:
    _say(f"a bug in bonded: {type(error).__name__}: {error}")
    print("  please report it; BONDED_TRACEBACK=1 shows where it happened", file=sys.stderr)
    if traceback_wanted:
        import traceback

        traceback.print_exception(error)
    return BUG

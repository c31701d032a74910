"""Where the first admin token goes: to whoever reads the output, or into a file that only its owner may read."""

import os
from collections.abc import Callable
from pathlib import Path

from bonded.errors import UsageError

__all__ = ["hand_over"]

_PRIVATE = 0o600


def hand_over(make: Callable[[], str], out: Path | None) -> str:
    """Make a token and return it, or write it into a file and return nothing.

    A file that cannot be written raises UsageError before a token is made, so that none is lost. What is in the file
    already is replaced, whole.
    """
    if out is None:
        return make()
    partial = out.with_name(f".{out.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror}",
            hint="give --admin-token-out a file in a folder that can be written",
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(make() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(out)
    return ""

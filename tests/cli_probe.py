"""A command that ends as it is told, to try the program's ends on."""

import argparse
from collections.abc import Callable

from bonded.errors import Fault, Interrupted, InvalidInput, Location, RemoteError, UsageError


def _raise(error: BaseException) -> int:
    raise error


FAULT = Fault(Location("pyproject.toml", 3, 1), "it is wrong", "mend it")
ENDS: dict[str, Callable[[], int]] = {
    "done": lambda: 0,
    "findings": lambda: 1,
    "usage": lambda: _raise(UsageError("that cannot be", hint="say it otherwise")),
    "input": lambda: _raise(InvalidInput((FAULT,))),
    "remote": lambda: _raise(RemoteError("nobody answers")),
    "bug": lambda: _raise(ZeroDivisionError("by nothing")),
    "ctrl-c": lambda: _raise(KeyboardInterrupt()),
    "stopped": lambda: _raise(Interrupted(15)),
    "pipe": lambda: _raise(BrokenPipeError()),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's argument."""
    parser.add_argument("end", choices=ENDS)
    parser.set_defaults(run=lambda options: ENDS[options.end]())

"""The command `greeter`."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from greeter.greeting import greet

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Greet those named by `arguments` (the command line's by default); return the exit status."""
    parser = argparse.ArgumentParser(prog="greeter", description="Greet people by name.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="who is greeted; else the world")
    parser.add_argument("--version", action="version", version=version("greeter"))
    names = parser.parse_args(arguments).names
    try:
        print(greet(*names))
    except ValueError as error:
        parser.error(str(error))
    return 0

"""Where the program begins and ends: commands by name, errors to sentences, sentences to exit codes.

Nothing heavy is imported here: a command's module is loaded only when the command is named.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bonded import __version__
from bonded.cli.interrupts import end_at_once

# name -> (module, one line of help)
COMMANDS = {
    "init": ("bonded.cli.init", "write the workflows that test and release this project"),
    "check": ("bonded.cli.check", "say what would go wrong in a release, and mend it"),
    "rehearse": (
        "bonded.cli.rehearse",
        "play the project's own release here, from the tag to the install",
    ),
    "publish": (
        "bonded.cli.publish",
        "publish files by trusted publishing, attested, from any CI",
    ),
    "explain": ("bonded.cli.explain", "say why an ID token is refused, and what to change where"),
    "verify": (
        "bonded.cli.verify",
        "prove who built what is installed, and hold it against a policy",
    ),
    "publisher": ("bonded.cli.publisher", "say which CI workflows may publish on an index"),
    "project": ("bonded.cli.project", "see, withdraw and delete what is published on an index"),
    "token": ("bonded.cli.token", "give out and end the API tokens of an index"),
    "serve": ("bonded.cli.serve", "serve a package index with trusted publishing"),
    "config": ("bonded.cli.config", "check and show the settings of an index"),
    "fsck": ("bonded.cli.fsck", "hold what an index says of its files against the files"),
    "backup": ("bonded.cli.backup", "copy an index while it is served"),
    "restore": ("bonded.cli.backup", "make an index from a copy"),
    "pins": ("bonded.cli.pins", "the commits that workflows are pinned to, and newer ones"),
}

DONE, FINDINGS = 0, 1
_SIGNALLED = 128
_WIDTH = 80

_EPILOG = """\
exit codes:
  0 done, READY          1 findings, NOT READY     2 usage or input
  3 network or server    4 partly published        70 a bug in bonded

examples:
  bonded init --dry-run           what a release of this project would need
  bonded check                    what would go wrong, and where
  bonded rehearse                 play the release of the project in this folder
"""


def main(arguments: Sequence[str]) -> int:
    """Run the program with these arguments and return its exit code."""
    try:
        return _dispatch(list(arguments))
    except KeyboardInterrupt:
        return _SIGNALLED + 2
    except BrokenPipeError:
        # Whoever read our output went away; what is left to print goes nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    except Exception as error:  # noqa: BLE001 - the last net: no traceback reaches a user unasked
        from bonded.cli.failures import explain

        return explain(error, traceback_wanted=bool(os.environ.get("BONDED_TRACEBACK")))


class Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal; argparse would load an archive library to find that out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or _WIDTH
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
    except (OSError, ValueError):
        return _WIDTH


def _dispatch(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bonded",
        description="Trusted publishing for Python packages, from the commit to the install.",
        epilog=_EPILOG,
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=f"bonded {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    named = next((word for word in arguments if not word.startswith("-")), "")
    for name, (module, line) in COMMANDS.items():
        command = commands.add_parser(name, help=line, add_help=name == named, formatter_class=Help)
        if name == named:
            import_module(module).configure(command)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return DONE
    return int(options.run(options))


def run() -> None:
    """Run the program as a process: the entry point."""
    end_at_once()
    code = main(sys.argv[1:])
    # The last collection would walk every object of every loaded library, for a quarter of a second.
    gc.freeze()
    sys.exit(code)

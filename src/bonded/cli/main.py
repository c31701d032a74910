"""Where the program begins and ends: commands by name, errors to sentences, sentences to exit codes.

Nothing heavy is imported here: a command's module is loaded only when the command is named.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from bonded import __version__
from bonded.errors import BondedError, Interrupted, InvalidInput, RemoteError, UsageError

# name -> (module, one line of help)
COMMANDS = {
    "rehearse": (
        "bonded.cli.rehearse",
        "play the project's own release here, from the tag to the install",
    ),
}

DONE, FINDINGS, USAGE, REMOTE, PARTIAL, BUG = 0, 1, 2, 3, 4, 70
_SIGNALLED = 128

# The exit code of each kind of error; the first that fits counts.
EXIT_CODES: tuple[tuple[type[BondedError], int], ...] = (
    (UsageError, USAGE),
    (InvalidInput, USAGE),
    (RemoteError, REMOTE),
    (BondedError, REMOTE),
)

_EPILOG = """\
exit codes:
  0 done, READY          1 findings, NOT READY     2 usage or input
  3 network or server    4 partly published        70 a bug in bonded

example:
  bonded rehearse                 play the release of the project in this folder
"""


def main(arguments: Sequence[str]) -> int:
    """Run the program with these arguments and return its exit code."""
    try:
        return _dispatch(list(arguments))
    except Interrupted as stopped:
        _say("interrupted; nothing was left behind")
        return _SIGNALLED + stopped.signal
    except KeyboardInterrupt:
        return _SIGNALLED + 2
    except BrokenPipeError:
        # Whoever read our output went away; what is left to print goes nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    except BondedError as error:
        _explain(error)
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    except Exception as error:  # noqa: BLE001 - the last net: no traceback reaches a user unasked
        return _bug(error)


def _dispatch(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bonded",
        description="Trusted publishing for Python packages, from the commit to the install.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bonded {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    named = next((word for word in arguments if not word.startswith("-")), "")
    for name, (module, line) in COMMANDS.items():
        command = commands.add_parser(name, help=line, add_help=name == named)
        if name == named:
            import_module(module).configure(command)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return DONE
    return int(options.run(options))


def _say(text: str) -> None:
    print(f"bonded: {text}", file=sys.stderr)


def _explain(error: BondedError) -> None:
    if isinstance(error, InvalidInput):
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return
    _say(error.message)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)


def _bug(error: Exception) -> int:
    _say(f"a bug in bonded: {type(error).__name__}: {error}")
    print("  please report it; BONDED_TRACEBACK=1 shows where it happened", file=sys.stderr)
    if os.environ.get("BONDED_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return BUG


def run() -> NoReturn:
    """Run the program as a process: the entry point."""
    sys.exit(main(sys.argv[1:]))

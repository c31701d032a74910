"""What the commands of owners share: which index, how an action runs, how its answer is shown."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.errors import BondedError, InvalidInput, RemoteError, UsageError

if TYPE_CHECKING:
    from bonded.cli.owner_where import Owner

__all__ = ["Action", "Actions", "number", "show"]

Action = Callable[["Owner", argparse.Namespace], int]
"""What one action does with an index; returns the exit code."""


class Actions:
    """The actions of one command, each with the options that say which index is meant."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
        self._formatter = parser.formatter_class

    def add(self, name: str, text: str, run: Action) -> argparse.ArgumentParser:
        """Add an action and return its parser."""
        made = self._actions.add_parser(
            name, help=text, description=text, formatter_class=self._formatter
        )
        _add_where(made)
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=_runner(run))
        return made


def show(options: argparse.Namespace, answer: Mapping[str, Any], text: Callable[[], str]) -> int:
    """Print an answer as JSON where that is asked for, else as text; return 0."""
    print(json.dumps(answer, indent=2) if options.json else text(), flush=True)
    return 0


def number(text: str) -> int:
    """Return a number that was typed; for argparse."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) < 10**9):
        raise argparse.ArgumentTypeError(f"a number from 1 on is expected, got {text!r}")
    return int(text)


def _add_where(parser: argparse.ArgumentParser) -> None:
    where = parser.add_argument_group("which index")
    where.add_argument("--data", type=Path, metavar="DIR", help="the index in this folder")
    where.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="its configuration (default: the one it was served with)",
    )
    where.add_argument("--url", default="", help="the index at this address")
    where.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the admin token (default: BONDED_TOKEN)"
    )


def _runner(run: Action) -> Callable[[argparse.Namespace], int]:
    """Make what the program runs: the index opened, the action done, and what says no made the user's."""

    def runner(options: argparse.Namespace) -> int:
        from bonded.cli.owner_where import open_owner

        with _as_usage(), open_owner(options) as owner:
            return run(owner, options)

    return runner


@contextmanager
def _as_usage() -> Iterator[None]:
    """Make what an index refuses an error of usage: somebody asked for what cannot be."""
    try:
        yield
    except (InvalidInput, RemoteError, UsageError):
        raise
    except BondedError as error:
        raise UsageError(error.message, hint=error.hint) from error

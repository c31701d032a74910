"""`bonded token`: API tokens of an index, from its data folder or over its API."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bonded.cli.owner import Actions, show
from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.cli.owner_where import Owner

_EPILOG = """\
examples:
  bonded token add laptop --scope read --data /srv/index
  bonded token add ci-greeter --scope upload --project greeter --out token --data /srv/index
  bonded token add deputy --scope admin --days 30 --url https://packages.example --token-file mine
  bonded token list --data /srv/index
  bonded token revoke laptop --data /srv/index

A token is shown once; the index keeps its hash. One that has expired is listed for 30 days
more. For releases from CI no token is needed: see `bonded publisher`.
"""

_SCOPES = ("admin", "upload", "read")
_PRIVATE = 0o600
_DAYS = 90


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Give out API tokens of an index, list them, and end them."
    parser.epilog = _EPILOG
    action = Actions(parser).add
    add = action("add", "make a token", _add)
    add.add_argument("name", help="what it is called, to be told from others")
    add.add_argument(
        "--scope",
        choices=_SCOPES,
        required=True,
        help="read: only read; upload: to its projects, and read; admin: everything but upload",
    )
    add.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="NAME",
        help="a project that an upload token is for; may be given again",
    )
    add.add_argument("--create", action="store_true", help="make the projects that do not exist")
    add.add_argument(
        "--days",
        type=_days,
        default=_DAYS,
        metavar="N",
        help=f"how long it lives, 366 at most (default: {_DAYS})",
    )
    add.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there, for your eyes only; not shown"
    )
    add.add_argument("--dry-run", action="store_true", help="see whether it could be; make none")
    action("list", "list tokens, without their secrets", _list)
    revoke = action("revoke", "end a token, at once", _revoke)
    revoke.add_argument("name", help="its name, as `list` shows it")
    revoke.add_argument("--dry-run", action="store_true", help="see whether there is one; end none")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:5]) > 0):
        raise argparse.ArgumentTypeError(f"a number of days is expected, got {text!r}")
    return int(text[:5])


def _add(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.token_text import made
    from bonded.index.administration import NewToken

    _check(options)
    new = NewToken(
        name=options.name,
        scope=options.scope,
        projects=tuple(options.project),
        days=options.days,
        create=options.create,
        dry_run=options.dry_run,
    )
    if options.dry_run or options.out is None:
        token = owner.tokens.add(new)
        return show(options, token, lambda: made(token))
    with new_secret(options.out) as file:
        token = owner.tokens.add(new)
        file.write(token.pop("token") + "\n")
    token["out"] = str(options.out)
    return show(options, token, lambda: made(token))


def _check(options: argparse.Namespace) -> None:
    """Refuse what the index would refuse, in the words of this command and not of the API."""
    if options.scope == "upload" and not options.project:
        raise UsageError(
            "an upload token is for projects that are named",
            hint="add --project NAME, once for each",
        )
    if options.scope != "upload" and options.project:
        raise UsageError(
            f"--project is for upload tokens: the scope {options.scope!r} is for all projects"
        )


@contextmanager
def new_secret(path: Path) -> Iterator[TextIO]:
    """Give a new file that only its owner may read, removed again where the block raises.

    Raises UsageError where it cannot be made, or is there: made before the secret, so that none is lost.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="name a new file with --out") from None
    except (OSError, ValueError) as error:  # ValueError: what cannot be a path
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be written: {reason}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _list(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.token_text import listed

    found = owner.tokens.listed()
    return show(options, {"tokens": found}, lambda: listed(found))


def _revoke(owner: "Owner", options: argparse.Namespace) -> int:
    done = owner.tokens.revoke(options.name, dry_run=options.dry_run)
    told = "The token would be ended." if options.dry_run else "The token has ended."
    return show(options, done, lambda: told)

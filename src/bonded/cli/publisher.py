"""`bonded publisher`: who may publish on an index, from its data folder or over its API."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.cli.publisher_form import add_options, faulty, fields_of
from bonded.errors import BondedError, InvalidInput, RemoteError, UsageError

if TYPE_CHECKING:
    from bonded.cli.publisher_where import Owner

_LONGEST_PATH = 250
"""Characters of a file's name that every system can look up."""

_EPILOG = """\
examples:
  bonded publisher add greeter --data /srv/index --kind github --owner octo \\
      --repository-owner-id 583231 --repository greeter --workflow-filename release.yml
  bonded publisher list --url https://packages.example --token-file token
  bonded publisher test --data /srv/index --claims claims.json

With --data the folder of the index is used itself, also while a server runs on it.
With --url the index is asked over the network, with an admin token.
`bonded publisher add --help` has the fields of every kind of publisher.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Say which CI workflows may publish which projects of an index."
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def action(
        name: str, text: str, run: Callable[["Owner", argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        made = actions.add_parser(
            name, help=text, description=text, formatter_class=parser.formatter_class
        )
        _add_where(made)
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=_runner(run))
        return made

    add = action("add", "let a workflow publish a project", _add)
    add.add_argument("project", help="the project's name")
    add.add_argument(
        "--pending", action="store_true", help="the project is made by its first upload"
    )
    add.add_argument("--dry-run", action="store_true", help="check everything, register nothing")
    add_options(add)
    listing = action("list", "list publishers", _list)
    listing.add_argument("--project", default="", help="only those of this project")
    remove = action("remove", "take the right to publish away, at once", _remove)
    remove.add_argument("id", help="the publisher's id, as `list` shows it")
    remove.add_argument("--project", default="", help="from this project only")
    enable = action("enable", "let a disabled publisher publish again", _enable)
    enable.add_argument("id", help="the publisher's id, as `list` shows it")
    asked = action("exchanges", "list what the mint answered, and why", _exchanges)
    asked.add_argument("--project", default="", help="only those that concern this project")
    asked.add_argument(
        "--limit", type=_number, default=20, metavar="N", help="so many (default: 20)"
    )
    asked.add_argument(
        "--before", type=_number, metavar="ID", help="those before this one, to go further back"
    )
    test = action("test", "say what would happen to an ID token, and why", _test)
    test.add_argument(
        "--token", metavar="TOKEN", help="an ID token, a file with one, or - to read one"
    )
    test.add_argument("--claims", metavar="FILE", help="claims as a JSON object, or - to read them")


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


def _runner(
    run: Callable[["Owner", argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    """Make what the program runs: the index opened, the action done, and what says no made the user's."""

    def runner(options: argparse.Namespace) -> int:
        from bonded.cli.publisher_where import open_owner

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


def _add(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import registered
    from bonded.index.administration import NewPublisher
    from bonded.publishers import InvalidPublisher

    new = NewPublisher(
        project=options.project,
        kind=options.kind,
        fields=fields_of(options),
        pending=options.pending,
        dry_run=options.dry_run,
    )
    try:
        entry = owner.add(new)
    except InvalidPublisher as error:
        raise faulty(options.kind, error.faults) from None

    def text() -> str:
        return registered(
            entry,
            pending=options.pending,
            address=owner.address,
            audience=owner.audience(),
            dry_run=options.dry_run,
        )

    return _show(options, entry, text)


def _list(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import listed
    from bonded.dists.names import parse_project_name

    wanted = parse_project_name(options.project) if options.project else ""
    publishers = owner.publishers(wanted)
    pending = [one for one in owner.pending() if wanted in {"", one["project"]}]
    found = {"publishers": publishers, "pending": pending}
    return _show(options, found, lambda: listed(publishers, pending, wanted))


def _remove(owner: "Owner", options: argparse.Namespace) -> int:
    if any(one["id"] == options.id for one in owner.pending()):
        if options.project:
            raise UsageError("a pending publisher has one project", hint="leave --project out")
        owner.remove_pending(options.id)
        return _show(
            options, {"removed": options.id}, lambda: "The pending publisher is forgotten."
        )
    taken = owner.remove(options.id, options.project)
    projects = ", ".join(taken) or "nothing"
    told = f"The publisher may no longer publish: {projects}. Its tokens ended with that."
    return _show(options, {"removed": taken}, lambda: told)


def _enable(owner: "Owner", options: argparse.Namespace) -> int:
    entry = owner.enable(options.id)
    told = f"{entry['title']} may publish again; its next token says which ids are kept."
    return _show(options, entry, lambda: told)


def _exchanges(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import exchanged
    from bonded.dists.names import parse_project_name

    wanted = parse_project_name(options.project) if options.project else ""
    found = owner.exchanges(wanted, options.limit, options.before)
    return _show(options, {"exchanges": found}, lambda: exchanged(found))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) < 10**9):
        raise argparse.ArgumentTypeError(f"a number from 1 on is expected, got {text!r}")
    return int(text)


def _test(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import verdict

    if bool(options.token) == bool(options.claims):
        raise UsageError("what is to be tested? Give --token or --claims, not both")
    answer = (
        owner.try_token(_token(options.token))
        if options.token
        else owner.try_claims(_claims(options.claims))
    )
    _show(options, answer, lambda: verdict(answer))
    return 0 if answer["accepted"] else 1


def _token(text: str) -> str:
    """Return the token that was given, in a file or on standard input: other users see a command's arguments."""
    if text == "-":
        return sys.stdin.read().strip()
    path = Path(text)
    # A token has thousands of characters, more than a name of a file may have.
    if len(text) < _LONGEST_PATH and "\0" not in text and path.is_file():
        try:
            return path.read_text(encoding="ascii", errors="replace").strip()
        except OSError as error:
            raise UsageError(f"the token in {text} cannot be read: {error.strerror}") from None
    return text.strip()


def _claims(file: str) -> dict[str, object]:
    from bonded.oidc.strict_json import read_object

    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return read_object(raw)
    except OSError as error:
        raise UsageError(f"the claims in {file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(
            f"the claims in {file} are {error}", hint="a file with one JSON object is expected"
        ) from None


def _show(options: argparse.Namespace, answer: Mapping[str, Any], text: Callable[[], str]) -> int:
    print(json.dumps(answer, indent=2) if options.json else text(), flush=True)
    return 0

"""`bonded publisher`: who may publish on an index, from its data folder or over its API."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.cli.owner import Actions, number, show
from bonded.cli.publisher_form import add_options, faulty, fields_of
from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.cli.owner_where import Owner

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
    action = Actions(parser).add
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
        "--limit", type=number, default=20, metavar="N", help="so many (default: 20)"
    )
    asked.add_argument(
        "--before", type=number, metavar="ID", help="those before this one, to go further back"
    )
    test = action("test", "say what would happen to an ID token, and why", _test)
    test.add_argument(
        "--token", metavar="TOKEN", help="an ID token, a file with one, or - to read one"
    )
    test.add_argument("--claims", metavar="FILE", help="claims as a JSON object, or - to read them")


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
        entry = owner.publishers.add(new)
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

    return show(options, entry, text)


def _list(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import listed
    from bonded.dists.names import parse_project_name

    wanted = parse_project_name(options.project) if options.project else ""
    publishers = owner.publishers.registered(wanted)
    pending = [one for one in owner.publishers.pending() if wanted in {"", one["project"]}]
    found = {"publishers": publishers, "pending": pending}
    return show(options, found, lambda: listed(publishers, pending, wanted))


def _remove(owner: "Owner", options: argparse.Namespace) -> int:
    if any(one["id"] == options.id for one in owner.publishers.pending()):
        if options.project:
            raise UsageError("a pending publisher has one project", hint="leave --project out")
        owner.publishers.remove_pending(options.id)
        return show(options, {"removed": options.id}, lambda: "The pending publisher is forgotten.")
    taken = owner.publishers.remove(options.id, options.project)
    projects = ", ".join(taken) or "nothing"
    told = f"The publisher may no longer publish: {projects}. Its tokens ended with that."
    return show(options, {"removed": taken}, lambda: told)


def _enable(owner: "Owner", options: argparse.Namespace) -> int:
    entry = owner.publishers.enable(options.id)
    told = f"{entry['title']} may publish again; its next token says which ids are kept."
    return show(options, entry, lambda: told)


def _exchanges(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import exchanged
    from bonded.dists.names import parse_project_name

    wanted = parse_project_name(options.project) if options.project else ""
    found = owner.publishers.exchanges(wanted, options.limit, options.before)
    return show(options, {"exchanges": found}, lambda: exchanged(found))


def _test(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.publisher_text import verdict

    if bool(options.token) == bool(options.claims):
        raise UsageError("what is to be tested? Give --token or --claims, not both")
    answer = (
        owner.publishers.try_token(_token(options.token))
        if options.token
        else owner.publishers.try_claims(_claims(options.claims))
    )
    show(options, answer, lambda: verdict(answer))
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

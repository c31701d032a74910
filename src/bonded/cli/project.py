"""`bonded project`: what is published on an index: seen, withdrawn, deleted and bounded."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from bonded.cli.owner import Actions, number, show
from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.cli.owner_where import Owner
    from bonded.index.administration import Target

_EPILOG = """\
examples:
  bonded project yank greeter --version 1.2.0 --reason "loses data" --data /srv/index
  bonded project delete greeter --file greeter-1.2.0.tar.gz --dry-run --data /srv/index
  bonded project status greeter archived --reason "see hello" --url https://packages.example
  bonded project limit greeter --file-size 1GiB --data /srv/index

To yank is what is mostly wanted: installers pass the version over, and who has locked it still gets it.
Deleting is for good: neither the names nor the bytes of deleted files are taken again.
"""

_STATUSES = ("active", "archived", "quarantined", "deprecated")
_USUAL = "default"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "See, withdraw, delete and bound what is published on an index."
    parser.epilog = _EPILOG
    action = Actions(parser).add
    listing = action("list", "list projects in the order of names", _list)
    listing.add_argument("--after", default="", metavar="NAME", help="those that follow this name")
    listing.add_argument(
        "--limit", type=number, default=100, metavar="N", help="so many (default: 100)"
    )
    shown = action("show", "show a project with its versions, files and limits", _show)
    shown.add_argument("project", help="the project's name")
    yank = action("yank", "let installers pass a version or a file over", _yank)
    _add_target(yank, is_needed=True)
    yank.add_argument("--reason", default="", metavar="TEXT", help="shown to whoever installs it")
    unyank = action("unyank", "take a yank back", _unyank)
    _add_target(unyank, is_needed=True)
    delete = action("delete", "delete a file, a version, or the whole project, for good", _delete)
    _add_target(delete, is_needed=False)
    delete.add_argument("--yes", action="store_true", help="do not ask")
    status = action("status", "say what becomes of a project", _status)
    status.add_argument("project", help="the project's name")
    status.add_argument(
        "status", choices=_STATUSES, help="archived and quarantined ones take no uploads"
    )
    status.add_argument("--reason", default="", metavar="TEXT", help="shown to whoever installs it")
    _add_dry_run(status)
    limit = action("limit", "give a project limits of its own", _limit)
    limit.add_argument("project", help="the project's name")
    for name, text in (("--file-size", "of one file"), ("--project-size", "of all its files")):
        limit.add_argument(
            name,
            type=_size,
            default=argparse.SUPPRESS,
            metavar="SIZE",
            help=f"{text}: 1GiB, 500MiB, a number of bytes, or {_USUAL}",
        )
    _add_dry_run(limit)
    log = action("log", "list what was done to a project, and by whom", _log)
    log.add_argument("project", help="the project's name, also of one that was deleted")
    log.add_argument("--limit", type=number, default=20, metavar="N", help="so many (default: 20)")
    log.add_argument("--before", type=number, metavar="ID", help="those before this one")


def _add_target(parser: argparse.ArgumentParser, *, is_needed: bool) -> None:
    parser.add_argument("project", help="the project's name")
    which = parser.add_mutually_exclusive_group(required=is_needed)
    which.add_argument(
        "--version", default="", metavar="VERSION", help="every file of this version"
    )
    which.add_argument("--file", default="", metavar="NAME", help="this file")
    _add_dry_run(parser)


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")


def _size(text: str) -> int | None:
    """Return a size that was typed, None for the index's own; for argparse."""
    from bonded.index.byte_sizes import size_of

    if text == _USUAL:
        return None
    size = size_of(text)
    if not size:
        raise argparse.ArgumentTypeError(
            f"a size such as 100MiB is expected, or {_USUAL}, got {text!r}"
        )
    return size


def _target(options: argparse.Namespace) -> "Target":
    from bonded.index.administration import Target

    return Target(project=options.project, version=options.version, filename=options.file)


def _list(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import listed
    from bonded.dists.names import parse_project_name

    after = parse_project_name(options.after) if options.after else ""
    found = owner.projects.listed(after, options.limit)
    return show(options, {"projects": found}, lambda: listed(found))


def _show(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import shown

    found = owner.projects.shown(options.project)
    return show(options, found, lambda: shown(found))


def _yank(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import changed

    done = owner.projects.yank(_target(options), options.reason, dry_run=options.dry_run)
    return show(options, done, lambda: changed(done, "yanked"))


def _unyank(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import changed

    done = owner.projects.unyank(_target(options), dry_run=options.dry_run)
    return show(options, done, lambda: changed(done, "no longer yanked"))


def _delete(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import deleted

    target = _target(options)
    if not (options.yes or options.dry_run):
        _confirm(options, owner.projects.delete(target, dry_run=True))
    done = owner.projects.delete(target, dry_run=options.dry_run)
    return show(options, done, lambda: deleted(done))


def _confirm(options: argparse.Namespace, would: dict[str, Any]) -> None:
    """Have the project's name typed once more; raises UsageError where nobody is there to type it, or it is another."""
    from bonded.cli.project_text import deleted

    if not sys.stdin.isatty():
        raise UsageError(
            "what is deleted is gone for good",
            hint="say --yes to delete it, --dry-run to see what would go",
        )
    print(deleted({**would, "dry_run": True}), file=sys.stderr)
    print(
        f"For good. To go on, type the name of the project ({would['project']}): ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    if sys.stdin.readline().strip() not in {would["project"], options.project}:
        raise UsageError("nothing was deleted: that is not its name")


def _status(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import judged

    name, status = options.project, options.status
    done = owner.projects.set_status(name, status, options.reason, dry_run=options.dry_run)
    return show(options, done, lambda: judged(done))


def _limit(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import bounded

    given = vars(options)
    limits: dict[str, int | None] = {
        name: given[name] for name in ("file_size", "project_size") if name in given
    }
    if not limits:
        raise UsageError("which limit? Give --file-size, --project-size, or both")
    done = owner.projects.set_limits(options.project, limits, dry_run=options.dry_run)
    return show(options, done, lambda: bounded(done))


def _log(owner: "Owner", options: argparse.Namespace) -> int:
    from bonded.cli.project_text import happened
    from bonded.dists.names import parse_project_name

    subject = parse_project_name(options.project)
    found = owner.events.events(subject, options.limit, options.before)
    if not found and not owner.events.events(subject, 1):
        owner.projects.shown(subject)  # says that there is no such project, and never was
    return show(options, {"events": found}, lambda: happened(found))

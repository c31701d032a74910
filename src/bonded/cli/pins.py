"""`bonded pins`: which commits workflows are pinned to, and newer ones found in local checkouts."""

import argparse
import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.workflows.drafting.pins import Pins

_EPILOG = """\
examples:
  bonded pins                                what is known, and since when
  bonded pins update --from ~/src            newer pins out of all checkouts there
  bonded pins update --from ~/src --dry-run  only show them

A checkout is a folder with .github/workflows. Each has one vote; a release is
taken when more than half of those that pin it agree on its commit. Nothing ever
goes back to an older release. Newer pins are kept in a file of yours: the one
that BONDED_PINS names, else bonded/pins.toml among your settings.
"""
_OPENING = ("Newer pins than bonded's own, found by `bonded pins update`.",)
_WORKFLOWS = Path(".github") / "workflows"
_NEVER = frozenset({".git", ".venv", "node_modules", "__pycache__", ".tox", ".nox"})
_DEEPEST = 6


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Show the commits that `bonded init` pins actions to, or find newer ones."
    parser.epilog = _EPILOG
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list", "update"),
        default="list",
        help="what to do (default: list)",
    )
    parser.add_argument(
        "--from", dest="sources", nargs="+", type=Path, default=[], metavar="DIR",
        help="update: look at the checkouts in and below these folders",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="update: write nothing")
    parser.set_defaults(run=pins)


def pins(options: argparse.Namespace) -> int:
    """List or update; return the exit code."""
    from bonded.cli.init_world import pins_file, shipped_pins, user_pins
    from bonded.workflows.drafting.pins import merged

    path = pins_file(os.environ, Path.home())
    own = user_pins(path)
    known = merged(shipped_pins(), own)
    if options.what == "list":
        if options.sources or options.dry_run:
            raise UsageError("--from and --dry-run belong to `bonded pins update`")
        return _list(known)
    if not options.sources:
        raise UsageError("bonded pins update wants folders", hint="for example --from ~/src")
    return _update(options, known, own, path)


def _list(known: "Pins") -> int:
    width = max(map(len, known.actions))
    for name, pin in sorted(known.actions.items(), key=lambda item: item[0].lower()):
        print(f"{name:<{width}}  {pin.version:<9}  {pin.commit}")
    print(f"\nCollected until {known.seen}. Programs: ", end="")
    print(", ".join(f"{name} {version}" for name, version in sorted(known.tools.items())))
    return 0


def _update(options: argparse.Namespace, known: "Pins", own: "Pins", path: Path) -> int:
    from bonded.rehearsal.plain import plain
    from bonded.workflows.drafting.harvest import harvest
    from bonded.workflows.drafting.pins import merged, render

    checkouts = {str(root): texts(root) for folder in options.sources for root in roots(folder)}
    found = harvest(checkouts, known)
    for one in found.news:
        old = one.old.version if one.old else "unknown"
        print(
            f"{one.action}  {old} -> {one.new.version}  {one.new.commit}  ({one.votes} of {one.of})"
        )
    for doubt in found.doubts:
        print(f"doubtful: {plain(doubt)}")
    number = f"{len(checkouts)} checkout{'' if len(checkouts) == 1 else 's'}"
    if not found.news:
        print(f"Nothing newer in {number}.")
        return 0
    if options.dry_run:
        print(f"Nothing was written (--dry-run); {number} looked at.")
        return 0
    today = dt.datetime.now(dt.UTC).date().isoformat()
    _write(path, render(merged(own, found.as_pins(today)), opening=_OPENING))
    print(f"Written to {path}; {number} looked at.")
    return 0


def roots(folder: Path) -> list[Path]:
    """Return every folder with workflows in and below a folder; raises UsageError where it is none."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    found = []
    for base, folders, _ in os.walk(folder):
        here = Path(base)
        deep = len(here.relative_to(folder).parts) >= _DEEPEST
        if (here / _WORKFLOWS).is_dir():
            found.append(here)
        folders[:] = [] if deep else sorted(name for name in folders if name not in _NEVER)
    return found


def texts(root: Path) -> list[str]:
    """Return the texts of a checkout's workflows; what is not UTF-8 is read as far as it goes."""
    found = sorted((root / _WORKFLOWS).glob("*.y*ml"))
    return [path.read_text("utf-8", "replace") for path in found if path.is_file()]


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None

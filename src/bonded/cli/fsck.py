"""`bonded fsck`: whether an index is whole."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bonded.index.running.fsck import Findings

_EPILOG = """\
examples:
  bonded fsck --data /srv/index              read every file, and compare
  bonded fsck --data /srv/index --quick      compare names and sizes only
  bonded fsck --data /srv/index --fix        and remove what crashes left over

Nothing is changed without --fix, and the index may be served meanwhile. No crash makes
this necessary before a start: it finds what a disk lost, or hands changed.
"""

_MEBIBYTE = 1 << 20
_SHOWN = 20
"""Bytes without a file that are listed one by one."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Hold what an index says of its files against the files themselves."
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="the index's folder")
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="its settings (default: those of the last start)",
    )
    add("--quick", action="store_true", help="do not read the files, compare names and sizes")
    add("--fix", action="store_true", help="remove bytes that no file refers to")
    add("--json", action="store_true", help="say what was found as JSON")
    add("-q", "--quiet", action="store_true", help="no progress on standard error")
    parser.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Look at an index; return 1 where something is wrong with it, 0 where it is whole."""
    from bonded.cli.serve_settings import configured
    from bonded.index.running.data_folder import read_served
    from bonded.index.running.fsck import examine
    from bonded.index.stores import open_stores

    served = read_served(options.data)
    configuration = configured(options)
    settings = configuration.settings(options.data, configuration.mint.audience or served.audience)
    progress = _Progress(wanted=sys.stderr.isatty() and not options.quiet)
    with open_stores(settings) as (records, folder):
        found = examine(
            records, folder, read=not options.quick, fix=options.fix, watch=progress.tell
        )
    progress.end()
    if options.json:
        print(json.dumps(found.to_object(), indent=2))
    else:
        _print(found)
    return int(bool(found.violations))


class _Progress:
    """One line on a terminal's standard error, drawn over a few times a second."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._shown = 0.0

    def tell(self, done: int, files: int) -> None:
        """Say how far the work is."""
        now = time.monotonic()
        if self._wanted and now - self._shown > 1 / 5:
            self._shown = now
            print(
                f"\r\x1b[K{done / 256:4.0%}  {files:,} files", end="", file=sys.stderr, flush=True
            )

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _print(found: "Findings") -> None:
    for fault in found.violations:
        print(f"{_plain(fault.subject)}: {fault.check}: {_plain(fault.message)}")
    for orphan in found.orphans[:_SHOWN]:
        what = "removed" if orphan.removed else "no file refers to it"
        print(f"{orphan.blake2b_256}: {orphan.size:,} bytes, {what}")
    if len(found.orphans) > _SHOWN:
        print(f"… and {len(found.orphans) - _SHOWN:,} more")
    how = "read" if found.read else "looked at, not read"
    print(f"{found.files:,} files, {found.bytes / _MEBIBYTE:,.1f} MiB {how}: {_verdict(found)}")


def _verdict(found: "Findings") -> str:
    told = f"{len(found.violations):,} violations" if found.violations else "the index is whole"
    if not found.orphans:
        return told
    size = sum(orphan.size for orphan in found.orphans) / _MEBIBYTE
    done = (
        "given back"
        if all(orphan.removed for orphan in found.orphans)
        else "to be given back by --fix"
    )
    return f"{told}; {size:,.1f} MiB {done}"


def _plain(text: str) -> str:
    """Return a text without what a terminal would obey: a book that was changed by hand may hold anything."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )

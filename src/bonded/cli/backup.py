"""`bonded backup` and `bonded restore`: a copy of an index while it is served, and an index from a copy."""

import argparse
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

_BACKUP = """\
examples:
  bonded backup --data /srv/index --to /mnt/copy       only what is new is copied the next time
  bonded backup --data /srv/index --to index.tar       one file, whole each time

The index may be served meanwhile. The settings are not in the data folder, nor in the copy.
"""

_RESTORE = """\
examples:
  bonded restore --from /mnt/copy --data /srv/index

Every file is checked against its digest. The folder must be new or empty. Tokens and publishers
are as they were when the copy was made: tokens that were revoked since then live again.
"""

_PRIVATE = 0o077


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the one or the other."""
    if parser.prog.endswith("restore"):
        parser.description = "Put a copy of an index back into a new folder."
        parser.epilog = _RESTORE
        parser.add_argument(
            *("--from",), dest="copy", type=Path, required=True, metavar="COPY", help="the copy"
        )
        data, run = "the index's folder, made here", restoring
    else:
        parser.description = "Copy an index, which may be served meanwhile."
        parser.epilog = _BACKUP
        parser.add_argument(
            *("--to",),
            type=Path,
            required=True,
            metavar="COPY",
            help="a folder, or a file that ends in .tar",
        )
        data, run = "the index's folder", backing_up
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=data)
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")
    parser.set_defaults(run=run)


def backing_up(options: argparse.Namespace) -> int:
    """Copy an index; return 0."""
    from bonded import __version__
    from bonded.index.byte_sizes import size_exact
    from bonded.index.running.backup import back_up

    before = os.umask(_PRIVATE)
    try:
        copied = back_up(options.data, options.to, at=time.time(), version=__version__)
    finally:
        os.umask(before)
    if options.json:
        print(json.dumps({"version": 1, "copy": str(options.to), **asdict(copied)}))
    else:
        new = f"{copied.new_files} files of {size_exact(copied.new_bytes)} are new"
        print(f"{options.to}: {copied.files} files of {size_exact(copied.bytes)}, {new}")
    return 0


def restoring(options: argparse.Namespace) -> int:
    """Put a copy back; return 0."""
    from bonded.index.running.restoring import restore

    before = os.umask(_PRIVATE)
    try:
        files = restore(options.copy, options.data)
    finally:
        os.umask(before)
    if options.json:
        print(json.dumps({"version": 1, "data": str(options.data), "files": files}))
    else:
        print(f"{options.data}: {files} files, each as its digest says")
    return 0

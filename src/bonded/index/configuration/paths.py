"""Files that a configuration names: whether they are there, and whether they are what they should be."""

import ssl
from pathlib import Path

from bonded.index.configuration.table import Table

__all__ = ["ca_bundle", "is_file"]


def ca_bundle(table: Table) -> Path | None:
    """Read which authorities are believed; a file that is none is said now, not when a token waits for it."""
    text = table.text("ca-bundle")
    if not text:
        return None
    path = table.folder / text
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:  # ValueError: what cannot be a path
        reason = "there is no certificate in it"
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            reason = str(error.strerror)
        table.fault("ca-bundle", f"{text!r} is no file of certificates in PEM form: {reason}")
        return None
    return path


def is_file(path: Path) -> bool:
    """Whether there is such a file; what cannot be a path, for its length or a NUL in it, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

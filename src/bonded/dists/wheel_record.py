"""RECORD of a wheel against the members that it records.

Every file is listed once with a digest and a size that are right, and nothing is listed that is not there; only RECORD
itself and its signatures stand without (binary distribution format, "The .dist-info directory"). An installer that goes
by the list and one that goes by the members then install the same.
"""

import base64
import binascii
import csv
from collections.abc import Mapping
from dataclasses import dataclass

from bonded.dists.limits import ArchiveRefused

__all__ = ["Row", "check_record", "read_lines", "read_record"]

_ALGORITHMS = {"sha256": 32, "sha384": 48, "sha512": 64}
_COLUMNS = 3
_MAX_DIGITS = 19
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One file as RECORD has it; without digest or size where the row leaves them out."""

    algorithm: str
    digest: bytes
    size: int | None


def read_lines(data: bytes) -> list[list[str]]:
    """Return the lines of RECORD that hold anything; raises `ArchiveRefused` where it is not UTF-8 or no CSV."""
    try:
        text = data.decode()
        return [line for line in csv.reader(text.splitlines(keepends=True), strict=True) if line]
    except UnicodeDecodeError:
        raise ArchiveRefused("RECORD is not UTF-8") from None
    except csv.Error as error:
        raise ArchiveRefused(f"RECORD cannot be read ({error})") from None


def read_record(data: bytes) -> Mapping[str, Row]:
    """Return the rows of RECORD by path; a backslash is read as a slash, since old tools of Windows wrote it.

    Raises `ArchiveRefused` where it is not UTF-8, no CSV of three columns, or lists a path twice.
    """
    rows: dict[str, Row] = {}
    for line in read_lines(data):
        if len(line) != _COLUMNS:
            raise ArchiveRefused(f"RECORD has a row of {len(line)} columns, expected {_COLUMNS}")
        path, digest, size = line[0].replace("\\", "/"), line[1], line[2]
        if path in rows:
            raise ArchiveRefused(f"RECORD lists {path!r} twice")
        if not path.endswith("/"):  # a folder, which some tools list
            rows[path] = Row(*_digest(path, digest), _size(path, size))
    return rows


def _size(path: str, text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise ArchiveRefused(f"RECORD gives {path!r} the size {text[:_MAX_SHOWN]!r}")
    return int(text) if text else None


def _digest(path: str, text: str) -> tuple[str, bytes]:
    if not text:
        return "", b""
    algorithm, _, value = text.partition("=")
    try:
        digest = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != _ALGORITHMS.get(algorithm):
        raise ArchiveRefused(
            f"RECORD gives {path!r} the digest {text[:_MAX_SHOWN]!r}, expected sha256, sha384 or sha512"
            " in URL-safe base64"
        )
    return algorithm, digest


def check_record(
    rows: Mapping[str, Row],
    sizes: Mapping[str, int],
    digests: Mapping[tuple[str, str], bytes],
    dist_info: str,
) -> None:
    """Hold RECORD against the files with their sizes and digests, by path and algorithm; raises `ArchiveRefused`."""
    bare = {f"{dist_info}/{name}" for name in ("RECORD", "RECORD.jws", "RECORD.p7s")}
    for path in sizes:
        if path not in rows and path not in bare:
            raise ArchiveRefused(f"RECORD does not list {path!r}, which is in it")
    for path, row in rows.items():
        if path not in sizes:
            raise ArchiveRefused(f"RECORD lists {path!r}, which is not in it")
        if path in bare and not row.digest:
            continue
        if not row.digest:
            raise ArchiveRefused(f"RECORD gives {path!r} no digest")
        if row.size is not None and row.size != sizes[path]:
            raise ArchiveRefused(
                f"RECORD gives {path!r} {row.size} bytes, it has {sizes[path]} bytes"
            )
        got = digests[path, row.algorithm]
        if got != row.digest:
            raise ArchiveRefused(
                f"RECORD gives {path!r} the {row.algorithm} {row.digest.hex()}, its bytes have {got.hex()}"
            )

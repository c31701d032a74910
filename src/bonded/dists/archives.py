"""What is inside a wheel or a source distribution, read from an open stream under limits.

An index must be sure that every installer sees in a file what it saw itself. So these readers refuse whatever two
programs could read in two ways, and whatever costs more to open than to send. They are strict parsers of their own,
because the lenient ones of the standard library mend what must be refused. They never unpack to disk, never trust a
size that they have not counted, and pass every byte once: memory stays flat.

The rules are PyPI's (`ArchiveFault` comes close to PyPI's words), and behind named `Limits` those that PyPI does not
have. `zip_framing` and `zip_members` read a wheel, `tar_headers` and `tar_members` a source distribution.
"""

import io
import struct
import zlib
from typing import BinaryIO

from bonded.dists import source_dists, wheels
from bonded.dists.contents import ArchiveFault, Contents
from bonded.dists.limits import STRICT, ArchiveRefused, Limits

__all__ = ["STRICT", "ArchiveFault", "Contents", "Limits", "read_sdist", "read_wheel"]

# What zlib and the unpacking of numbers raise on damaged bytes; anything else would be a bug, and comes out.
_BROKEN = (struct.error, zlib.error)


def read_wheel(
    stream: BinaryIO, *, dist_info: str, limits: Limits | None = None
) -> Contents | ArchiveFault:
    """Read a wheel whose metadata folder must be `dist_info` (`<name>-<version>.dist-info`, as in its file name)."""
    try:
        return wheels.read(stream, _size(stream), dist_info, limits or Limits())
    except ArchiveRefused as refused:
        return ArchiveFault(str(refused))
    except _BROKEN as error:
        return ArchiveFault(f"it cannot be read as a zip archive ({error})")


def read_sdist(stream: BinaryIO, *, limits: Limits | None = None) -> Contents | ArchiveFault:
    """Read a `.tar.gz` source distribution: one top folder with PKG-INFO in it."""
    try:
        return source_dists.read(stream, _size(stream), limits or Limits())
    except ArchiveRefused as refused:
        return ArchiveFault(str(refused))
    except _BROKEN as error:
        return ArchiveFault(f"it cannot be read as a gzipped tar archive ({error})")


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, io.SEEK_END)

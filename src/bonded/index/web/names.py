"""The list of all projects, of which there may be half a million: it is read, made and sent piece by piece.

What fits into a mebibyte is kept as a page like others. What does not is written into a temporary file without a name,
in each kind and coding that is asked for, and sent from there like any large file; so however many projects there are,
only some thousands are ever in memory. Both hold as long as the serial of the index stays.
"""

import hashlib
import os
import tempfile
import weakref
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Protocol

from starlette.types import ASGIApp, Scope

from bonded.index.ports import Book
from bonded.index.simple import JSON, index_html, index_json
from bonded.index.web.prepared import PreparedPages, Rendered, wanted
from bonded.index.web.representation import described, read_headers, typed
from bonded.index.web.sending import KeptFile

__all__ = ["IN_MEMORY", "NamesList"]

IN_MEMORY = 1 << 20
"""Bytes up to which the list is kept in memory."""

_PATH = "/simple/"
_GZIP_LEVEL = 5
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ZSTD_LEVEL = 3

_Form = tuple[str, str]
"""Kind and coding."""


class _Packer(Protocol):
    """Compresses a stream."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Unnamed:
    """A temporary file without a name, gone as soon as nobody refers to it any more."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as stream:
            self._descriptor = os.dup(stream.fileno())
        weakref.finalize(self, os.close, self._descriptor)

    def write(self, data: bytes) -> None:
        """Add bytes at the end."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def fileno(self) -> int:
        """Return its descriptor, which is open as long as this object is there."""
        return self._descriptor


class NamesList:
    """The list of the projects of this index, in every kind and coding, from any thread."""

    def __init__(self, book: Book, prepared: PreparedPages, *, in_memory: int = IN_MEMORY) -> None:
        self._book = book
        self._prepared = prepared
        self._in_memory = in_memory
        self._large: dict[_Form, KeptFile] = {}

    def answer(self, scope: Scope, offers: tuple[str, ...]) -> ASGIApp:
        """Return the list as a request wants it."""
        form = wanted(read_headers(scope), offers)
        large = self._current(form)
        if large is not None:
            return large
        small = self._prepared.answer(scope, offers, lambda _kind, _origin: self._made(form))
        return small or self._large[form]

    def _current(self, form: _Form) -> KeptFile | None:
        large = self._large.get(form)
        return large if large is not None and self._prepared.is_current(large) else None

    def _made(self, form: _Form) -> Rendered | None:
        """Make the list, and return it if it is small; a large one is kept here."""
        if self._current(form) is not None:
            return None
        with self._book.reading() as book, closing(book.listed()) as projects:
            serial = book.serial()
            render = index_json if form[0] == JSON else index_html
            pieces = iter(render(projects, serial))
            first, size = [], 0
            for piece in pieces:
                first.append(piece)
                size += len(piece)
                if size > self._in_memory:
                    self._large[form] = _spooled(form, serial, chain(first, pieces))
                    return None
        return Rendered(project=None, serial=serial, body=b"".join(first), path=_PATH)


def _spooled(form: _Form, serial: int, pieces: Iterable[bytes]) -> KeptFile:
    """Write the list into a file that is gone as soon as nobody sends it any more."""
    spool = _Unnamed()
    digest, length = hashlib.sha256(), 0
    for packed in _packed(pieces, form[1]):
        digest.update(packed)
        length += len(packed)
        spool.write(packed)
    etag = b'"%b"' % digest.hexdigest()[:32].encode()
    headers = (*described(etag, serial=serial), *typed(*form))
    return KeptFile(
        project=None, serial=serial, length=length, etag=etag, headers=headers, spool=spool
    )


def _packed(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    packer = _packer(coding)
    if packer is None:
        yield from pieces
        return
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _packer(coding: str) -> _Packer | None:
    if coding == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    if coding == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    return None

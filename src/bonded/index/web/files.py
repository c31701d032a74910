"""`/packages/` and `/upstream/`: the files themselves, and the metadata beside wheels. What is there never changes.

Whether it may be had does: a file is shown as long as its project's page shows it, so what is kept of it is kept with
the serial of its project. A reader gets the bytes as bytes and nothing else: no browser may take them for a page.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from bonded.dists.names import ProjectName
from bonded.index.errands import done
from bonded.index.open_file import OpenFile
from bonded.index.ports import Blobs, Book, Elsewhere, Reading
from bonded.index.web.arriving import arrived
from bonded.index.web.prepared import PreparedPages
from bonded.index.web.representation import RawHeaders
from bonded.index.web.sending import BINARY, SMALL, KeptFile
from bonded.index.web.simple import requested_project

__all__ = ["Files"]

_METADATA = ".metadata"


class Files:
    """Files of this index, and of the index behind it under names that are not ours."""

    def __init__(
        self,
        book: Book,
        blobs: Blobs,
        *,
        prepared: PreparedPages,
        owns: Callable[[ProjectName], bool],
        elsewhere: Elsewhere | None,
    ) -> None:
        self._book = book
        self._blobs = blobs
        self._prepared = prepared
        self._owns = owns
        self._elsewhere = elsewhere

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/packages/{a}/{b}/{rest}/{filename}", self.file, methods=["GET"]),
            Route("/upstream/{name}/{sha256}/{filename}", self.upstream, methods=["GET"]),
        )

    def file(self, request: Request) -> KeptFile:
        """Serve a file of this index, or the METADATA of one."""
        address = request.scope["path"]
        kept = self._prepared.get(address)
        if isinstance(kept, KeptFile) and self._prepared.is_current(kept):
            return kept
        path = request.path_params
        digest = path["a"] + path["b"] + path["rest"]
        with self._book.reading() as book:
            found = self._found(book, digest, path["filename"])
        if found is None:
            raise _missing(path["filename"])
        self._prepared.put(address, found)
        return found

    def _found(self, book: Reading, digest: str, filename: str) -> KeptFile | None:
        wanted = filename.removesuffix(_METADATA)
        file = book.file(wanted)
        if file is None or file.digests.blake2b_256 != digest:
            return None
        project = book.project(file.project)
        if project is None or project.status == "quarantined":
            return None
        if wanted != filename:
            metadata = book.metadata_file(wanted)
            if metadata is None or file.metadata_sha256 is None:
                return None
            made = _in_memory(metadata, file.metadata_sha256)
        elif file.size <= SMALL:
            made = _in_memory(self._blobs.path(digest).read_bytes(), file.digests.sha256)
        else:
            made = _on_disk(self._blobs.path(digest), file.size, file.digests.sha256)
        return replace(made, project=project.name, serial=project.serial)

    async def upstream(self, request: Request) -> KeptFile:
        """Serve a file of the index behind this one, fetched and verified at the first request."""
        name = requested_project(request)
        filename, sha256 = request.path_params["filename"], request.path_params["sha256"]
        coming = await run_in_threadpool(self._coming, name, sha256, filename)
        # No thread of ours stands here while another index is asked.
        held = coming.result() if coming.done() else await arrived(coming)
        if held is None:
            raise _missing(filename)
        tag = f"{sha256}-metadata" if filename.endswith(_METADATA) else sha256
        etag = f'"{tag}"'.encode()
        return KeptFile(length=held.size, etag=etag, headers=_headers(etag), spool=held)

    def _coming(self, name: ProjectName, sha256: str, filename: str) -> Future[OpenFile | None]:
        if self._elsewhere is None or self._owns(name):
            return done(None)
        return self._elsewhere.file(name, sha256, filename)


def _in_memory(body: bytes, tag: str) -> KeptFile:
    etag = f'"{tag}"'.encode()
    return KeptFile(length=len(body), etag=etag, headers=_headers(etag), body=body)


def _on_disk(path: Path, length: int, tag: str) -> KeptFile:
    etag = f'"{tag}"'.encode()
    return KeptFile(length=length, etag=etag, headers=_headers(etag), path=path)


def _headers(etag: bytes) -> RawHeaders:
    return (
        (b"etag", etag),
        (b"content-type", BINARY),
        (b"cache-control", b"max-age=31536000, immutable, public"),
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-disposition", b"attachment"),
    )


def _missing(filename: str) -> HTTPException:
    return HTTPException(404, f"There is no file {filename!r} at this address.")

"""`/packages/` and `/upstream/`: the files themselves, and the metadata beside wheels. What is there never changes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.dists.names import ProjectName
from bonded.index.ports import Blobs, Book, Elsewhere
from bonded.index.web.simple import requested_project

__all__ = ["Files"]

_HEADERS = {"cache-control": "max-age=31536000, immutable, public"}
_BYTES = "application/octet-stream"
_METADATA = ".metadata"


class Files:
    """Files of this index, and of the index behind it under names that are not ours."""

    def __init__(
        self,
        book: Book,
        blobs: Blobs,
        *,
        owns: Callable[[ProjectName], bool],
        elsewhere: Elsewhere | None,
    ) -> None:
        self._book = book
        self._blobs = blobs
        self._owns = owns
        self._elsewhere = elsewhere

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/packages/{a}/{b}/{rest}/{filename}", self.file, methods=["GET"]),
            Route("/upstream/{name}/{sha256}/{filename}", self.upstream, methods=["GET"]),
        )

    def file(self, request: Request) -> Response:
        """Serve a file of this index, or the METADATA of one."""
        path = request.path_params
        digest = path["a"] + path["b"] + path["rest"]
        filename = path["filename"]
        wanted = filename.removesuffix(_METADATA)
        with self._book.reading() as book:
            file = book.file(wanted)
            if file is None or file.digests.blake2b_256 != digest:
                raise _missing(filename)
            if wanted == filename:
                return _sent(self._blobs.path(digest))
            metadata = book.metadata_file(wanted)
        if metadata is None:
            raise _missing(filename)
        return Response(metadata, media_type=_BYTES, headers=_HEADERS)

    def upstream(self, request: Request) -> Response:
        """Serve a file of the index behind this one, fetched and verified at the first request."""
        name = requested_project(request)
        filename = request.path_params["filename"]
        if self._elsewhere is None or self._owns(name):
            raise _missing(filename)
        path = self._elsewhere.file(name, request.path_params["sha256"], filename)
        if path is None:
            raise _missing(filename)
        return _sent(path)


def _sent(path: Path) -> Response:
    return FileResponse(path, media_type=_BYTES, headers=_HEADERS)


def _missing(filename: str) -> HTTPException:
    return HTTPException(404, f"There is no file {filename!r} at this address.")

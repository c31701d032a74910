"""`/integrity/`: the provenance of a file, as PEP 740 and PyPI have it. What is there never changes."""

import json
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bonded.dists.names import InvalidName, parse_project_name
from bonded.index.model import File
from bonded.index.ports import Book
from bonded.index.web.accept import accepts, preferred
from bonded.index.web.representation import conditional

__all__ = ["INTEGRITY", "Integrity"]

INTEGRITY = "application/vnd.pypi.integrity.v1+json"
_OFFERS = (INTEGRITY, "application/json")
_FOR_EVER = "max-age=31536000, immutable, public"


class Integrity:
    """The provenance of this index's own files; what was not verified here is not shown."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        path = "/integrity/{name}/{version}/{filename}/provenance"
        return (Route(path, self.provenance, methods=["GET"]),)

    def provenance(self, request: Request) -> Response:
        """Give the provenance object of one file, in the words of PyPI where there is none."""
        accept = request.headers.get("accept", "")
        if not any(accepts(accept, offer) for offer in _OFFERS):
            return _no(406, "Request not acceptable")
        path = request.path_params
        filename = path["filename"]
        with self._book.reading() as book:
            file = book.file(filename)
            found = None
            if file is not None and _is_of(file, path["name"], path["version"]):
                project = book.project(file.project)
                is_shown = project is not None and project.status != "quarantined"
                found = book.provenance(filename) if is_shown else None
        if found is None:
            return _no(404, f"No provenance available for {filename}")
        kind = preferred(accept, _OFFERS)
        return conditional(request, found, kind, None, caching=_FOR_EVER)


def _is_of(file: File, name: str, version: str) -> bool:
    try:
        return parse_project_name(name) == file.project and Version(version) == Version(
            file.version
        )
    except (InvalidName, InvalidVersion):
        return False


def _no(status: int, message: str) -> Response:
    body = json.dumps({"message": message})
    headers = {"vary": "Accept", "cache-control": "no-cache"}
    return Response(body, status, media_type="application/json", headers=headers)

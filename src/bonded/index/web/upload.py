"""`/legacy/`: the upload protocol that every client speaks."""

import base64
import binascii
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.dists.metadata import read_form
from bonded.index.checks.case import Submission
from bonded.index.library import Library
from bonded.index.model import Refusal
from bonded.index.ports import Spool
from bonded.index.settings import Settings
from bonded.index.web.errors import answer
from bonded.index.web.multipart import BadForm, FormReader
from bonded.minting.upload_token import hash_token, is_token

__all__ = ["Uploads", "presented_token"]

_GONE = frozenset({"submit", "submit_pkg_info", "doc_upload"})
_INFORMATION = """This address takes uploads.

Publish with `uv publish --publish-url ADDRESS` or `twine upload --repository-url ADDRESS`.
"""


class Uploads:
    """The upload protocol over a library."""

    def __init__(self, library: Library, settings: Settings, clock: Callable[[], float]) -> None:
        self._library = library
        self._settings = settings
        self._clock = clock

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/legacy/", _information, methods=["GET"]),
            Route("/legacy/", self.upload, methods=["POST"]),
            Route("/legacy", _moved, methods=["GET", "POST"]),
        )

    async def upload(self, request: Request) -> Response:
        """Take one file in."""
        spool = self._library.spool()
        try:
            form = await self._read(request, spool)
            if isinstance(form, Refusal):
                await run_in_threadpool(self._library.refuse, form, filename="", now=self._clock())
                return answer(request, form.status, form.message)
            return await self._judged(request, form, spool)
        finally:
            spool.discard()

    async def _read(self, request: Request, spool: Spool) -> FormReader | Refusal:
        """Return the form, its file in the spool, or why it cannot be read."""
        try:
            form = FormReader(
                request.headers.get("content-type", ""),
                spool,
                form_size=self._settings.form_size,
                file_size=self._settings.file_size,
            )
            async for chunk in request.stream():
                form.feed(chunk)
            form.finish()
        except BadForm as error:
            return Refusal(check="form_is_readable", status=400, message=str(error))
        except ClientDisconnect:
            message = "Invalid form: the client went away"
            return Refusal(check="form_is_readable", status=400, message=message)
        return _action_refusal(request, form) or form

    async def _judged(self, request: Request, form: FormReader, spool: Spool) -> Response:
        """Give the upload to the library, away from the event loop: archives take time."""
        submission = Submission(
            pairs=form.pairs,
            filename=form.filename,
            content_type=form.content_type,
            size=spool.size,
            digests=spool.digests(),
            strays=tuple(form.strays),
            metadata=read_form(form.pairs),
        )
        token = presented_token(request.headers.get("authorization", ""))
        outcome = await run_in_threadpool(
            self._library.accept,
            submission,
            spool,
            token_hash=hash_token(token) if token else "",
            now=self._clock(),
        )
        if isinstance(outcome, Refusal):
            return answer(request, outcome.status, outcome.message)
        return Response(status_code=200)


def presented_token(authorization: str) -> str:
    """Return the upload token in an Authorization header, or the empty text where there is none.

    Clients send `Basic` with the user name `__token__`; `Bearer` and `token` are taken too, as by PyPI.
    """
    scheme, _, value = authorization.strip().partition(" ")
    token = value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return ""
        token = password.strip() if user == "__token__" else ""
    elif scheme.lower() not in {"bearer", "token"}:
        return ""
    return token if is_token(token) else ""


def _action_refusal(request: Request, form: FormReader) -> Refusal | None:
    fields = dict(form.pairs)
    action = request.query_params.get(":action", fields.get(":action", ""))
    if action == "file_upload":
        return None
    status = 410 if action in _GONE else 400
    return Refusal(
        check="action_is_file_upload",
        status=status,
        message=f"This index takes uploads only: expected the :action 'file_upload', got {action!r}.",
    )


async def _information(_request: Request) -> Response:
    return Response(_INFORMATION, media_type="text/plain")


async def _moved(_request: Request) -> Response:
    """Add the slash; clients that follow must send the same again."""
    return RedirectResponse("/legacy/", 308)

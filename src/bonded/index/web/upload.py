"""`/legacy/`: the upload protocol that every client speaks.

The body is read once, and goes on as it comes: the fields into memory, the file into a spool, which hashes and writes
it away from the event loop, a block at a time.

Whoever brings no token that lives is refused in the end, but not before the body was read, since clients listen only
then. So of a stranger's body nothing is kept or looked at on the way: it would cost memory, a disk and a processor much
more than it costs the stranger. Who it is, is asked before the first byte is read.

Those with a token share a budget of memory for their fields. Whoever comes when it is spent is read to the end, too,
and told to come again.
"""

from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.index.checks.case import AlreadyThere
from bonded.index.library import Accepted, Bearer, Library
from bonded.index.model import Refusal
from bonded.index.ports import Spool
from bonded.index.settings import Settings
from bonded.index.web.credentials import token_of_headers
from bonded.index.web.errors import answer, come_again
from bonded.index.web.form_budget import Budget, Share
from bonded.index.web.multipart import BadForm, FormReader
from bonded.minting.upload_token import hash_token

__all__ = ["Uploads"]

_MAX_SHOWN = 200
"""Characters that are repeated of a text that may be as long as a form."""

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
        self._budget = Budget(settings.forms_size)

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/legacy/", _information, methods=["GET"]),
            Route("/legacy/", self.upload, methods=["POST"]),
            # Whoever leaves the last slash out is not sent on: uv does not follow with a file in its hand.
            Route("/legacy", self.upload, methods=["POST"]),
            Route("/legacy", _moved, methods=["GET"]),
        )

    async def upload(self, request: Request) -> Response:
        """Take one file in."""
        bearer = await self._bearer(token_of_headers(request.headers.raw))
        if bearer.room:
            _vouch(request)
        share = self._budget.share()
        try:
            return await self._taken(request, share, bearer)
        finally:
            share.give_back()

    async def _taken(self, request: Request, share: Share, bearer: Bearer) -> Response:
        spool = self._library.spool()
        try:
            form = await self._read(request, spool, share, bearer)
        except BaseException:
            spool.discard()
            raise
        if isinstance(form, FormReader) and form.is_crowded:
            spool.discard()
            return _crowded(request)
        outcome = await run_in_threadpool(self._judged, form, spool, bearer)
        if isinstance(outcome, Refusal):
            return answer(request, outcome.status, outcome.message)
        return Response(status_code=200)

    async def _read(
        self, request: Request, spool: Spool, share: Share, bearer: Bearer
    ) -> FormReader | Refusal:
        """Return the form, its file in the spool as far as it is worth keeping, or why it cannot be read."""
        try:
            form = FormReader(
                request.headers.get("content-type", ""),
                spool,
                form_size=self._settings.form_size,
                file_size=bearer.room,
                is_kept=bearer.uploads,
                share=share,
            )
            try:
                async for chunk in request.stream():
                    form.feed(chunk)
                    if spool.is_behind:
                        await run_in_threadpool(spool.catch_up)
                form.finish()
            finally:
                form.close()
        except BadForm as error:
            return Refusal(check="form_is_readable", status=400, message=str(error))
        except ClientDisconnect:
            return _gone(request)
        return form if form.is_crowded else _action_refusal(request, form) or form

    async def _bearer(self, token: str | None) -> Bearer:
        if not token:
            return Bearer()
        token_hash = hash_token(token)
        now = self._clock()
        if self._library.is_near:
            return self._library.bearer(token_hash, now)
        return await run_in_threadpool(self._library.bearer, token_hash, now)

    def _judged(
        self, form: FormReader | Refusal, spool: Spool, bearer: Bearer
    ) -> Accepted | AlreadyThere | Refusal:
        """Give the upload to the library; away from the event loop, because metadata and archives take time."""
        try:
            if isinstance(form, Refusal):
                now, is_stranger = self._clock(), not bearer.uploads
                self._library.refuse(form, filename="", now=now, is_stranger=is_stranger)
                return form
            return self._library.accept(form, spool, bearer=bearer, now=self._clock())
        finally:
            spool.discard()


def _action_refusal(request: Request, form: FormReader) -> Refusal | None:
    fields = dict(form.pairs)
    action = request.query_params.get(":action", fields.get(":action", ""))
    if action == "file_upload":
        return None
    status = 410 if action in _GONE else 400
    return Refusal(
        check="action_is_file_upload",
        status=status,
        message=f"This index takes uploads only: expected the :action 'file_upload', got {action[:_MAX_SHOWN]!r}.",
    )


def _vouch(request: Request) -> None:
    """Tell the server, if it asks, that the body is of somebody who is known, and may take its time."""
    extension = request.scope.get("extensions", {}).get("bonded.vouch")
    if extension is not None:
        extension["call"]()


def _gone(request: Request) -> Refusal:
    """Return why a form has no end: whoever reads the log must see whether the server cut it off.

    The status is for the log too, for nobody is there any more who would hear it.
    """
    extension = request.scope.get("extensions", {}).get("bonded.cut")
    setting = extension["why"]() if extension is not None else ""
    if not setting:
        message = "Invalid form: the client went away"
        return Refusal(check="form_is_readable", status=400, message=message)
    message = (
        f"Invalid form: it did not come in time, and the server cut it off ([listen] {setting})"
    )
    return Refusal(check="form_is_readable", status=408, message=message)


def _crowded(request: Request) -> Response:
    return come_again(request, "The index takes in too many uploads at the moment; try again.")


async def _information(_request: Request) -> Response:
    return Response(_INFORMATION, media_type="text/plain")


async def _moved(_request: Request) -> Response:
    """Add the slash."""
    return RedirectResponse("/legacy/", 308)

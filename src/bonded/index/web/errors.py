"""The only table from what went wrong to what a client reads.

People read the sentence, clients the status and a few words in it: twine looks for "already exist" in the body, uv
reads `code` where it may have JSON. So the sentence stands in both.
"""

import http
import json
import logging
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bonded.errors import RemoteError
from bonded.index.errands import Busy
from bonded.index.pages.markup import error_html
from bonded.index.policies import HeldBack
from bonded.index.web.accept import preferred, wants_problem
from bonded.index.web.guards import GUARDS, is_browser
from bonded.index.web.problem import problem

__all__ = ["HANDLERS", "answer", "come_again", "unavailable"]

_RETRY_SECONDS = "5"

_log = logging.getLogger("bonded.index")


def answer(request: Request, status: int, message: str) -> Response:
    """Return an answer that says no, or something in passing, as the client reads it: text, JSON, RFC 9457, a page."""
    accept = request.headers.get("accept", "")
    if wants_problem(accept):
        return problem(status, message, more={"message": message})
    title = http.HTTPStatus(status).phrase
    page = _page(request, status, title, message)
    if page is not None:
        return page
    offers = ("text/plain", "application/json")
    if preferred(accept, offers) == "application/json":
        body = {"code": f"{status} {message}", "message": message, "title": title}
        return Response(json.dumps(body), status, media_type="application/json")
    return Response(f"{status} {title}\n\n{message}\n", status, media_type="text/plain")


def _page(request: Request, status: int, title: str, message: str) -> Response | None:
    """Return the answer as a page, where somebody reads it in a browser and may see what pages are made of."""
    app = request.scope.get("app")
    site = getattr(app.state, "site", None) if app is not None else None
    if site is None or not is_browser(request):
        return None
    page = error_html(site, status, title, message)
    response = Response(page, status, media_type="text/html")
    response.raw_headers += GUARDS
    return response


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = answer(request, error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


def _remote(request: Request, error: Exception) -> Response:
    assert isinstance(error, RemoteError)
    return answer(request, 502, error.message)


def _busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, Busy)
    return come_again(request, error.message)


def _held_back(request: Request, error: Exception) -> Response:
    assert isinstance(error, HeldBack)
    return answer(request, 403, error.message)


def come_again(request: Request, message: str) -> Response:
    """Return an answer that says no for now: 503, and after how long to try again."""
    response = answer(request, 503, message)
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def unavailable(request: Request, error: Exception) -> Response:
    """Answer for a database or a disk that cannot do its work now; the request may be made again."""
    path = quote(request.url.path)
    _log.error("the index's book or files could not serve %s %s: %s", request.method, path, error)
    return come_again(
        request,
        f"the index cannot reach its records or files at the moment; try again{_named(request)}",
    )


def _unexpected(request: Request, error: Exception) -> Response:
    path = quote(request.url.path)  # a stranger's: it may hold what a terminal obeys
    _log.error("bonded failed to answer %s %s", request.method, path, exc_info=error)
    return answer(
        request, 500, f"bonded has a bug; the log of the index says where{_named(request)}"
    )


def _named(request: Request) -> str:
    """Return by which name the request is found in the log, if it has one."""
    name = request.scope.get("request_id")
    return f" (request {name})" if name else ""


HANDLERS = {
    HTTPException: _http,
    Busy: _busy,
    HeldBack: _held_back,
    RemoteError: _remote,
    Exception: _unexpected,
}

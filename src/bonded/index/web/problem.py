"""RFC 9457: an answer that says no, as an object that programs can read."""

import http
import json
from collections.abc import Mapping

from starlette.responses import Response

from bonded.index.web.accept import PROBLEM

__all__ = ["problem"]


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """Return a problem of this status; `detail` is the sentence for people, `more` are further members."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **(more or {}),
    }
    return Response(json.dumps(body), status, headers=dict(headers or {}), media_type=PROBLEM)

"""RFC 9457: an answer that says no, as an object that programs can read."""

import http
from collections.abc import Mapping

from starlette.responses import Response

from bonded.index.web.accept import PROBLEM
from bonded.index.web.bodies import json_answer

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
    return json_answer(body, status, headers=headers, media_type=PROBLEM)

"""What every address of owners does: look who asks, before anything else, and turn what cannot be into a problem.

Strangers learn nothing, not even whether a thing exists.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bonded.dists.names import InvalidName
from bonded.errors import BondedError
from bonded.index.administration import Administration, NotFound, Unacceptable
from bonded.index.model import Scope
from bonded.index.trust import UntrustedIssuer
from bonded.index.web.bodies import json_answer, read_body, read_object
from bonded.index.web.problem import problem
from bonded.publishers import InvalidPublisher

__all__ = ["Answer", "answered", "body_of", "dry_run", "guarded", "numbers"]

Answer = Callable[[Request, str], Awaitable[Response]]
"""What answers a request of an owner, whose token has this name."""

# The first that fits counts. What is left is refused because of what is there already.
_STATUS: tuple[tuple[type[BondedError], int], ...] = (
    (NotFound, 404),
    (InvalidPublisher, 422),
    (UntrustedIssuer, 422),
    (InvalidName, 422),
    (Unacceptable, 422),
    (BondedError, 409),
)
_DIGITS = 10
"""Numbers of fewer digits fit in every database."""

_FLAGS = {"": False, "false": False, "true": True}
_NO_STORE = {"cache-control": "no-store"}


def guarded(
    administration: Administration, answer: Answer, query: Collection[str]
) -> Callable[[Request], Awaitable[Response]]:
    """Let only admin tokens through, and only the parameters that the address knows; turn errors into problems."""

    async def asked(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return _unknown("This address takes an admin token: Authorization: Bearer TOKEN.")
        bearer = await run_in_threadpool(administration.bearer, token.strip())
        if bearer is None:
            return _unknown("The admin token is not one of this index, or has ended.")
        if bearer.scope is not Scope.ADMIN:
            return problem(403, f"The token {bearer.name!r} is not an admin token.")
        if strange := sorted(set(request.query_params) - set(query)):
            known = ", ".join(query) or "none"
            return problem(422, f"unknown parameter {strange[0]!r}; known: {known}")
        try:
            return await answer(request, bearer.name)
        except BondedError as error:
            return _refused(error)
        except RecursionError:
            return problem(422, "the body is nested too deeply")

    return asked


def answered(body: object, status: int = 200) -> Response:
    """Return an answer, which nobody keeps."""
    return json_answer(body, status, headers=_NO_STORE)


async def body_of(request: Request, known: Collection[str]) -> dict[str, Any]:
    """Return the JSON object in the body, an empty one for no body; raises Unacceptable for others.

    A member that the address does not know is refused: one that is misspelt would silently not count.
    """
    body = await read_body(request)
    document = read_object(body) if body.strip() else {}
    if document is None:
        raise Unacceptable("the body must be a JSON object")
    if strange := sorted(document.keys() - set(known)):
        raise Unacceptable(f"unknown member {strange[0]!r}; known: {', '.join(known)}")
    return document


def numbers(request: Request, *names: str) -> dict[str, int]:
    """Return the parameters that are numbers, those that are given; raises Unacceptable for what is none."""
    found: dict[str, int] = {}
    for name in names:
        text = request.query_params.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
            raise Unacceptable(f"{name!r} is a number, got {text!r}")
        if text:
            found[name] = int(text)
    return found


def dry_run(request: Request) -> bool:
    """Tell whether a request only asks what would be done; raises Unacceptable for what is neither yes nor no."""
    flag = request.query_params.get("dry_run", "")
    if flag not in _FLAGS:
        raise Unacceptable(f"'dry_run' is true or false, got {flag!r}")
    return _FLAGS[flag]


def _refused(error: BondedError) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    more: dict[str, object] = {"hint": error.hint} if error.hint else {}
    if isinstance(error, InvalidPublisher):
        more["errors"] = [{"field": one.field, "message": one.message} for one in error.faults]
    return problem(status, error.message, headers=_NO_STORE, more=more)


def _unknown(detail: str) -> Response:
    return problem(401, detail, headers={"www-authenticate": "Bearer", **_NO_STORE})

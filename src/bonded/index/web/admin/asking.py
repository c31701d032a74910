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
from bonded.index.byte_sizes import size_told
from bonded.index.model import ApiToken, Scope
from bonded.index.trust import UntrustedIssuer
from bonded.index.web.bodies import MAX_BODY, json_answer, read_body
from bonded.index.web.problem import problem
from bonded.oidc import strict_json
from bonded.publishers import InvalidPublisher

__all__ = ["Answer", "answered", "body_of", "dry_run", "guarded", "numbers", "object_of"]

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
_DIGITS = 9
"""Numbers of so many digits fit in every database."""

_SHOWN = 40
"""Characters that are repeated of what is no number."""

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
            return problem(403, _of_another_scope(bearer))
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
    document = await object_of(request)
    if strange := sorted(document.keys() - set(known)):
        raise Unacceptable(f"unknown member {strange[0]!r}; known: {', '.join(known)}")
    return document


async def object_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, an empty one for no body; raises Unacceptable that says what is wrong."""
    body = await read_body(request)
    if len(body) > MAX_BODY:
        raise Unacceptable(f"the body is larger than {size_told(MAX_BODY)}")
    try:
        return strict_json.read_object(body) if body.strip() else {}
    except ValueError as error:
        raise Unacceptable(f"the body is {error}") from None


def numbers(request: Request, *names: str) -> dict[str, int]:
    """Return the parameters that are numbers, those that are given; raises Unacceptable for what is none."""
    found: dict[str, int] = {}
    for name in names:
        text = request.query_params.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            got = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            raise Unacceptable(f"{name!r} is a number from 0 to {10**_DIGITS - 1}, got {got!r}")
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


def _of_another_scope(bearer: ApiToken) -> str:
    has, needed = bearer.scope.value, Scope.ADMIN.value
    return (
        f"The token {bearer.name!r} has the scope {has!r}; this takes one of the scope {needed!r}."
    )


def _unknown(detail: str) -> Response:
    return problem(401, detail, headers={"www-authenticate": "Bearer", **_NO_STORE})

"""`/-/api/`: an index in its owner's hands, as JSON. Every request carries an admin token; every refusal is a problem.

Who asks is looked at before anything else, so strangers learn nothing, not even whether a thing exists.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bonded.dists.names import InvalidName
from bonded.errors import BondedError
from bonded.index.administration import ADMIN, Administration, NewPublisher, NotFound
from bonded.index.trust import UntrustedIssuer
from bonded.index.web.bodies import json_answer, read_body, read_object
from bonded.index.web.problem import problem
from bonded.publishers import InvalidPublisher

__all__ = ["Admin"]

Asked = Callable[[Request, str], Awaitable[Response]]

# The first that fits counts. What is left is refused because of what is there already.
_STATUS: tuple[tuple[type[BondedError], int], ...] = (
    (NotFound, 404),
    (InvalidPublisher, 422),
    (UntrustedIssuer, 422),
    (InvalidName, 422),
    (BondedError, 409),
)
_DIGITS = 10
"""Numbers of fewer digits fit in every database."""

_NO_STORE = {"cache-control": "no-store"}


class Admin:
    """The addresses of an owner's program."""

    def __init__(self, administration: Administration) -> None:
        self._index = administration

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        table: tuple[tuple[str, str, Asked], ...] = (
            ("GET", "/publishers", self.publishers),
            ("POST", "/publishers", self.add),
            ("POST", "/publishers/test", self.test),
            ("DELETE", "/publishers/{id}", self.remove),
            ("POST", "/publishers/{id}/enable", self.enable),
            ("GET", "/pending-publishers", self.pending),
            ("POST", "/pending-publishers", self.add_pending),
            ("DELETE", "/pending-publishers/{id}", self.remove_pending),
            ("GET", "/exchanges", self.exchanges),
        )
        return [
            Route(f"/-/api{path}", self._guarded(answer), methods=[method])
            for method, path, answer in table
        ]

    async def publishers(self, request: Request, _by: str) -> Response:
        """List publishers, or those of `?project=`."""
        project = request.query_params.get("project", "")
        return _json({"publishers": await run_in_threadpool(self._index.publishers, project)})

    async def add(self, request: Request, by: str) -> Response:
        """Register a publisher for a project that exists."""
        return await self._add(request, by, pending=False)

    async def add_pending(self, request: Request, by: str) -> Response:
        """Register a publisher that begins a project."""
        return await self._add(request, by, pending=True)

    async def remove(self, request: Request, by: str) -> Response:
        """Take `?project=`, or all projects, from a publisher."""
        project = request.query_params.get("project", "")
        id_ = request.path_params["id"]
        taken = await run_in_threadpool(lambda: self._index.remove(id_, project, by=by))
        return _json({"removed": taken})

    async def enable(self, request: Request, by: str) -> Response:
        """Let a disabled publisher publish again."""
        id_ = request.path_params["id"]
        return _json(await run_in_threadpool(lambda: self._index.enable(id_, by=by)))

    async def pending(self, _request: Request, _by: str) -> Response:
        """List pending publishers."""
        return _json({"pending": await run_in_threadpool(self._index.pending)})

    async def remove_pending(self, request: Request, by: str) -> Response:
        """Forget a pending publisher."""
        id_ = request.path_params["id"]
        await run_in_threadpool(lambda: self._index.remove_pending(id_, by=by))
        return _json({"removed": id_})

    async def exchanges(self, request: Request, _by: str) -> Response:
        """List the last answers of the mint, of `?project=` or all, at most `?limit=`, older than the id `?before=`."""
        query = request.query_params
        numbers: dict[str, int] = {}
        for name in ("limit", "before"):
            text = query.get(name, "")
            if text and not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
                return problem(422, f"{name!r} is a number, got {text!r}")
            if text:
                numbers[name] = int(text)
        project = query.get("project", "")
        found = await run_in_threadpool(lambda: self._index.exchanges(project, **numbers))
        return _json({"exchanges": found})

    async def test(self, request: Request, _by: str) -> Response:
        """Say what would happen to a token, or to claims."""
        document = read_object(await read_body(request)) or {}
        token, claims = document.get("token"), document.get("claims")
        if isinstance(token, str) and claims is None:
            return _json(await run_in_threadpool(self._index.try_token, token))
        if isinstance(claims, dict) and token is None:
            return _json(await run_in_threadpool(self._index.try_claims, claims))
        return problem(
            422,
            'the body must be a JSON object with either "token", a text, or "claims", an object',
        )

    async def _add(self, request: Request, by: str, *, pending: bool) -> Response:
        new = _read_new(read_object(await read_body(request)), pending=pending)
        if new is None:
            return problem(
                422,
                'the body must be a JSON object with "project" and "kind", texts, and "fields", an object',
            )
        added = await run_in_threadpool(lambda: self._index.add(new, by=by))
        return _json(added, 200 if new.dry_run else 201)

    def _guarded(self, answer: Asked) -> Callable[[Request], Awaitable[Response]]:
        """Let only admin tokens through, and turn errors into problems."""

        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return _unknown("This address takes an admin token: Authorization: Bearer TOKEN.")
            bearer = await run_in_threadpool(self._index.bearer, token.strip())
            if bearer is None:
                return _unknown("The admin token is not one of this index, or has ended.")
            if bearer.scope != ADMIN:
                return problem(403, f"The token {bearer.name!r} is not an admin token.")
            try:
                return await answer(request, bearer.name)
            except BondedError as error:
                return _refused(error)
            except RecursionError:
                return problem(422, "the body is nested too deeply")

        return guarded


def _read_new(document: dict[str, Any] | None, *, pending: bool) -> NewPublisher | None:
    match document or {}:
        case {"project": str(project), "kind": str(kind), "fields": dict(fields), **more}:
            return NewPublisher(
                project=project,
                kind=kind,
                fields=fields,
                pending=pending,
                dry_run=more.get("dry_run") is True,
            )
    return None


def _refused(error: BondedError) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    more: dict[str, object] = {"hint": error.hint} if error.hint else {}
    if isinstance(error, InvalidPublisher):
        more["errors"] = [{"field": one.field, "message": one.message} for one in error.faults]
    return problem(status, error.message, headers=_NO_STORE, more=more)


def _unknown(detail: str) -> Response:
    return problem(401, detail, headers={"www-authenticate": "Bearer", **_NO_STORE})


def _json(body: object, status: int = 200) -> Response:
    return json_answer(body, status, headers=_NO_STORE)

"""`/-/api/publishers`, `/-/api/pending-publishers` and `/-/api/exchanges`: who may publish, and what the mint said."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bonded.index.administration import Administration, NewPublisher
from bonded.index.web.admin.asking import answered, numbers, object_of
from bonded.index.web.problem import problem

__all__ = ["PublisherAddresses"]


class PublisherAddresses:
    """What owners ask about publishers."""

    def __init__(self, administration: Administration) -> None:
        self._publishers = administration.publishers

    async def listed(self, request: Request, by: str) -> Response:
        """List publishers, or those of `?project=`."""
        project = request.query_params.get("project", "")
        return answered(
            {"publishers": await run_in_threadpool(self._publishers(by).registered, project)}
        )

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
        taken = await run_in_threadpool(lambda: self._publishers(by).remove(id_, project))
        return answered({"removed": taken})

    async def enable(self, request: Request, by: str) -> Response:
        """Let a disabled publisher publish again."""
        id_ = request.path_params["id"]
        return answered(await run_in_threadpool(lambda: self._publishers(by).enable(id_)))

    async def pending(self, _request: Request, by: str) -> Response:
        """List pending publishers."""
        return answered({"pending": await run_in_threadpool(self._publishers(by).pending)})

    async def remove_pending(self, request: Request, by: str) -> Response:
        """Forget a pending publisher."""
        id_ = request.path_params["id"]
        await run_in_threadpool(lambda: self._publishers(by).remove_pending(id_))
        return answered({"removed": id_})

    async def exchanges(self, request: Request, by: str) -> Response:
        """List the last answers of the mint, of `?project=` or all, at most `?limit=`, older than the id `?before=`."""
        asked = numbers(request, "limit", "before")
        project = request.query_params.get("project", "")
        desk = self._publishers(by)
        found = await run_in_threadpool(lambda: desk.exchanges(project, **asked))
        return answered({"exchanges": found})

    async def test(self, request: Request, by: str) -> Response:
        """Say what would happen to a token, or to claims."""
        document = await object_of(request)
        token, claims = document.get("token"), document.get("claims")
        if isinstance(token, str) and claims is None:
            return answered(await run_in_threadpool(self._publishers(by).try_token, token))
        if isinstance(claims, dict) and token is None:
            return answered(await run_in_threadpool(self._publishers(by).try_claims, claims))
        return problem(
            422,
            'the body must be a JSON object with either "token", a text, or "claims", an object',
        )

    async def _add(self, request: Request, by: str, *, pending: bool) -> Response:
        new = _read_new(await object_of(request), pending=pending)
        if new is None:
            return problem(
                422,
                'the body must be a JSON object with "project" and "kind", texts, and "fields", an object',
            )
        added = await run_in_threadpool(lambda: self._publishers(by).add(new))
        return answered(added, 200 if new.dry_run else 201)


def _read_new(document: dict[str, Any], *, pending: bool) -> NewPublisher | None:
    match document:
        case {"project": str(project), "kind": str(kind), "fields": dict(fields), **more}:
            return NewPublisher(
                project=project,
                kind=kind,
                fields=fields,
                pending=pending,
                dry_run=more.get("dry_run") is True,
            )
    return None

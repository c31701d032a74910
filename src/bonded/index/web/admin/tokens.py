"""`/-/api/tokens`: API tokens."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bonded.index.administration import Administration, NewToken, Unacceptable
from bonded.index.administration.tokens import DEFAULT_DAYS
from bonded.index.web.admin.asking import answered, body_of, dry_run

__all__ = ["TokenAddresses"]

_MEMBERS = ("name", "scope", "projects", "days", "create", "dry_run")


class TokenAddresses:
    """What owners ask about API tokens."""

    def __init__(self, administration: Administration) -> None:
        self._tokens = administration.tokens

    async def listed(self, _request: Request, by: str) -> Response:
        """List tokens, never their secrets."""
        return answered({"tokens": await run_in_threadpool(self._tokens(by).listed)})

    async def add(self, request: Request, by: str) -> Response:
        """Make a token; its secret is in this answer and nowhere else."""
        new = _read(await body_of(request, _MEMBERS))
        made = await run_in_threadpool(self._tokens(by).add, new)
        return answered(made, 200 if new.dry_run else 201)

    async def revoke(self, request: Request, by: str) -> Response:
        """End a token; with `?dry_run=true`, only see whether there is one."""
        name, desk, is_dry = request.path_params["name"], self._tokens(by), dry_run(request)
        return answered(await run_in_threadpool(lambda: desk.revoke(name, dry_run=is_dry)))


def _read(document: dict[str, Any]) -> NewToken:
    days = document.get("days", DEFAULT_DAYS)
    match {"projects": [], "create": False, "dry_run": False, **document}:
        case {
            "name": str(name),
            "scope": str(scope),
            "projects": list(projects),
            "create": bool(create),
            "dry_run": bool(dry_run),
        } if _is_number(days) and all(isinstance(one, str) for one in projects):
            return NewToken(
                name=name,
                scope=scope,
                projects=projects,
                days=days,
                create=create,
                dry_run=dry_run,
            )
    raise Unacceptable(
        'the body must be a JSON object with "name" and "scope", texts, and where they are needed "projects", a list '
        'of texts, "days", a number, "create" and "dry_run", true or false'
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""`/-/api/events`: what was done, and by whom."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bonded.index.administration import Administration
from bonded.index.web.admin.asking import answered, numbers

__all__ = ["EventAddresses"]


class EventAddresses:
    """What owners ask about the past."""

    def __init__(self, administration: Administration) -> None:
        self._events = administration.events

    async def listed(self, request: Request, _by: str) -> Response:
        """List what was done to `?subject=`, or to all, at most `?limit=`, older than the id `?before=`."""
        asked = numbers(request, "limit", "before")
        subject = request.query_params.get("subject", "")
        found = await run_in_threadpool(lambda: self._events(subject, **asked))
        return answered({"events": found})

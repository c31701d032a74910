"""The only list of the owners' addresses: method, path, the parameters that it knows, and what answers."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from bonded.index.administration import Administration
from bonded.index.web.admin.asking import Answer, guarded
from bonded.index.web.admin.events import EventAddresses
from bonded.index.web.admin.projects import ProjectAddresses
from bonded.index.web.admin.publishers import PublisherAddresses
from bonded.index.web.admin.tokens import TokenAddresses

__all__ = ["PREFIX", "Admin"]

PREFIX = "/-/api"

_Row = tuple[str, str, Answer, tuple[str, ...]]


class Admin:
    """The addresses of an owner's program."""

    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return [
            Route(PREFIX + path, guarded(self._administration, answer, query), methods=[method])
            for method, path, answer, query in self._table()
        ]

    def _table(self) -> Sequence[_Row]:
        publishers = PublisherAddresses(self._administration)
        projects = ProjectAddresses(self._administration)
        tokens = TokenAddresses(self._administration)
        events = EventAddresses(self._administration)
        return (
            ("GET", "/publishers", publishers.listed, ("project",)),
            ("POST", "/publishers", publishers.add, ()),
            ("POST", "/publishers/test", publishers.test, ()),
            ("DELETE", "/publishers/{id}", publishers.remove, ("project",)),
            ("POST", "/publishers/{id}/enable", publishers.enable, ()),
            ("GET", "/pending-publishers", publishers.pending, ()),
            ("POST", "/pending-publishers", publishers.add_pending, ()),
            ("DELETE", "/pending-publishers/{id}", publishers.remove_pending, ()),
            ("GET", "/exchanges", publishers.exchanges, ("project", "limit", "before")),
            ("GET", "/projects", projects.listed, ("after", "limit")),
            ("GET", "/projects/{name}", projects.shown, ()),
            ("DELETE", "/projects/{name}", projects.delete, ("dry_run",)),
            ("DELETE", "/projects/{name}/versions/{version}", projects.delete, ("dry_run",)),
            ("DELETE", "/projects/{name}/files/{filename}", projects.delete, ("dry_run",)),
            ("POST", "/projects/{name}/yank", projects.yank, ()),
            ("POST", "/projects/{name}/unyank", projects.unyank, ()),
            ("POST", "/projects/{name}/status", projects.set_status, ()),
            ("POST", "/projects/{name}/limits", projects.set_limits, ()),
            ("GET", "/events", events.listed, ("subject", "limit", "before")),
            ("GET", "/tokens", tokens.listed, ()),
            ("POST", "/tokens", tokens.add, ()),
            ("DELETE", "/tokens/{name}", tokens.revoke, ("dry_run",)),
        )

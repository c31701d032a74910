"""Publishers, and what the mint said to them: what owners may do and see."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import BondedError
from bonded.index.administration.errors import AlreadyThere, NotFound
from bonded.index.administration.registry import Registry
from bonded.index.model import PendingPublisher
from bonded.index.ports import Reading
from bonded.index.trial import Trial
from bonded.index.trust import check_issuer
from bonded.minting.policy import Policy
from bonded.minting.ports import Keys, Registered
from bonded.publishers import FieldFault, InvalidPublisher, Publisher, from_fields

__all__ = ["NewPublisher", "Publishers"]

MAX_EXCHANGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPublisher:
    """What is asked for: a publisher of a kind with these stored fields, for a project."""

    project: str
    kind: str
    fields: Mapping[str, object]
    pending: bool = False
    dry_run: bool = False


class Publishers:
    """The publishers of an index in the hands of `by`. May be used from many threads."""

    def __init__(
        self,
        *,
        policy: Policy,
        keys: Keys,
        registry: Registry,
        reading: Callable[[], AbstractContextManager[Reading]],
        clock: Callable[[], float],
        max_pending: int,
        by: str,
    ) -> None:
        self._max_pending = max_pending
        self._keys = keys
        self._registry = registry
        self._reading = reading
        self._clock = clock
        self._by = by
        self._trial = Trial(policy=policy, keys=keys, publishers=registry, issuers=self._issuers)

    def registered(self, project: str = "") -> list[dict[str, object]]:
        """Return every publisher, or those of one project."""
        wanted = parse_project_name(project) if project else None
        return [
            _registered(one)
            for one in self._registry.registrations()
            if wanted is None or wanted in one.projects
        ]

    def add(self, new: NewPublisher) -> dict[str, object]:
        """Register a publisher and return it; with `dry_run`, only see whether it could be.

        Raises InvalidPublisher with every fault, the project's name among them; UntrustedIssuer; NotFound for a project
        that does not exist, unless it is pending.
        """
        publisher, project = _made(new)
        check_issuer(publisher, self._keys.issuer(publisher.issuer))
        exists = self._exists(project)
        if not new.pending and not exists:
            raise NotFound(
                f"there is no project {project!r} on this index",
                hint="add the publisher as a pending one: its first upload makes the project",
            )
        if new.pending and exists:
            raise AlreadyThere(
                f"the project {project!r} exists already, so no publisher can begin it",
                hint="add the publisher to the project itself, not as a pending one",
            )
        if new.dry_run:
            return {**_publisher(publisher), "project": project, "pending": new.pending}
        now = self._clock()
        if new.pending:
            pending_id = self._registry.add_pending(
                publisher, project, now, by=self._by, limit=self._max_pending
            )
            return self._waits(pending_id)
        return self._found(self._registry.register(publisher, project, now, by=self._by))

    def remove(self, publisher_id: str, project: str = "") -> list[str]:
        """Take one project, or all, from a publisher; its living tokens lose them at once. Returns the projects."""
        have = self._one(publisher_id).projects
        taken = (parse_project_name(project),) if project else have
        now = self._clock()
        for name in taken:
            if not self._registry.unregister(publisher_id, name, now, by=self._by):
                raise NotFound(f"the publisher {publisher_id!r} is not one of {name!r}")
        return list(taken)

    def enable(self, publisher_id: str) -> dict[str, object]:
        """Let a disabled publisher publish again; the ids of its next token are kept anew."""
        self._one(publisher_id)
        self._registry.enable(publisher_id, self._clock(), self._by)
        return self._found(publisher_id)

    def pending(self) -> list[dict[str, object]]:
        """Return every pending publisher that has not expired."""
        return [_waiting(one) for one in self._registry.pending(self._clock())]

    def remove_pending(self, pending_id: str) -> None:
        """Forget a pending publisher."""
        known = pending_id.isascii() and pending_id.isprintable()
        if not (known and self._registry.remove_pending(pending_id, self._clock(), self._by)):
            raise NotFound(f"there is no pending publisher {pending_id!r}")

    def exchanges(
        self, project: str = "", limit: int = 20, before: int | None = None
    ) -> list[Mapping[str, Any]]:
        """Return the last answers of the mint in full, the newest first; of one project, or all.

        At most `MAX_EXCHANGES` at once; older ones are those `before` the id of the last.
        """
        name = parse_project_name(project) if project else None
        return list(self._registry.exchanges(min(limit, MAX_EXCHANGES), name, before=before))

    def try_token(self, token: str) -> dict[str, object]:
        """Say what would happen to an ID token; nothing is granted and the token is not used up."""
        return self._trial.token(token, self._clock())

    def try_claims(self, claims: Mapping[str, object]) -> dict[str, object]:
        """Say what would happen to a token with these claims, were it genuine and valid."""
        return self._trial.claims(claims, self._clock())

    def _issuers(self) -> frozenset[str]:
        """Return the issuers of all publishers, pending ones included."""
        own = {one.publisher.issuer for one in self._registry.registrations()}
        waiting = {one.publisher.issuer for one in self._registry.pending(self._clock())}
        return frozenset(own | waiting)

    def _exists(self, project: ProjectName) -> bool:
        with self._reading() as book:
            return book.project(project) is not None

    def _one(self, publisher_id: str) -> Registered:
        for one in self._registry.registrations():
            if one.id == publisher_id:
                return one
        raise NotFound(f"there is no publisher {publisher_id!r}")

    def _waits(self, pending_id: str) -> dict[str, object]:
        for one in self.pending():
            if one["id"] == pending_id:
                return one
        raise NotFound(f"there is no pending publisher {pending_id!r} any more")

    def _found(self, publisher_id: str) -> dict[str, object]:
        return _registered(self._one(publisher_id))


def _made(new: NewPublisher) -> tuple[Publisher, ProjectName]:
    """Make publisher and project name, or raise InvalidPublisher with every fault of both."""
    faults: tuple[FieldFault, ...] = ()
    publisher = project = None
    try:
        project = parse_project_name(new.project)
    except BondedError as error:
        faults = (FieldFault(field="project", message=error.message),)
    try:
        publisher = from_fields(new.kind, new.fields)
    except InvalidPublisher as error:
        faults += error.faults
    if publisher is None or project is None:
        raise InvalidPublisher(faults)
    return publisher, project


def _publisher(publisher: Publisher) -> dict[str, object]:
    return {
        "kind": publisher.kind,
        "title": publisher.title,
        "issuer": publisher.issuer,
        "fields": publisher.to_fields(),
        "links": [{"label": link.label, "url": link.url} for link in publisher.links()],
    }


def _registered(one: Registered) -> dict[str, object]:
    return {
        "id": one.id,
        **_publisher(one.publisher),
        "projects": list(one.projects),
        "pins": dict(one.pins),
        "disabled": one.disabled,
    }


def _waiting(one: PendingPublisher) -> dict[str, object]:
    return {
        "id": one.id,
        **_publisher(one.publisher),
        "project": one.project,
        "expires": int(one.expires),
    }

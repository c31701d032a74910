"""What the owner of an index may do with its publishers, and see: the one place for the web and for the command line.

Answers are plain JSON values, the same on both ways. Whatever is done is written down with the name of who did it. An
error is a BondedError whose sentence is for the owner.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import BondedError
from bonded.index.ports import Reading
from bonded.index.trial import Trial
from bonded.index.trust import check_issuer
from bonded.minting.policy import Policy
from bonded.minting.ports import Keys, Publishers, Registered
from bonded.minting.upload_token import MIN_SECRET, hash_token, make_token
from bonded.publishers import FieldFault, InvalidPublisher, Publisher, from_fields

__all__ = [
    "Administration",
    "AlreadyThere",
    "ApiToken",
    "NewPublisher",
    "NotFound",
    "Registry",
    "Waiting",
]

ADMIN = "admin"
"""The scope of tokens that may do everything that is here."""

TOKEN_LIFETIME = 365 * 86_400.0
"""Seconds that an admin token is valid; no token is for ever."""

MAX_EXCHANGES = 200


class NotFound(BondedError):
    """There is nothing of this name or id."""


class AlreadyThere(BondedError):
    """What was to be begun exists."""


class ApiToken(Protocol):
    """A token of an owner, as the book has it."""

    @property
    def name(self) -> str:
        """What the owner calls it."""
        ...

    @property
    def scope(self) -> str:
        """What it may do."""
        ...

    @property
    def expires(self) -> float | None:
        """When it ends, in Unix seconds; None for one that never does."""
        ...


class Waiting(Protocol):
    """A pending publisher, as the book has it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def publisher(self) -> Publisher:
        """Who may publish."""
        ...

    @property
    def project(self) -> ProjectName:
        """The project that its first upload makes."""
        ...

    @property
    def expires(self) -> float:
        """When it ends, if nothing was uploaded."""
        ...


class Registry(Publishers, Protocol):
    """The part of the book that owners change."""

    def register(
        self, publisher: Publisher, project: ProjectName, at: float, *, by: str = ""
    ) -> str:
        """Let a publisher publish a project; return the publisher's id."""
        ...

    def unregister(
        self, publisher_id: str, project: ProjectName, at: float, *, by: str = ""
    ) -> bool:
        """Take a project from a publisher; return whether it had it."""
        ...

    def registrations(self) -> Sequence[Registered]:
        """Return every publisher with its projects."""
        ...

    def has_issuer(self, issuer: str, *, now: float) -> bool:
        """Whether a publisher of this issuer is registered, or waits."""
        ...

    def enable(self, publisher_id: str, at: float, by: str) -> bool:
        """Let a disabled publisher publish again, and forget the ids that were kept."""
        ...

    def add_pending(
        self, publisher: Publisher, project: ProjectName, at: float, *, by: str, limit: int
    ) -> str:
        """Let a publisher begin a project; return the id, or raise BondedError where that is refused.

        `limit` is how many may wait at once that `by` registered.
        """
        ...

    def pending(self, now: float) -> Sequence[Waiting]:
        """Return every pending publisher that has not expired."""
        ...

    def remove_pending(self, pending_id: str, at: float, by: str) -> bool:
        """Forget a pending publisher; return whether there was one."""
        ...

    def exchanges(
        self, limit: int, project: ProjectName | None = None, *, before: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return the last answers of the mint, the newest first; `before` is the id of one, for those before it."""
        ...

    def add_api_token(
        self,
        token_hash: str,
        name: str,
        scope: str,
        at: float,
        expires: float | None,
        *,
        by: str = "",
    ) -> None:
        """Write a token of an owner down, by its hash only."""
        ...

    def api_token(self, token_hash: str, now: float) -> ApiToken | None:
        """Return the token of this hash, if it lives."""
        ...

    def revoke_api_token(self, name: str, at: float, *, by: str = "") -> bool:
        """End a token; return whether there was one."""
        ...

    def api_tokens(self) -> Sequence[ApiToken]:
        """Return every token that was not revoked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPublisher:
    """What is asked for: a publisher of a kind with these stored fields, for a project."""

    project: str
    kind: str
    fields: Mapping[str, object]
    pending: bool = False
    dry_run: bool = False


class Administration:
    """An index in its owner's hands. May be used from many threads."""

    def __init__(
        self,
        *,
        policy: Policy,
        keys: Keys,
        registry: Registry,
        reading: Callable[[], AbstractContextManager[Reading]],
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
        max_pending: int,
    ) -> None:
        self._max_pending = max_pending
        self._keys = keys
        self._registry = registry
        self._reading = reading
        self._clock = clock
        self._entropy = entropy
        self._trial = Trial(policy=policy, keys=keys, publishers=registry, issuers=self._issuers)

    # Publishers.

    def publishers(self, project: str = "") -> list[dict[str, object]]:
        """Return every publisher, or those of one project."""
        wanted = parse_project_name(project) if project else None
        return [
            _registered(one)
            for one in self._registry.registrations()
            if wanted is None or wanted in one.projects
        ]

    def add(self, new: NewPublisher, *, by: str) -> dict[str, object]:
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
                publisher, project, now, by=by, limit=self._max_pending
            )
            return self._waits(pending_id)
        return self._found(self._registry.register(publisher, project, now, by=by))

    def remove(self, publisher_id: str, project: str = "", *, by: str) -> list[str]:
        """Take one project, or all, from a publisher; its living tokens lose them at once. Returns the projects."""
        have = self._one(publisher_id).projects
        taken = (parse_project_name(project),) if project else have
        now = self._clock()
        for name in taken:
            if not self._registry.unregister(publisher_id, name, now, by=by):
                raise NotFound(f"the publisher {publisher_id!r} is not one of {name!r}")
        return list(taken)

    def enable(self, publisher_id: str, *, by: str) -> dict[str, object]:
        """Let a disabled publisher publish again; the ids of its next token are kept anew."""
        self._one(publisher_id)
        self._registry.enable(publisher_id, self._clock(), by)
        return self._found(publisher_id)

    # Pending publishers.

    def pending(self) -> list[dict[str, object]]:
        """Return every pending publisher that has not expired."""
        return [_waiting(one) for one in self._registry.pending(self._clock())]

    def remove_pending(self, pending_id: str, *, by: str) -> None:
        """Forget a pending publisher."""
        known = pending_id.isascii() and pending_id.isprintable()
        if not (known and self._registry.remove_pending(pending_id, self._clock(), by)):
            raise NotFound(f"there is no pending publisher {pending_id!r}")

    def has_issuer(self, issuer: str) -> bool:
        """Whether any publisher, pending ones included, is of this issuer."""
        return self._registry.has_issuer(issuer, now=self._clock())

    # What the mint said, and what it would say.

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

    # Who may do all this.

    def new_token(self, name: str) -> str:
        """Make an admin token and return it; only its hash is kept. A living one of this name ends."""
        token = make_token(self._entropy(MIN_SECRET))
        now = self._clock()
        by = "whoever starts the index"
        self._registry.revoke_api_token(name, now, by=by)
        ends = now + TOKEN_LIFETIME
        self._registry.add_api_token(hash_token(token), name, ADMIN, now, ends, by=by)
        return token

    def has_token(self) -> bool:
        """Whether any admin token lives."""
        now = self._clock()
        return any(
            one.scope == ADMIN and (one.expires is None or one.expires > now)
            for one in self._registry.api_tokens()
        )

    def bearer(self, token: str) -> ApiToken | None:
        """Return whose token this is, or None. Only hashes are compared, so time tells nothing about tokens."""
        return self._registry.api_token(hash_token(token), self._clock())

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


def _waiting(one: Waiting) -> dict[str, object]:
    return {
        "id": one.id,
        **_publisher(one.publisher),
        "project": one.project,
        "expires": int(one.expires),
    }

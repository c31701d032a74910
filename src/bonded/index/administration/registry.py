"""The part of the book that has publishers, as their owners change it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bonded.dists.names import ProjectName
from bonded.index.model import PendingPublisher
from bonded.minting.ports import Publishers, Registered
from bonded.publishers import Publisher

__all__ = ["Registry"]


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

    def pending(self, now: float) -> Sequence[PendingPublisher]:
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

"""An index in its owners' hands: its desks, and who may come to them."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bonded.index.administration.projects import Projects
from bonded.index.administration.publishers import Publishers
from bonded.index.administration.shelves import Shelves
from bonded.index.administration.tokens import Tokens
from bonded.index.model import ApiToken, Scope
from bonded.minting.upload_token import hash_token

__all__ = ["Administration", "PublishersFor"]

MAX_EVENTS = 1000

_STARTER = "whoever starts the index"


class PublishersFor(Protocol):
    """Makes the desk of publishers for whoever comes to it."""

    def __call__(self, *, by: str) -> Publishers:
        """Return the desk for `by`."""
        ...


class Administration:
    """An index in its owners' hands. May be used from many threads.

    `remove` takes the bytes of a digest out of the store; `limits` are those of the index, by their names in the
    settings.
    """

    def __init__(
        self,
        *,
        shelves: Shelves,
        publishers: PublishersFor,
        remove: Callable[[str], None],
        limits: Mapping[str, int],
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._shelves = shelves
        self._publishers = publishers
        self._remove = remove
        self._limits = limits
        self._clock = clock
        self._entropy = entropy

    def publishers(self, by: str) -> Publishers:
        """Return the desk of publishers for `by`."""
        return self._publishers(by=by)

    def projects(self, by: str) -> Projects:
        """Return the desk of projects for `by`."""
        return Projects(
            shelves=self._shelves,
            remove=self._remove,
            limits=self._limits,
            clock=self._clock,
            by=by,
        )

    def tokens(self, by: str) -> Tokens:
        """Return the desk of tokens for `by`."""
        return Tokens(shelves=self._shelves, clock=self._clock, entropy=self._entropy, by=by)

    def events(
        self, subject: str = "", limit: int = 20, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what was done, the newest first: to one subject (a project, a token), or all; `MAX_EVENTS` at most.

        Older ones are those `before` the id of the last.
        """
        with self._shelves.reading() as book:
            return book.events(subject, min(limit, MAX_EVENTS), before)

    def new_token(self, name: str) -> str:
        """Make an admin token and return it; only its hash is kept. A living one of this name ends."""
        return self.tokens(_STARTER).renew(name)

    def end_token(self, name: str) -> None:
        """End the token of this name, which nobody was shown. Raises NotFound."""
        self.tokens(_STARTER).revoke(name)

    def has_token(self) -> bool:
        """Whether any admin token lives."""
        now = self._clock()
        with self._shelves.reading() as book:
            tokens = book.api_tokens()
        return any(one.scope is Scope.ADMIN and one.expires > now for one in tokens)

    def bearer(self, token: str) -> ApiToken | None:
        """Return whose token this is, or None. Only hashes are compared, so time tells nothing about tokens."""
        with self._shelves.reading() as book:
            found = book.api_token(hash_token(token))
        return found if found is not None and found.expires > self._clock() else None

"""What a release is worked at with: the wish, and everything of the world that the work needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from bonded.client.attesting import Attester, Policy
from bonded.client.crew import Crew, Stop
from bonded.client.flows import Patience
from bonded.client.journal import Journal
from bonded.client.messages import Conversation, Wait
from bonded.client.report import State
from bonded.client.sending import Parcel
from bonded.client.session import Transport, drive
from bonded.client.target import Target

__all__ = ["Desk", "Watcher", "Wish"]

_T = TypeVar("_T")


class Watcher(Protocol):
    """Whoever watches; called from several threads."""

    def say(self, sentence: str) -> None:
        """Hear what happens now."""

    def settled(self, filename: str, state: State) -> None:
        """Hear what became of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be published where, and how. Without `token` it is trusted publishing."""

    target: Target
    parcels: tuple[Parcel, ...]
    attestations: Policy = "require"
    slsa: bool = False
    token: str = field(default="", repr=False)
    audience: str = ""
    """What ID tokens are to be made for; empty asks the index."""
    confirm_seconds: float = 120.0
    """How long to look for what was sent; 0 does not look."""
    workers: int = 4
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The world. `identify` gives a new ID token for an audience, masked, or raises NoIdentity.

    `clock` gives seconds since 1970, `jitter` numbers from 0 to 1. `mask` hides a token from here on and returns it.
    """

    transport: Transport
    identify: Callable[[str], str]
    attester: Attester
    journal: Journal
    mask: Callable[[str], str]
    clock: Callable[[], float]
    jitter: Callable[[], float]
    stop: Stop
    watcher: Watcher
    patience: Patience = field(default_factory=Patience)

    def play(self, conversation: Conversation[_T]) -> _T:
        """Play a conversation in this thread; raises Interrupted where it would have to wait."""

        def waiting(wait: Wait) -> None:
            self.watcher.say(f"{wait.why}; again in {wait.seconds:.0f} s")

        return drive(
            conversation,
            transport=self.transport,
            identify=self.identify,
            sleep=self.stop.sleep,
            jitter=self.jitter,
            waiting=waiting,
        )

    def ask(self, conversation: Conversation[_T]) -> _T:
        """Play a conversation in a thread that a signal need not wait for; raises Interrupted."""
        return self.crew.call(lambda: self.play(conversation))

    @property
    def crew(self) -> Crew:
        """Threads for the work."""
        return Crew(self.stop)

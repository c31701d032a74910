"""Files on their way: one after the other where a project begins, else side by side, each with a token that lives.

The first failure lets what is under way come to its end, and begins nothing more: half a release is bad, and three
quarters of one are no better. What is out is in the journal before anything else is thought of.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from bonded.client.desk import Desk, Wish
from bonded.client.keyring import Declined, Tokens
from bonded.client.messages import Refused
from bonded.client.report import State
from bonded.client.sending import Parcel, Sent, send
from bonded.dists.names import ProjectName
from bonded.errors import BondedError, Interrupted

__all__ = ["Delivery"]

_CREDENTIALS = frozenset({401, 403})
_DOUBT = (
    "is it a token of this index, alive, that may upload to {project}?"
    " One that may only read is refused like a stranger's"
)


class Delivery:
    """The uploads of one release.

    `states` has what became of each file that was begun, `bare` those whose attestations the index does not take.
    """

    def __init__(self, wish: Wish, desk: Desk, tokens: Tokens) -> None:
        self._wish = wish
        self._desk = desk
        self._tokens = tokens
        self._lock = threading.Lock()
        self.states: dict[str, State] = {}
        self.bare: dict[str, str] = {}
        self.refused: Refused | None = None

    def send(self, parcels: Sequence[Parcel], *, new: Collection[ProjectName]) -> None:
        """Send all; `refused` has the first thing that went wrong. Raises Interrupted.

        The first file of a project that may be `new` makes it; two at once would fight over that.
        """
        first = {parcel.project: parcel for parcel in reversed(parcels) if parcel.project in new}
        heads = [parcel for parcel in parcels if first.get(parcel.project) is parcel]
        for batch in (heads, [parcel for parcel in parcels if parcel not in heads]):
            if self.refused is None:
                self._batch(batch)

    def _batch(self, parcels: Sequence[Parcel]) -> None:
        crew = self._desk.crew
        works = [partial(self._one, parcel) for parcel in parcels]
        futures = crew.start(works, workers=self._wish.workers)
        crew.wait(futures)
        self._desk.stop.check()
        for future in futures:
            future.result()  # a bug of ours would be in it

    def _one(self, parcel: Parcel) -> None:
        """Send one file, unless something went wrong before."""
        if self.refused is not None:
            return
        with self._lock:
            self.states[parcel.filename] = "unsure"
        self._desk.watcher.say(f"sending {parcel.filename}")
        try:
            outcome = self._asked(parcel)
        except Declined as declined:
            # It may be asked for between two tries, of which the first may have arrived.
            outcome = replace(declined.refused, unsent=False)
        except Interrupted:
            raise
        except BondedError as error:
            # Such as an identity that is not given a second time.
            outcome = Refused(
                what=f"{parcel.filename} stopped", said=error.message, hint=error.hint
            )
        self._settle(parcel, outcome)

    def _asked(self, parcel: Parcel) -> Sent | Refused:
        """Send one file, with a new token where the index calls the first one too old."""
        wish, desk = self._wish, self._desk
        token = self._tokens.token()
        outcome = desk.play(send(parcel, wish.target, token, desk.patience))
        if isinstance(outcome, Refused) and _is_too_old(outcome) and self._tokens.expire(token):
            token = self._tokens.token()
            outcome = desk.play(send(parcel, wish.target, token, desk.patience))
        if isinstance(outcome, Refused) and parcel.attestations and self._may_go_bare(outcome):
            with self._lock:
                self.bare[parcel.filename] = outcome.said
            bare = replace(parcel, attestations=())
            outcome = desk.play(send(bare, wish.target, token, desk.patience))
        return outcome

    def _may_go_bare(self, refused: Refused) -> bool:
        """Whether the index takes no attestations at all, and the user said that this does not matter much."""
        said = refused.said.lower()
        return self._wish.attestations == "prefer" and "attestations" in said and "without" in said

    def _settle(self, parcel: Parcel, outcome: Sent | Refused) -> None:
        state: State
        trouble = self._hinted(parcel, outcome) if isinstance(outcome, Refused) else None
        if isinstance(outcome, Sent):
            state = "existed" if outcome.existed else "published"
            try:
                self._desk.journal.note(parcel)
            except BondedError as error:
                trouble = Refused(what="the release stopped", said=error.message, hint=error.hint)
        elif outcome.unsent:
            state = "not sent"
        else:
            state = "refused" if outcome.is_decision else "unsure"
        with self._lock:
            self.states[parcel.filename] = state
            self.refused = self.refused or trouble
        self._desk.watcher.settled(parcel.filename, state)

    def _hinted(self, parcel: Parcel, refused: Refused) -> Refused:
        """Return a refusal of the token that was given with what may be wrong with it: the index must not say."""
        if not self._wish.token or refused.hint or refused.status not in _CREDENTIALS:
            return refused
        return replace(refused, hint=_DOUBT.format(project=parcel.project))


def _is_too_old(refused: Refused) -> bool:
    return refused.status in _CREDENTIALS and "expired" in refused.said.lower()

"""The mint at this index's door: every exchange answered, and remembered for its owner."""

import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from bonded.minting.answers import body_of
from bonded.minting.exchange import Granted, Refused, exchange
from bonded.minting.policy import Policy
from bonded.minting.ports import Keys, Ledger, Publishers, Refusal
from bonded.minting.upload_token import MIN_SECRET

__all__ = ["REMEMBERED", "Exchanges", "told"]

_log = logging.getLogger("bonded.mint")

_LONGEST = 300
"""Characters of each text in a line of the log."""

REMEMBERED = 10_000
"""Exchanges kept in memory, with their judgements: enough for an evening on a stage."""


class Exchanges:
    """Answers exchanges; the last ones are kept with their judgements, without their tokens.

    `kept` says how many. The book has them all, so an index that is served for months keeps none in memory.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        keys: Keys,
        publishers: Publishers,
        ledger: Ledger,
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
        kept: int = REMEMBERED,
    ) -> None:
        self._policy = policy
        self._keys = keys
        self._publishers = publishers
        self._ledger = ledger
        self._clock = clock
        self._entropy = entropy
        self._kept: deque[Granted | Refused] = deque(maxlen=kept)

    def answer(self, body: bytes, as_problem: bool = False) -> tuple[int, dict[str, object]]:  # noqa: FBT001, FBT002 - the web calls it by position
        """Answer one request to mint a token: the status and the JSON object."""
        outcome = exchange(
            body,
            policy=self._policy,
            keys=self._keys,
            publishers=self._publishers,
            ledger=self._ledger,
            now=self._clock(),
            secret=self._entropy(MIN_SECRET),
        )
        if isinstance(outcome, Granted):
            forgotten = ""
            self._kept.append(replace(outcome, token=forgotten))
            return outcome.status, outcome.body()
        self._kept.append(outcome)
        _log.info("%s", told(outcome.refusal))
        return outcome.status, body_of(outcome, policy=self._policy, problem=as_problem)

    def kept(self) -> Sequence[Granted | Refused]:
        """Return the exchanges so far, the oldest first."""
        return tuple(self._kept)


def told(refusal: Refusal) -> str:
    """Return one line for the log of the server: why no token was given, to whom, and the reason behind it.

    Strangers choose what is in a token, so every text is bounded and quoted as JSON in ASCII: no line end, nothing that
    a terminal obeys. The token itself is nowhere in it.
    """
    why = str(refusal.fault) if refusal.fault else refusal.trouble
    subject = refusal.claims.get("sub") if refusal.claims is not None else None
    parts = {"issuer": refusal.issuer, "sub": subject or "", "because": why}
    more = "".join(f", {name} {_quoted(str(text))}" for name, text in parts.items() if text)
    return f"refused {refusal.code}: {_quoted(refusal.description)}{more}"


def _quoted(text: str) -> str:
    return json.dumps(text[:_LONGEST])

"""What can go wrong with a Sigstore, on demand."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Conditions", "Fault"]


class Fault(StrEnum):
    """One thing that the evening's Sigstore does wrong; several may be on at once."""

    DOWN = "down"
    """Every service answers 503, but for the trust root's repository, which is files on a content network."""

    SLOW = "slow"
    """Every service lets its clients wait (`Conditions.delay`), again but for the trust root's."""

    BAD_SCT = "bad-sct"
    """The certificate's timestamp of the CT log signs something else."""

    FOREIGN_SCT = "foreign-sct"
    """It is one of a CT log that the trust root does not know."""

    MISSING_SCT = "missing-sct"
    """The certificate was never shown to a CT log."""

    EXPIRED_CERTIFICATE = "expired-certificate"
    """The certificate's ten minutes were over before it was issued."""

    LATE_ENTRY = "late-entry"
    """The log takes what was signed only after the certificate's ten minutes."""

    WRONG_LOG_KEY = "wrong-log-key"
    """The log signs with a key that is not the one in the trust root."""

    MISSING_PROOF = "missing-proof"
    """The log gives its promise, and no proof that the entry is in its tree."""

    FORGED_PROOF = "forged-proof"
    """The proof is of another entry."""

    V2_ONLY = "v2-only"
    """The signing configuration knows no log but Rekor v2, whose entries PEP 740 cannot carry."""


@dataclass(slots=True, kw_only=True)
class Conditions:
    """What time it is, in Unix seconds, and what goes wrong. Both may change while the services run."""

    clock: Callable[[], float]
    faults: frozenset[Fault] = frozenset()
    delay: float = 0.0
    """Seconds that clients wait with `Fault.SLOW`."""

    def now(self) -> dt.datetime:
        """Return the time, aware."""
        return dt.datetime.fromtimestamp(self.clock(), dt.UTC)

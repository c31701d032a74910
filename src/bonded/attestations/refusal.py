"""Why an attestation is not taken, as a value."""

from dataclasses import dataclass
from enum import StrEnum

from bonded.errors import BondedError

__all__ = ["Malformed", "Reason", "Refusal"]


class Reason(StrEnum):
    """The kinds of refusal; the words appear in reports and do not change."""

    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    LOG_VERSION = "log-version"
    CERTIFICATE = "certificate"
    SCT = "sct"
    LOG = "log"
    SIGNATURE = "signature"
    STATEMENT = "statement"
    SUBJECT = "subject"
    DIGEST = "digest"
    PREDICATE = "predicate"
    REPEATED = "repeated"
    IDENTITY = "identity"
    ENVIRONMENT = "environment"
    PUBLISHER = "publisher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason against an attestation; `expected` and `got` are empty where there is nothing to compare."""

    reason: Reason
    message: str
    expected: str = ""
    got: str = ""

    def __str__(self) -> str:
        if not self.expected:
            return self.message
        return f"{self.message}: expected {self.expected}, got {self.got or 'nothing'}"


class Malformed(BondedError):
    """Bytes that are no attestation, provenance or page; `reason` says whether they are only too many."""

    def __init__(self, message: str, *, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(message)
        self.reason = reason

    @property
    def refusal(self) -> Refusal:
        """The same as a value."""
        return Refusal(reason=self.reason, message=self.message)

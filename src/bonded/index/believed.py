"""The Sigstore that is believed: read when the first attestation comes, and then kept."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot

__all__ = ["once", "public_root"]


def public_root() -> "TrustRoot":
    """Return the public Sigstore, as it came with the installed library."""
    from bonded.attestations.trust_root import bundled_root

    return bundled_root()


def once(make: "Callable[[], TrustRoot]") -> "Callable[[], TrustRoot]":
    """Return what makes it at the first call, and only then, from however many threads it is called."""
    lock = threading.Lock()
    made: list[TrustRoot] = []

    def get() -> "TrustRoot":
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get

"""The public Sigstore, as an index believes it: at once as it came with sigstore, and soon as it is now.

Keys of Sigstore are added, and taken away when they are lost. Who verifies by what came with a library believes a key
that is not believed any more until the library is renewed. So the root is refreshed over TUF in the background: when
the first attestation comes, and from then on once a day while attestations come. Where that fails the last one stays,
and the log says so; an index without a way out works as before.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from bonded.attestations.trust_root import bundled_root, refreshed_root
from bonded.errors import RemoteError

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot

__all__ = ["PublicRoot"]

_DAY = 24 * 3600.0

_log = logging.getLogger("bonded.index")


class PublicRoot:
    """Gives the root by which attestations are verified now; may be called from many threads.

    `clock` gives seconds and never goes back. `bundled` is waited for at the first call; `refreshed` never is, and
    raises RemoteError where it cannot be had. Without it nothing is asked over the network.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        bundled: "Callable[[], TrustRoot]" = bundled_root,
        refreshed: "Callable[[], TrustRoot] | None" = refreshed_root,
        every: float = _DAY,
    ) -> None:
        self._clock = clock
        self._bundled = bundled
        self._refreshed = refreshed
        self._every = every
        self._lock = threading.Lock()
        self._root: TrustRoot | None = None
        self._asked: float | None = None
        self._asking: threading.Thread | None = None

    def __call__(self) -> "TrustRoot":
        """Return the newest root that is here, and see to it that it does not grow old."""
        with self._lock:
            if self._root is None:
                self._root = self._bundled()
            now = self._clock()
            is_old = self._asked is None or now - self._asked >= self._every
            if self._refreshed is not None and is_old:
                self._asked = now
                # A daemon: whoever ends the index does not wait for another server.
                self._asking = threading.Thread(
                    target=self._refresh, args=(self._refreshed,), daemon=True
                )
                self._asking.start()
            return self._root

    def wait(self) -> None:
        """Wait until what was asked for last is here, or cannot be had."""
        with self._lock:
            asking = self._asking
        if asking is not None:
            asking.join()

    def _refresh(self, refreshed: "Callable[[], TrustRoot]") -> None:
        try:
            root = refreshed()
        except RemoteError as error:
            _log.warning("%s; attestations are verified by the root that is here", error.message)
            return
        with self._lock:
            self._root = root
        _log.info("attestations are verified by %s", root.source)

"""Every token that this run has seen, and texts without them.

A token is masked where the CI service offers it, before it is used for anything; and whatever is printed goes through
`hide`, because a server may repeat in its answer what it was sent.
"""

import threading
from base64 import b64encode
from collections.abc import Callable

__all__ = ["Secrets"]

_SHORTEST = 8
"""Characters of a text that is hidden wherever it stands; shorter ones would blacken half of every sentence."""


class Secrets:
    """The secrets of one run. `mask` tells the CI service of each, once."""

    def __init__(self, mask: Callable[[str], None] = lambda _: None) -> None:
        self._mask = mask
        self._known: dict[str, None] = {}
        self._lock = threading.Lock()

    def add(self, secret: str) -> str:
        """Note a secret, have it masked, and return it."""
        with self._lock:
            if secret and secret not in self._known:
                self._mask(secret)
                forms = (secret, b64encode(f"__token__:{secret}".encode()).decode())
                self._known.update(dict.fromkeys(forms))
                # The claims of an ID token are no secret; the signature is what makes it one.
                if secret.count(".") == 2:  # noqa: PLR2004 - header, payload, signature
                    self._known[secret.rpartition(".")[2]] = None
        return secret

    def hide(self, text: str) -> str:
        """Return a text in which every secret is `***`."""
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        for secret in known:
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, "***")
        return text

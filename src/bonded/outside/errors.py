"""What can go wrong on the way out, by whose fault it is.

RemoteError
└── OutsideError             a request that was not answered as it must be; `host` is who was asked
    ├── AddressRefused       we do not ask there: the address of the URL, or what its name resolves to
    ├── NotReached           no connection: no such name, nobody there, a certificate that is not the host's
    ├── TooSlow              the time for the whole request was used up
    └── AnswerRefused        an answer that we do not take: too large, broken, another status
    └── SentOn           a redirect; `location` is where to, as it came
"""

from bonded.errors import RemoteError

__all__ = ["AddressRefused", "AnswerRefused", "NotReached", "OutsideError", "SentOn", "TooSlow"]


class OutsideError(RemoteError):
    """A request to another server that gave nothing; `host` is whom it was for, `reason` what was wrong."""

    def __init__(self, host: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{host}: {reason}", hint=hint)
        self.host = host
        self.reason = reason


class AddressRefused(OutsideError):
    """A server that is not asked. `address` is what its name resolved to, empty where the URL itself is refused."""

    def __init__(self, host: str, reason: str, *, address: str = "", hint: str = "") -> None:
        super().__init__(host, reason, hint=hint)
        self.address = address


class NotReached(OutsideError):
    """No connection to the server, or none that proves to be with it."""


class TooSlow(OutsideError):
    """The answer was not complete within the time for the whole request."""


class AnswerRefused(OutsideError):
    """An answer that is not taken."""


class SentOn(AnswerRefused):
    """A redirect, which is not followed. Whoever asked may judge `location` and ask there, by all the same rules."""

    def __init__(self, host: str, location: str) -> None:
        super().__init__(host, f"it sends us on to {location[:200]!r}, and we do not follow")
        self.location = location

"""Connections to checked addresses only, and never beyond a deadline.

The check stands where the connection is made, and nowhere else: a name is resolved once, every address that it has is
judged, and what is connected to is one of those very addresses. A name server that gives another answer a moment later
(DNS rebinding) is not asked a moment later. TLS is for the name, so an address proves nothing by itself.

The engine above (httpcore2) hands a number of seconds to each read and write; a server that sends one byte in time,
again and again, would hold us for ever. Here a `Deadline` goes in the place of that number, so the sum of all waits is
bounded.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from math import inf
from typing import Any

import httpcore2

from bonded.outside.addresses import Address, refusal
from bonded.outside.errors import AddressRefused, NotReached, TooSlow

__all__ = ["Deadline", "GuardedNetwork", "Resolve", "resolve"]

Resolve = Callable[[str], Sequence[Address]]
"""From a host's name, or an address as text, to its addresses; raises OSError where there is none."""


def resolve(host: str) -> Sequence[Address]:
    """Return the addresses of a host as this machine knows them, in the order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class Deadline:
    """The end of one request: `seconds` from now on `clock`, and later if somebody earned it, up to `at_most`."""

    def __init__(
        self, clock: Callable[[], float], seconds: float, at_most: float | None = None
    ) -> None:
        self._clock = clock
        now = clock()
        self._end = now + seconds
        self._last = inf if at_most is None else now + max(at_most, seconds)

    def left(self) -> float:
        """Return the seconds that are left, none or less when it is over."""
        return self._end - self._clock()

    def extend(self, seconds: float) -> None:
        """Let it end later, but not later than at most."""
        self._end = min(self._end + seconds, self._last)


class GuardedNetwork(httpcore2.NetworkBackend):
    """Makes the connections of one pool. Every `timeout` is a `Deadline`."""

    def __init__(self, *, private_network: bool, resolve: Resolve) -> None:
        self._private = private_network
        self._resolve = resolve
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of `host` that answers; raises an OutsideError if one may not be asked."""
        addresses = self._addresses(host, timeout)
        for address in addresses:
            self._check(host, address)
        failure: Exception | None = None
        for waiting, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # One dead address must leave time for the next.
            seconds = timeout.left() / waiting
            try:
                stream = self._sockets.connect_tcp(
                    str(address), port, max(seconds, 0.001), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream)
        if isinstance(failure, httpcore2.ConnectTimeout):
            raise TooSlow(host, "nobody answered in time")
        raise NotReached(host, f"there is no connection: {failure or 'the name has no address'}")

    def _addresses(self, host: str, deadline: Deadline) -> Sequence[Address]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        found: Future[Sequence[Address]] = Future()

        def work() -> None:
            try:
                found.set_result(self._resolve(host))
            except (OSError, ValueError) as error:  # ValueError: a name that cannot be one
                found.set_exception(error)

        threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
        try:
            return found.result(max(deadline.left(), 0))
        except TimeoutError:
            raise TooSlow(host, "its name was not resolved in time") from None
        except (OSError, ValueError) as error:
            raise NotReached(host, f"its name cannot be resolved: {error}") from None

    def _check(self, host: str, address: Address) -> None:
        reason = refusal(address, private_network=self._private)
        if not reason and host == "localhost" and not address.is_loopback:
            reason = "not this machine (RFC 6761, 6.3)"
        if reason:
            inside = not refusal(address, private_network=True)
            raise AddressRefused(
                host,
                f"its address {address} is not asked: {reason}",
                address=str(address),
                hint="a server of a private network must be named as one in the settings"
                if inside
                else "",
            )


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose timeouts are deadlines."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Any = None,
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(timeout))
        return _TimedStream(secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: Deadline) -> float:
    """Return the seconds until the deadline; raises where there are none."""
    left = deadline.left()
    if left <= 0:
        raise httpcore2.ReadTimeout
    return left

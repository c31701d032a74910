"""The client for servers whose address is somebody else's word: issuers of tokens, other indexes.

It is made of what such a request needs, and of nothing else: https, a checked address (`network`), one store of
certificates, a bound on bytes and on time for the whole request. Redirects, cookies, passwords of `.netrc` and
variables of the environment do not have to be switched off, for nothing here knows of them. That is why it stands on
the engine of httpx2 (httpcore2) and not on its client.

A proxy is used only where the caller hands one over. It resolves the names then, so what can still be judged here is an
address that stands in the URL itself, and the names of this machine.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

import httpcore2
import httpx2

from bonded.outside.errors import (
    AddressRefused,
    AnswerRefused,
    NotReached,
    OutsideError,
    SentOn,
    TooSlow,
)
from bonded.outside.network import Deadline, Resolve, resolve
from bonded.outside.pools import Pools
from bonded.outside.proxies import NO_PROXIES, Proxies

__all__ = ["Answer", "GuardedClient", "Incoming"]

_OK = 200
_REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, unpacked."""

    status: int
    headers: httpx2.Headers
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An answer whose body is still coming. `chunks` gives it once, unpacked, and raises where a bound is reached."""

    status: int
    headers: httpx2.Headers
    chunks: Iterator[bytes] = field(repr=False)


class GuardedClient:
    """Asks other servers; may be used from many threads, and must be closed.

    `clock` gives seconds and never goes back (such as `time.monotonic`). `ca_bundle` is a PEM file of the authorities
    that are believed, instead of the machine's own. `resolve` finds the addresses of names.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        ca_bundle: Path | None = None,
        resolve: Resolve = resolve,
        user_agent: str = "bonded",
        proxies: Proxies = NO_PROXIES,
        plain_http: bool = False,
    ) -> None:
        self._clock = clock
        self._user_agent = user_agent
        self._plain_http = plain_http
        self._pools = Pools(ca_bundle=ca_bundle, resolve=resolve, proxies=proxies)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pools.close()

    def body(
        self, url: str, *, max_bytes: int, seconds: float = 5.0, private_network: bool = False
    ) -> bytes:
        """Return the body of a 200 answer; raises OutsideError for everything else. See `stream`."""
        answer = self.get(
            url, max_bytes=max_bytes, seconds=seconds, private_network=private_network
        )
        if answer.status != _OK:
            raise AnswerRefused(httpx2.URL(url).host, f"it answered {answer.status}, not {_OK}")
        return answer.body

    def get(
        self,
        url: str,
        *,
        max_bytes: int,
        seconds: float = 5.0,
        private_network: bool = False,
        headers: Mapping[str, str] | None = None,
        pace: float | None = None,
        at_most: float | None = None,
    ) -> Answer:
        """Return the whole answer, whatever its status; raises OutsideError. See `stream`."""
        with self.stream(
            url,
            max_bytes=max_bytes,
            seconds=seconds,
            private_network=private_network,
            headers=headers,
            pace=pace,
            at_most=at_most,
        ) as incoming:
            body = b"".join(incoming.chunks)
            return Answer(status=incoming.status, headers=incoming.headers, body=body)

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        max_bytes: int,
        seconds: float,
        private_network: bool = False,
        headers: Mapping[str, str] | None = None,
        pace: float | None = None,
        at_most: float | None = None,
    ) -> Iterator[Incoming]:
        """Ask with GET, and give the answer for as long as the block lasts.

        `max_bytes` bounds the body, as it comes and unpacked; `seconds` bounds everything from the name to the last
        byte, but with a `pace` every so many bytes of the body earn a second more, up to `at_most` seconds in all.
        `private_network` allows addresses that are not public, and plain http on this machine. Raises OutsideError,
        also while the chunks are read, and `SentOn` for a redirect.
        """
        plain = self._plain_http or (private_network and _is_this_machine(_host(url)))
        target = _target(url, plain=plain)
        deadline = Deadline(self._clock, seconds, at_most)
        engine = self._pools.pool(target, private_network=private_network).stream(
            "GET",
            httpcore2.URL(
                scheme=target.raw_scheme,
                host=target.raw_host,
                port=target.port,
                target=target.raw_path,
            ),
            headers=self._headers(target, headers or {}),
            extensions={"timeout": dict.fromkeys(("connect", "read", "write"), deadline)},
        )
        with _told(target.host), engine as response:
            answered = httpx2.Headers(response.headers)
            _check_answer(target.host, response.status, answered)
            chunks = _counted(response.iter_stream(), target.host, max_bytes)
            if pace is not None:
                chunks = _paced(chunks, deadline, pace)
            if answered.get("content-encoding", "identity") == "gzip":
                chunks = _counted(_unpacked(chunks, target.host), target.host, max_bytes)
            yield Incoming(status=response.status, headers=answered, chunks=chunks)

    def _headers(self, target: httpx2.URL, wanted: Mapping[str, str]) -> list[tuple[str, str]]:
        whole = {
            "host": target.netloc.decode("ascii"),
            "user-agent": self._user_agent,
            "accept": "application/json",
            "accept-encoding": "gzip",
        }
        return list((whole | {name.lower(): value for name, value in wanted.items()}).items())


def _host(url: str) -> str:
    try:
        return httpx2.URL(url).host
    except httpx2.InvalidURL:
        return ""


def _target(url: str, *, plain: bool) -> httpx2.URL:
    """Read an address; what is wrong with it is said without showing it, for it may hold a secret."""
    try:
        target = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise AddressRefused("", f"not an address that can be asked: {error}") from None
    if not target.host or target.userinfo or target.fragment:
        raise AddressRefused(target.host, "an address has a host, and neither user nor fragment")
    if target.port is not None and not 0 < target.port < 2**16:
        raise AddressRefused(
            target.host, "a port is 1 to 65535"
        )  # the system would count on from 0
    if target.scheme != "https" and not (plain and target.scheme == "http"):
        raise AddressRefused(target.host, "only https is asked, and http on this machine itself")
    return target


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_answer(host: str, status: int, headers: httpx2.Headers) -> None:
    if status in _REDIRECTS:
        raise SentOn(host, headers.get("location", ""))
    encoding = headers.get("content-encoding", "identity")
    if encoding not in {"identity", "gzip"}:
        raise AnswerRefused(
            host, f"its answer is packed with {encoding[:40]!r}, which was not asked for"
        )


def _counted(chunks: Iterator[bytes], host: str, max_bytes: int) -> Iterator[bytes]:
    """Pass chunks on until they are more than `max_bytes`."""
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > max_bytes:
            raise AnswerRefused(host, f"its answer is larger than {max_bytes} bytes")
        yield chunk


def _paced(chunks: Iterator[bytes], deadline: Deadline, pace: float) -> Iterator[bytes]:
    """Pass chunks on; each earns the time that its bytes may take, so that only who dawdles is cut off."""
    for chunk in chunks:
        deadline.extend(len(chunk) / pace)
        yield chunk


def _unpacked(chunks: Iterator[bytes], host: str) -> Iterator[bytes]:
    """Unpack gzip in small pieces, so that a bomb is noticed before it goes off."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            piece = inflater.decompress(chunk, _PIECE)
            while piece:
                yield piece
                piece = inflater.decompress(inflater.unconsumed_tail, _PIECE)
    except zlib.error as error:
        raise AnswerRefused(host, f"its answer is not gzip: {error}") from None
    if not inflater.eof:
        raise AnswerRefused(host, "its answer ends in the middle")


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Turn what the engine says into what we say."""
    try:
        yield
    except OutsideError:
        raise
    except httpcore2.TimeoutException:
        raise TooSlow(host, "it did not answer completely in time") from None
    except (httpcore2.ConnectError, httpcore2.ProxyError) as error:
        raise NotReached(host, f"there is no trusted connection: {error}") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise AnswerRefused(host, f"it broke off, or does not speak HTTP: {error}") from None

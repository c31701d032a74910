"""A page as bytes with the headers that go with them, and the short answer for whoever has them already.

What goes out again and again is made once: a `Representation` is one kind and one coding of one page, with its strong
ETag and its three answers.
"""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bonded.index.running.ready import Ready, send_ready
from bonded.index.web.accept import CODINGS

__all__ = [
    "SIMPLE_GUARDS",
    "Headers",
    "RawHeaders",
    "Representation",
    "compressed",
    "conditional",
    "described",
    "etag_of",
    "is_known",
    "read_headers",
    "represent",
    "typed",
]

Headers = Mapping[bytes, bytes]
"""The headers of a request by their small names; several of one name are joined by commas."""

RawHeaders = tuple[tuple[bytes, bytes], ...]

_WORTH_IT = 860
"""Bytes from which a page is compressed: less fits into one packet in any case."""

_GZIP_LEVEL = 6
_ZSTD_LEVEL = 6
SIMPLE_GUARDS: RawHeaders = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Pages of the simple API load nothing and run nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """One page in one kind and coding, ready to go out; an ASGI application of its own."""

    etag: bytes
    whole: Ready
    without_body: Ready
    """What HEAD is answered."""
    not_modified: Ready
    """304, with the headers that tell caches how long they may keep what they have."""

    @property
    def body(self) -> bytes:
        """Return the page."""
        return self.whole.body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        """Answer a request."""
        await send_ready(self.ready(scope["method"], read_headers(scope)), send)

    def ready(self, method: str, headers: Headers) -> Ready:
        """Return the answer to a request."""
        known = headers.get(b"if-none-match")
        if known is not None and is_known(self.etag, known):
            return self.not_modified
        return self.without_body if method == "HEAD" else self.whole


def read_headers(scope: Scope) -> Headers:
    """Return the headers of a request."""
    pairs: Sequence[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers = {name: b"" for name, _ in pairs}
        for name, value in pairs:
            headers[name] = b", ".join(filter(None, (headers[name], value)))
    return headers


def is_known(etag: bytes, known: bytes) -> bool:
    """Whether `If-None-Match` names an ETag, compared weakly (RFC 9110, section 13.1.2)."""
    if known == etag:
        return True
    tags = {tag.strip().removeprefix(b"W/") for tag in known.split(b",")}
    return etag in tags or known.strip() == b"*"


def etag_of(*parts: bytes) -> bytes:
    """Return a strong ETag: equal only for equal bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b'"%b"' % digest.hexdigest()[:32].encode()


def compressed(body: bytes, coding: str) -> bytes:
    """Return a page in a coding of `CODINGS`, the same bytes for the same page."""
    if coding == "gzip":
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    if coding == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)
    return body


def represent(
    body: bytes,
    kind: str,
    coding: str = CODINGS[-1],
    *,
    serial: int | None = None,
    caching: str = "no-cache",
    guards: RawHeaders = SIMPLE_GUARDS,
) -> Representation:
    """Return a page as it goes out; as it is, where compressing it gains nothing.

    Clients keep a page but ask every time (`no-cache`), unless told otherwise: what was published a moment ago is there
    to be installed.
    """
    sent = compressed(body, coding) if len(body) >= _WORTH_IT else body
    if len(sent) >= len(body):
        sent, coding = body, CODINGS[-1]
    etag = etag_of(kind.encode(), b"\0", sent)
    short = described(etag, serial=serial, caching=caching)
    headers = (*short, *typed(kind, coding, guards), (b"content-length", b"%d" % len(sent)))
    return Representation(
        etag=etag,
        whole=Ready(200, headers, sent),
        without_body=Ready(200, headers),
        not_modified=Ready(304, short),
    )


def described(etag: bytes, *, serial: int | None, caching: str = "no-cache") -> RawHeaders:
    """Return the headers by which caches know what they have."""
    headers = (
        (b"etag", etag),
        (b"vary", b"Accept, Accept-Encoding"),
        (b"cache-control", caching.encode()),
    )
    return headers if serial is None else (*headers, (b"x-pypi-last-serial", b"%d" % serial))


def typed(kind: str, coding: str, guards: RawHeaders = SIMPLE_GUARDS) -> RawHeaders:
    """Return the headers that say what the bytes are."""
    charset = "; charset=utf-8" if kind == "text/html" else ""
    headers: RawHeaders = ((b"content-type", f"{kind}{charset}".encode()),)
    if coding != CODINGS[-1]:
        headers = (*headers, (b"content-encoding", coding.encode()))
    if "html" in kind:
        headers = (*headers, *guards)
    return headers


def conditional(
    request: Request, body: bytes, kind: str, serial: int | None, *, caching: str = "no-cache"
) -> Response:
    """Return bytes that are made for one request, with a strong ETag, or 304 where the client has them already."""
    made = represent(body, kind, serial=serial, caching=caching)
    ready = made.ready("GET", read_headers(request.scope))
    response = Response(ready.body, ready.status)
    response.raw_headers = list(ready.headers)
    return response

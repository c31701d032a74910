"""The requests to the other index, and what its answers mean.

A page: 200 is a page, 304 is the one that is kept, 404 and 410 say that there is no such project. Everything else is a
failure, and two kinds are told apart. Who is refused (401, 403, 407) must put that right: nothing that is kept hides
it. Who is not answered may go on with what is kept.

A redirect is followed by us, never by the client: a page's only on the same host and to an address that still ends with
the project's name, so that no sign-in form is taken for a page; a file's to wherever, because its digest is known.
The user name and the password go to the host that they are for, over the scheme and port that they are for.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

import httpx2

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError, UsageError
from bonded.index.simple import HTML, JSON
from bonded.index.upstream.settings import Credentials, UpstreamSettings
from bonded.outside.client import Answer, GuardedClient, Incoming
from bonded.outside.errors import AddressRefused, NotReached, OutsideError, SentOn, TooSlow

__all__ = ["Asking", "Denied", "Found", "Said", "Silent", "Unanswered"]

MAX_PAGE = 64 << 20
"""Bytes of a page; the largest of PyPI have some ten million."""

_ACCEPT = f"{JSON}, {HTML};q=0.2, text/html;q=0.01"
_PAGE_SECONDS, _FILE_SECONDS, _PACE = 20.0, 60.0, 32_768.0
_PAGE_HOPS, _FILE_HOPS = 3, 5
_PAGE_MOST, _FILE_MOST = 120.0, 1800.0
"""Seconds that a page or a file may take in all, however well it came at first."""
_DENIALS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)
_ABSENCES = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class Unanswered(RemoteError):
    """The other index gave nothing that can be used."""


class Silent(Unanswered):
    """The other index cannot be reached, or says nothing in time."""


class Denied(RemoteError):
    """The other index refuses us: the user name and password, or the right to read, must be put right."""


class Said(Enum):
    """What the other index may say of a project without showing a page."""

    UNCHANGED = "unchanged"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page as it came; `url` is where it came from in the end."""

    url: str
    media_type: str
    etag: str
    body: str


class Asking:
    """Asks one index; may be used from many threads."""

    def __init__(self, settings: UpstreamSettings, client: GuardedClient) -> None:
        url = _address(settings.url)
        told = Credentials(user=url.username, password=url.password) if url.userinfo else None
        self._credentials = settings.credentials or told
        self._client = client
        self._follows = settings.follows
        self.url = url.copy_with(userinfo=b"", query=None, fragment=None)
        self._is_private = settings.private_network
        self._private_hosts = settings.file_hosts | {self.url.host}

    @property
    def user(self) -> str:
        """The user name, empty where there is none."""
        return self._credentials.user if self._credentials else ""

    def page_url(self, name: ProjectName) -> str:
        """Return where the page of a project is."""
        return str(self.url.join(f"{name}/"))

    def page(self, name: ProjectName, etag: str) -> Found | Said:
        """Ask for a page that differs from the one of the `etag`, which may be empty; raises Denied, Unanswered."""
        headers = {"accept": _ACCEPT} | ({"if-none-match": etag} if etag else {})
        url = httpx2.URL(self.page_url(name))
        for _ in range(_PAGE_HOPS):
            try:
                with self._told(url):
                    answer = self._client.get(
                        str(url),
                        max_bytes=MAX_PAGE,
                        seconds=_PAGE_SECONDS,
                        pace=_PACE,
                        at_most=_PAGE_MOST,
                        private_network=self._may_be_private(url),
                        headers=headers | self._authorization(url),
                    )
            except SentOn as sent:
                url = self._page_onward(name, url, sent)
            else:
                return _meant(url, answer, conditional=bool(etag))
        raise Unanswered("it sends us on and on")

    def fetch(self, url: str, take: Callable[[bytes], object], *, max_bytes: int) -> None:
        """Bring the bytes at an address of a page; raises Denied, Unanswered. What came must still be verified."""
        target = _joined(self.url, url)
        for _ in range(_FILE_HOPS):
            try:
                with self._told(target), self._stream(target, max_bytes) as incoming:
                    if incoming.status != HTTPStatus.OK:
                        raise _failure(incoming.status, "for a file")
                    for chunk in incoming.chunks:
                        take(chunk)
                    return
            except SentOn as sent:
                target = _joined(target, sent.location)
        raise Unanswered("it sends us on and on")

    @contextmanager
    def _stream(self, url: httpx2.URL, max_bytes: int) -> Iterator[Incoming]:
        with self._client.stream(
            str(url),
            max_bytes=max_bytes,
            seconds=_FILE_SECONDS,
            pace=_PACE,
            at_most=_FILE_MOST,
            private_network=self._may_be_private(url),
            headers={"accept": "*/*", "accept-encoding": "identity"} | self._authorization(url),
        ) as incoming:
            yield incoming

    @contextmanager
    def _told(self, url: httpx2.URL) -> Iterator[None]:
        """Turn what the way out says into what it means here; a redirect is passed on."""
        try:
            yield
        except SentOn:
            raise
        except (NotReached, TooSlow) as error:
            raise Silent(error.message, hint=error.hint) from None
        except AddressRefused as error:
            # It has a hint where such addresses could be allowed; here the setting has a name.
            hint = error.hint and self._allowing(url)
            raise Unanswered(error.message, hint=hint) from None
        except OutsideError as error:
            raise Unanswered(error.message, hint=error.hint) from None

    def _allowing(self, url: httpx2.URL) -> str:
        """Return which settings allow a server an address that is not public."""
        if url.host == self.url.host:
            return "'private-network = true' in [upstream] allows it"
        return (
            f"'private-network = true' and 'file-hosts = [\"{url.host}\"]' in [upstream] allow it"
        )

    def _may_be_private(self, url: httpx2.URL) -> bool:
        """Tell whether a server may have an address that is not public: a page's word is not enough for that."""
        return self._is_private and (self._follows or url.host in self._private_hosts)

    def _authorization(self, url: httpx2.URL) -> dict[str, str]:
        if self._credentials is None or not _same_server(url, self.url):
            return {}
        pair = f"{self._credentials.user}:{self._credentials.password}".encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _page_onward(self, name: ProjectName, url: httpx2.URL, sent: SentOn) -> httpx2.URL:
        onward = _joined(url, sent.location)
        if not self._follows and not _same_server(onward, url):
            raise Unanswered("it sends us on to another server, where its pages are not asked for")
        path = onward.path.removesuffix("index.html").rstrip("/")
        if path.rpartition("/")[2] != name:
            raise Unanswered("it sends us on to what is not the project's page")
        return onward


def _meant(url: httpx2.URL, answer: Answer, *, conditional: bool) -> Found | Said:
    """Return what an answer means; raises Denied, Unanswered."""
    status = answer.status
    if status in _ABSENCES:
        return Said.ABSENT
    if status == HTTPStatus.NOT_MODIFIED and conditional:
        return Said.UNCHANGED
    if status != HTTPStatus.OK:
        raise _failure(status)
    try:
        body = answer.body.decode()
    except UnicodeDecodeError:
        raise Unanswered("its page is not UTF-8") from None
    headers = answer.headers
    is_counted = "content-length" in headers or "transfer-encoding" in headers
    # Without a length, the end of the connection is the end of the page: of JSON one sees whether it is whole.
    if not is_counted and "</html>" not in body[-100:].lower() and not body.endswith(("}", "}\n")):
        raise Unanswered("its page may have been cut off: it came without a length")
    return Found(
        url=str(url),
        media_type=headers.get("content-type", ""),
        etag=headers.get("etag", ""),
        body=body,
    )


def _failure(status: int, what: str = "") -> RemoteError:
    if status in _DENIALS:
        return Denied(
            " ".join(filter(None, ("it refuses us", what, f"({status})"))),
            hint="look at the user name and the password that are set for it",
        )
    return Unanswered(f"it answered {status} {what}".rstrip())


def _joined(url: httpx2.URL, to: str) -> httpx2.URL:
    """Return where an address leads that may be relative; a user in it is left out."""
    try:
        return url.join(to).copy_with(userinfo=b"", fragment=None)
    except httpx2.InvalidURL:
        raise Unanswered("it sends us to what is no address") from None


def _same_server(one: httpx2.URL, other: httpx2.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _address(text: str) -> httpx2.URL:
    """Read the address of the other index; what is wrong with it is told without showing it, it may hold a secret."""
    try:
        url = httpx2.URL(text if text.endswith("/") else f"{text}/")
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(
            "the address of the index behind this one is not one that can be asked",
            hint="expected http:// or https://, a host, and the path of its simple API",
        )
    return url

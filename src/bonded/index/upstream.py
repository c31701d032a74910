"""Another index behind this one, for the names that are not ours.

Whoever asks here has decided already that the name is not ours; this file never decides it, so there is one such
decision. A page is kept on disk with its ETag and asked for again when it is stale; a file is fetched at its first
use, and verified before anybody gets a byte of it. What the other index does not answer is never taken for "no": a page
that is kept serves while it is down, and without one the failure is passed on as a failure.

The folder is believed no more than a host: every process hashes a kept file once more before it serves it, and a kept
page counts only if it answers the very address that would be asked, and was checked at a time that has been.

The address may carry a user name and a password. They are taken out of it at once, go only to the host that they are
for, and stand in no message, no log and no cache.
"""

import hashlib
import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx2

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError, UsageError
from bonded.index.foreign import ForeignPage, UnreadablePage, read_page
from bonded.index.simple import HTML, JSON, Page

__all__ = ["Upstream"]

_ACCEPT = f"{JSON}, {HTML};q=0.2, text/html;q=0.01"
_METADATA = ".metadata"
_AT_HAND = 256
_OK, _NOT_MODIFIED, _NOT_FOUND = 200, 304, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A page as it came, and when it was last known to be the newest."""

    asked: str
    url: str
    media_type: str
    etag: str
    body: str
    checked: float


class Upstream:
    """Another index, its pages and files kept in a folder; every method may be called from many threads.

    `fresh` is how many seconds a page is served without asking again; `offline` serves only what is kept.
    """

    def __init__(
        self,
        simple_url: str,
        *,
        cache: Path,
        client: httpx2.Client,
        clock: Callable[[], float],
        fresh: float,
        offline: bool = False,
    ) -> None:
        url = _address(simple_url)
        self._auth = _auth(url)
        self._url = url.copy_with(userinfo=b"", query=None, fragment=None)
        self._client = client
        self._clock = clock
        self._fresh = fresh
        self._offline = offline
        # Two indexes may share a cache: files are what their digests say, but a page is one index's word for one user.
        whose = hashlib.sha256(f"{url.username} {self._url}".encode()).hexdigest()
        self._pages = cache / "pages" / whose[:32]
        self._files = cache / "files"
        for folder in (self._pages, self._files):
            folder.mkdir(parents=True, exist_ok=True)
        self._flights = _Flights()
        self._sound: set[str] = set()
        self._read: dict[ProjectName, tuple[_Kept, ForeignPage]] = {}

    def page(self, name: ProjectName) -> Page | None:
        """Return a project's page, its files addressed through us; None where the other index has none.

        Raises `RemoteError` where it cannot be asked and nothing is kept.
        """
        page = self._page(name)
        return None if page is None else _readdressed(name, page)

    def file(self, name: ProjectName, sha256: str, filename: str) -> Path | None:
        """Return where a verified file is, or its `.metadata`; None where the project's page has no such file.

        Raises `RemoteError` where it cannot be fetched, or is not what the page says.
        """
        page = self._page(name)
        wanted = filename.removesuffix(_METADATA)
        files = page.files if page is not None else ()
        for file in files:
            if file.shown.filename == wanted and file.shown.sha256 == sha256:
                if wanted == filename:
                    return self._fetched(file.url, sha256)
                if file.shown.core_metadata:
                    return self._fetched(file.metadata_url, file.shown.core_metadata)
        return None

    def _page(self, name: ProjectName) -> ForeignPage | None:
        with self._flights.alone(f"page {name}"):
            kept = self._kept(name)
            stale = kept is None or not 0 <= self._clock() - kept[0].checked < self._fresh
            if self._offline or not stale:
                if kept is None:
                    raise RemoteError(f"{name!r} was not fetched before, and this index is offline")
                return kept[1]
            return self._asked(name, kept)

    def _asked(
        self, name: ProjectName, kept: tuple[_Kept, ForeignPage] | None
    ) -> ForeignPage | None:
        """Ask the other index; what is kept answers where it cannot."""
        headers = {"accept": _ACCEPT}
        if kept is not None and kept[0].etag:
            headers["if-none-match"] = kept[0].etag
        try:
            response = self._get(self._page_url(name), headers)
            if response.status_code == _NOT_FOUND:
                return None
            if response.status_code == _NOT_MODIFIED and kept is not None:
                return self._keep(name, replace(kept[0], checked=self._clock()), kept[1])
            if response.status_code != _OK:
                raise RemoteError(f"it answered {response.status_code}")
            return self._taken(name, response)
        except (RemoteError, UnreadablePage) as error:
            if kept is not None:
                return kept[1]
            raise RemoteError(
                f"the index behind this one, {self._url}, failed to show {name!r}: {error}"
            ) from None

    def _taken(self, name: ProjectName, response: httpx2.Response) -> ForeignPage:
        page = _Kept(
            asked=str(self._page_url(name)),
            url=str(response.url.copy_with(userinfo=b"")),
            media_type=response.headers.get("content-type", ""),
            etag=response.headers.get("etag", ""),
            body=response.text,
            checked=self._clock(),
        )
        read = read_page(page.body, media_type=page.media_type, url=page.url)
        return self._keep(name, page, read)

    def _kept(self, name: ProjectName) -> tuple[_Kept, ForeignPage] | None:
        """Return the kept page, from memory or from the folder; a damaged or foreign one was never kept."""
        if name not in self._read:
            try:
                page = _Kept(**json.loads((self._pages / f"{name}.json").read_text("utf-8")))
                if page.asked != str(self._page_url(name)) or not page.checked <= self._clock():
                    return None
                read = read_page(page.body, media_type=page.media_type, url=page.url)
            except (OSError, ValueError, TypeError, AttributeError, RecursionError):
                return None
            self._remember(name, page, read)
        return self._read[name]

    def _page_url(self, name: ProjectName) -> httpx2.URL:
        return self._url.join(f"{name}/")

    def _keep(self, name: ProjectName, page: _Kept, read: ForeignPage) -> ForeignPage:
        with _replacing(self._pages / f"{name}.json") as temporary:
            temporary.write_text(json.dumps(asdict(page)), "utf-8")
        self._remember(name, page, read)
        return read

    def _remember(self, name: ProjectName, page: _Kept, read: ForeignPage) -> None:
        """Keep the page at hand; the oldest makes room."""
        self._read.pop(name, None)
        self._read[name] = (page, read)
        while len(self._read) > _AT_HAND:
            self._read.pop(next(iter(self._read)), None)

    def _fetched(self, url: str, sha256: str) -> Path:
        final = self._files / sha256[:2] / sha256[2:]
        with self._flights.alone(f"file {sha256}"):
            if not self._is_sound(final, sha256):
                if self._offline:
                    raise RemoteError("this file was not fetched before, and this index is offline")
                self._fetch(url, sha256, final)
                self._sound.add(sha256)
        return final

    def _is_sound(self, final: Path, sha256: str) -> bool:
        """Whether a kept file is there with the right bytes, hashed once in a process; a wrong one is dropped."""
        if not final.is_file():
            return False
        if sha256 not in self._sound:
            with final.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                    final.unlink()
                    return False
            self._sound.add(sha256)
        return True

    def _fetch(self, url: str, sha256: str, final: Path) -> None:
        """Bring a file in under a temporary name; only the right bytes get the final one."""
        hasher = hashlib.sha256()
        with _replacing(final) as temporary, temporary.open("wb") as stream:
            for chunk in self._chunks(httpx2.URL(url)):
                hasher.update(chunk)
                stream.write(chunk)
            if hasher.hexdigest() != sha256:
                raise RemoteError(
                    "the index behind this one sent a file that is not what its page says:"
                    f" expected sha256 {sha256}, got {hasher.hexdigest()}"
                )

    def _chunks(self, url: httpx2.URL) -> Iterator[bytes]:
        bare = url.copy_with(userinfo=b"")
        try:
            with self._client.stream(
                "GET",
                bare,
                headers={"accept-encoding": "identity"},
                auth=_auth(url) or self._auth_for(bare),
                follow_redirects=True,
            ) as response:
                if response.status_code != _OK:
                    raise RemoteError(
                        f"the index behind this one answered {response.status_code} for a file"
                    )
                yield from response.iter_bytes()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise RemoteError(
                f"the index behind this one failed to send a file: {type(error).__name__}"
            ) from None

    def _get(self, url: httpx2.URL, headers: dict[str, str]) -> httpx2.Response:
        try:
            return self._client.get(
                url, headers=headers, auth=self._auth_for(url), follow_redirects=True
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise RemoteError(type(error).__name__) from None

    def _auth_for(self, url: httpx2.URL) -> tuple[str, str] | None:
        """Return the credentials, for the host that they are for and no other."""
        same = (url.scheme, url.host, url.port) == (
            self._url.scheme,
            self._url.host,
            self._url.port,
        )
        return self._auth if same else None


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


def _auth(url: httpx2.URL) -> tuple[str, str] | None:
    return (url.username, url.password) if url.userinfo else None


def _readdressed(name: ProjectName, page: ForeignPage) -> Page:
    """Return the page with every file addressed through us, relative to where pages are."""
    return Page(
        name=name,
        status=page.status,
        versions=page.versions,
        files=[
            replace(
                file.shown, url=f"../../upstream/{name}/{file.shown.sha256}/{file.shown.filename}"
            )
            for file in page.files
        ],
    )


@contextmanager
def _replacing(final: Path) -> Iterator[Path]:
    """Give a temporary name beside the final one; at the end of the block it becomes the final one, whole."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=final.parent, prefix=".", delete=False) as stream:
        temporary = Path(stream.name)
    try:
        yield temporary
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)


class _Flights:
    """Lets one thread at a time do the work for a key; the others wait and find it done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, tuple[threading.Lock, list[None]]] = {}

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Hold the key for the block."""
        with self._lock:
            flight, waiting = self._flights.setdefault(key, (threading.Lock(), []))
            waiting.append(None)
        try:
            with flight:
                yield
        finally:
            with self._lock:
                waiting.pop()
                if not waiting:
                    self._flights.pop(key, None)

"""Conversations, driven over HTTP.

Certificates and proxies are those of the environment, as for pip and uv, so that the proxy of a company and the stage
of a rehearsal lead this client as they lead every other. Nothing else of the environment counts: no `.netrc`, no
cookies, and no redirect is followed, because a token would go with it.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self, TypeVar

import httpx2

from bonded.client.crew import Stop
from bonded.client.messages import (
    Answer,
    Ask,
    Conversation,
    Effect,
    Identify,
    Identity,
    Outcome,
    Reply,
    Unreached,
    Wait,
)
from bonded.client.secrets import Secrets
from bonded.errors import Interrupted

__all__ = ["Session", "Transport", "drive"]

_T = TypeVar("_T")
Transport = Callable[[Ask], Outcome]
"""Makes one request and gives what came of it; raises Interrupted where somebody told us to stop."""

_CONNECT = 15.0
_UNSENT = (
    httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError,
    httpx2.UnsupportedProtocol, httpx2.InvalidURL,
)  # fmt: skip
"""What is raised where there was no connection yet, so that nothing of the request went out."""


def drive(
    conversation: Conversation[_T],
    *,
    transport: Transport,
    identify: Callable[[str], str],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    waiting: Callable[[Wait], None] = lambda _: None,
) -> _T:
    """Play a conversation for real and return what it found out.

    `identify` gives a new ID token for an audience. `jitter` gives numbers from 0 to 1: clients that failed together
    must not come back together.
    """

    def reply(effect: Effect) -> Reply:
        match effect:
            case Ask():
                return transport(effect)
            case Identify(audience=audience):
                return Identity(token=identify(audience))
            case Wait(seconds=seconds, exact=exact):
                waiting(effect)
                sleep(seconds if exact else seconds * (0.5 + jitter() / 2))
        return None

    try:
        effect = next(conversation)
        while True:
            effect = conversation.send(reply(effect))
    except StopIteration as stopped:
        found: _T = stopped.value
        return found


class Session:
    """The connections of one run: a `Transport`, to be closed. `sent` hears how many bytes of files went out."""

    def __init__(
        self,
        *,
        stop: Stop,
        secrets: Secrets,
        user_agent: str,
        sent: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._stop = stop
        self._secrets = secrets
        self._sent = sent
        self._client = httpx2.Client(
            headers={"user-agent": user_agent},
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=16, max_keepalive_connections=16),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def __call__(self, request: Ask) -> Outcome:
        """Make one request."""
        try:
            with ExitStack() as open_files:
                return self._asked(request, self._arguments(request, open_files))
        except Interrupted:
            raise
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            return Unreached(
                reason=self._secrets.hide(_words(error)),
                passing=not _is_certificate(error),
                sent=not isinstance(error, _UNSENT),
            )

    def _arguments(self, request: Ask, open_files: ExitStack) -> dict[str, Any]:
        arguments: dict[str, Any] = {"headers": dict(request.headers)}
        arguments["timeout"] = httpx2.Timeout(request.seconds, connect=_CONNECT)
        if request.secret:
            # As a header: an `auth` object of the library may answer challenges, and this one must not.
            arguments["auth"] = httpx2.BasicAuth("__token__", request.secret)
        if request.body is not None:
            arguments["json"] = dict(request.body)
        if request.file is not None:
            path = Path(request.file.path)
            stream = open_files.enter_context(path.open("rb"))
            content = _Watched(stream, self._stop, self._sent)
            arguments["data"] = _grouped(request.form)
            kind = "application/octet-stream"
            arguments["files"] = {"content": (request.file.filename, content, kind)}
        return arguments

    def _asked(self, request: Ask, arguments: dict[str, Any]) -> Outcome:
        with self._client.stream(request.method, request.url, **arguments) as response:
            body = _bounded(response.iter_bytes(), request.max_bytes)
            if body is None:
                return Unreached(
                    reason=f"the answer has more than {request.max_bytes} bytes", passing=False
                )
            return Answer(
                status=response.status_code,
                headers={name.lower(): text for name, text in response.headers.items()},
                body=body,
                phrase=response.reason_phrase,
            )


class _Watched:
    """A file that says how much of it was read, and stops being read when somebody told us to stop."""

    def __init__(self, stream: IO[bytes], stop: Stop, sent: Callable[[int], None]) -> None:
        self._stream = stream
        self._stop = stop
        self._sent = sent

    def read(self, size: int = -1) -> bytes:
        self._stop.check()
        data = self._stream.read(size)
        self._sent(len(data))
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def fileno(self) -> int:
        return self._stream.fileno()


def _grouped(form: tuple[tuple[str, str], ...]) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, text in form:
        grouped.setdefault(name, []).append(text)
    return grouped


def _bounded(chunks: Iterator[bytes], most: int) -> bytes | None:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500] or type(error).__name__


def _is_certificate(error: BaseException | None) -> bool:
    """Whether a certificate is why: asking again does not make it good."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False

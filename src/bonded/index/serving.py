"""An index on a socket: TLS, uvicorn, and an end that waits for the requests that are being answered."""

import asyncio
import contextlib
import logging
import math
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from bonded.errors import RemoteError, UsageError
from bonded.index.running.express import express
from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock, Refused, sweep

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from starlette.types import ASGIApp

__all__ = ["Ending", "Tls", "is_news", "listen", "names_of", "serve", "tls_context"]

USUAL = Patience()

_TICK = 0.1
"""Seconds between two looks at the connections."""

_KEEP_ALIVE = 75
"""Seconds for which a connection may lie idle: longer than in proxies in front, which would race with our end of it."""

_OTHER_FILES = 256
"""Files that are open beside those of connections."""

_CUT_OFF = "Cancel %s running task(s)"
"""How uvicorn's line about requests that have not ended begins."""

_NOT_READ = "and settings are read at the start only"

_log = logging.getLogger("bonded.index")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises RemoteError where there can be none, as for a port that is in use."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except UnicodeError:
        told = "that is no name of a host"
    except OSError as error:
        # The socket module adds the address to the text of an error that has a number of the system's.
        is_name = isinstance(error, socket.gaierror)
        told = str(error.strerror) if is_name else os.strerror(error.errno or 0)
    raise RemoteError(
        f"{host}:{port} cannot be listened on: {told}",
        hint="give another --host or --port, or stop what listens there",
    )


class Tls:
    """A certificate with its key, as a server shows it, and where it came from; raises UsageError."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self.context = tls_context(certificate, key)

    def renew(self) -> None:
        """Show what is in the files by now to connections from now on; raises UsageError, and changes nothing then."""
        tls_context(*self._files)
        self.context.load_cert_chain(*self._files, password=_no_password)

    def __str__(self) -> str:
        """Return which certificate it is: its files, the hosts that it is for, and when it ends."""
        certificate, key = self._files
        names = ", ".join(names_of(certificate)) or "no host"
        end = _leaf(certificate).not_valid_after_utc.strftime("%Y-%m-%d %H:%M UTC")
        return f"{certificate} (for {names}, until {end}) with the key {key}"


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the TLS settings of a server with this certificate chain and key, PEM; raises UsageError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    try:
        # An encrypted key would make OpenSSL ask at the terminal; a server starts without anybody there.
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"{certificate} and {key} are no certificate with its key: {_reason(error)}",
            hint="give a certificate chain and its unencrypted private key, both in PEM form",
        ) from None
    return context


def names_of(certificate: Path) -> tuple[str, ...]:
    """Return the host names that a certificate is for, without wildcards, in its order."""
    from cryptography import x509

    try:
        names = (
            _leaf(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        )
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        name for name in names.get_values_for_type(x509.DNSName) if not name.startswith("*")
    )


def _leaf(certificate: Path) -> "Certificate":
    from cryptography import x509

    return x509.load_pem_x509_certificates(certificate.read_bytes())[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is told when a signal ends the server: `drain` is called first; `is_watched` says whether anybody looks."""

    drain: Callable[[], None]
    is_watched: Callable[[], bool]


def serve(
    app: "ASGIApp",
    listener: socket.socket,
    *,
    tls: "Tls | None",
    started: Callable[[], None],
    patience: Patience = USUAL,
    ending: Ending | None = None,
    refused: Refused | None = None,
) -> int:
    """Serve until SIGINT or SIGTERM comes, and return its number; `started` is called once clients are answered.

    SIGHUP reads the certificate anew. After SIGTERM, requests are taken for a moment yet if somebody watches.
    `refused` notes answers that are given before a request reaches the app.
    """
    clock = Clock()
    server = _Server(_config(app, tls, patience, clock, refused), clock, patience, started, ending)
    logging.getLogger("uvicorn.error").addFilter(is_news)
    _raise_files(patience.connections)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.live(listener, tls))
    return server.signal


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line belongs in the log: not the trace of a request that was cut off because the server ends.

    That requests were cut off is said in our words, as a warning: whoever stops a server means it.
    """
    if str(record.msg).startswith(_CUT_OFF) and isinstance(record.args, tuple):
        _log.warning(
            "requests had not ended when their time was over, and were cut off: %s", record.args[0]
        )
        return False
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, asyncio.CancelledError)


class _Server(uvicorn.Server):
    """A server that says when it has started, and which signal ended it, instead of raising that again."""

    def __init__(
        self,
        config: uvicorn.Config,
        clock: Clock,
        patience: Patience,
        started: Callable[[], None],
        ending: Ending | None,
    ) -> None:
        super().__init__(config)
        self.signal = 0
        self._clock = clock
        self._patience = patience
        self._tell = started
        self._ending = ending

    async def live(self, listener: socket.socket, tls: "Tls | None") -> None:
        """Serve, and look after the connections meanwhile."""
        loop = asyncio.get_running_loop()
        self._clock.now = loop.time()
        loop.add_signal_handler(signal.SIGHUP, _renew, tls)
        sweeping = loop.create_task(self._sweep(loop))
        try:
            await self.serve(sockets=[listener])
        finally:
            sweeping.cancel()
            loop.remove_signal_handler(signal.SIGHUP)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Go on for a moment while somebody watches readiness; then take no connection more, and let requests end."""
        if self._ending is not None:
            self._ending.drain()
            if self.signal == signal.SIGTERM and self._ending.is_watched():
                for _ in range(int(self._patience.linger / _TICK)):
                    if self.force_exit:
                        break
                    await asyncio.sleep(_TICK)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Note the first signal; a second one does not wait for requests. One that was ignored stays ignored."""
        loop = asyncio.get_running_loop()
        heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
        for one in heard:
            loop.add_signal_handler(one, self._hear, one)
        try:
            yield
        finally:
            for one in heard:
                loop.remove_signal_handler(one)

    def _hear(self, number: int) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.signal = self.signal or number
        if self.force_exit:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            for task in list(self.server_state.tasks):
                task.cancel()

    async def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            await asyncio.sleep(_TICK)
            sweep(self.server_state.connections, self._clock, loop.time())


def _config(
    app: "ASGIApp", tls: "Tls | None", patience: Patience, clock: Clock, refused: Refused | None
) -> uvicorn.Config:
    kind = express(patience, clock)
    if refused is not None:
        kind.refused = staticmethod(refused)
    more: dict[str, Any] = {}
    if tls is not None:
        more["ssl_context_factory"] = lambda *_: tls.context
    return uvicorn.Config(
        app,
        http=kind,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        # Headers of proxies are read by `web.origin`, from proxies that are named.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, math.ceil(patience.grace)),
        **more,
    )


def _renew(tls: "Tls | None") -> None:
    """Read the certificate anew; where that cannot be, the one before stays."""
    if tls is None:
        _log.warning("SIGHUP: nothing is read anew: there is no certificate, %s", _NOT_READ)
        return
    try:
        tls.renew()
    except UsageError as error:
        _log.error("SIGHUP: the certificate stays as it was: %s", error.message)
    else:
        _log.info("SIGHUP: read anew, for connections from now on: %s, %s", tls, _NOT_READ)


def _raise_files(connections: int) -> None:
    """Let the process open as many files as connections need, as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)

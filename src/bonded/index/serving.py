"""An index on a socket: TLS, uvicorn, and an end that waits for the requests that are being answered."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from bonded.errors import RemoteError, UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["is_news", "listen", "names_of", "serve", "tls_context"]

GRACE = 10
"""Seconds that requests may take to end once the server was told to stop."""

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

    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        name for name in names.get_values_for_type(x509.DNSName) if not name.startswith("*")
    )


def serve(
    app: "ASGIApp",
    listener: socket.socket,
    *,
    context: ssl.SSLContext | None,
    started: Callable[[], None],
) -> int:
    """Serve until SIGINT or SIGTERM comes, and return its number; `started` is called once clients are answered."""
    server = _Server(_config(app, context), started)
    logging.getLogger("uvicorn.error").addFilter(is_news)
    asyncio.run(server.serve(sockets=[listener]))
    return server.signal


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line belongs in the log: not the trace of a request that was cut off because the server ends."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, asyncio.CancelledError)


class _Server(uvicorn.Server):
    """A server that says when it has started, and which signal ended it, instead of raising that again."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.signal = 0
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

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


def _config(app: "ASGIApp", context: ssl.SSLContext | None) -> uvicorn.Config:
    tls: dict[str, Any] = {}
    if context is not None:
        tls["ssl_context_factory"] = lambda *_: context
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        # Headers of proxies are read by `web.origin`, from proxies that are named.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        **tls,
    )


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)

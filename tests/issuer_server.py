"""A server on this machine that answers as it is told, badly too: what the way out is tried against."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bonded.outside.addresses import Address

HOME = ipaddress.ip_address("127.0.0.1")
NAME = "issuer.test"
"""The name that the server's certificate is for, with the address 127.0.0.1."""


class Hang:
    """An answer that never comes: the connection stays open, and nothing is said."""


HANG = Hang()
Answer = bytes | Iterable[bytes] | Hang


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return a complete answer as it stands on the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def at_home(*names: str) -> Callable[[str], Sequence[Address]]:
    """Return a resolver that knows these names, all on this machine, and addresses."""

    def resolve(host: str) -> Sequence[Address]:
        if host in names or host == NAME:
            return (HOME,)
        try:
            return (ipaddress.ip_address(host),)
        except ValueError:
            raise OSError(f"no such name: {host}") from None

    return resolve


@dataclass
class Server:
    """What the server says for each path, and which heads of requests it got."""

    answers: dict[str, Answer] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    port: int = 0
    scheme: str = "https"
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The server's address, without a final slash."""
        return f"{self.scheme}://{NAME if self.scheme == 'https' else HOME}:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [head.split(" ")[1] for head in self.heads]

    def drip(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Give pieces slowly, for as long as the server is there."""
        for piece in pieces:
            yield piece
            if self.closing.wait(0.01):
                return

    def serve(self, connection: socket.socket) -> None:
        """Answer one request."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        self.heads.append(head.decode("latin-1"))
        said = self.answers.get(self.paths[-1], answer(b"nothing here", status="404 Not Found"))
        if isinstance(said, Hang):
            self.closing.wait(10)
            return
        for piece in [said] if isinstance(said, bytes) else said:
            connection.sendall(piece)


@contextmanager
def serving(
    answers: Mapping[str, Answer] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Run a server for the block; over TLS if there is a context, else in plain HTTP."""
    server = Server(dict(answers or {}), scheme="http" if tls is None else "https")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threads: list[threading.Thread] = []

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                if tls is None:
                    server.serve(connection)
                    return
                with tls.wrap_socket(connection, server_side=True) as secured:
                    server.serve(secured)

        def accept() -> None:
            while not server.closing.is_set():
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            server.closing.set()
            socket.create_connection(listener.getsockname()).close()  # wakes `accept`
            accepting.join()
            for thread in threads:
                thread.join()


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate("authority.test", key, None)


def authority_bundle(folder: Path) -> Path:
    """Write the certificate of the tests' authority, and return where."""
    path = folder / "authority.pem"
    path.write_bytes(_authority()[1].public_bytes(serialization.Encoding.PEM))
    return path


def server_tls(folder: Path, name: str = NAME, *, expired: bool = False) -> ssl.SSLContext:
    """Return the server's side of TLS, with a certificate of the tests' authority for this name."""
    key = ec.generate_private_key(ec.SECP256R1())
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + _certificate(name, key, _authority(), expired=expired).public_bytes(
            serialization.Encoding.PEM
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    by: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None,
    *,
    expired: bool = False,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by[1].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * day)
        .not_valid_after(now - day if expired else now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(key if by is None else by[0], hashes.SHA256())
    )

"""`[listen]`: where the server listens, and how long it waits for whoever is slow."""

from dataclasses import dataclass
from pathlib import Path

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.paths import is_file
from bonded.index.configuration.table import Table
from bonded.index.running.patience import Patience

__all__ = ["MAX_PORT", "SECTION", "Listen", "read"]

MAX_PORT = 65535
_USUAL = Patience()

SECTION = Section(
    name="listen",
    title="Where it listens",
    keys=(
        Key(
            name="host",
            kind=Kind.TEXT,
            default="127.0.0.1",
            meaning="the address to listen on; `--host` is stronger",
        ),
        Key(
            name="port",
            kind=Kind.COUNT,
            default=8080,
            meaning="the port to listen on, 0 for one that is free; `--port` is stronger",
        ),
        Key(
            name="tls-cert",
            kind=Kind.TEXT,
            told="no TLS",
            meaning="the file of the certificate chain (PEM); `--tls-cert` is stronger",
        ),
        Key(
            name="tls-key",
            kind=Kind.TEXT,
            told="no TLS",
            meaning="the file of its private key (PEM); `--tls-key` is stronger",
        ),
        Key(
            name="max-connections",
            kind=Kind.COUNT,
            default=_USUAL.connections,
            meaning="connections that are open at once; who comes then is told to come again (503)",
        ),
        Key(
            name="max-peer-connections",
            kind=Kind.COUNT,
            default=_USUAL.peer_connections,
            meaning="connections of one address (of IPv6: of a /64) at once, unless it is one of `trusted-proxies`; "
            "who comes then is told to come again (503)",
        ),
        Key(
            name="header-time",
            kind=Kind.SECONDS,
            default=_USUAL.head,
            meaning="seconds in which the whole head of a request must come",
        ),
        Key(
            name="idle-time",
            kind=Kind.SECONDS,
            default=_USUAL.idle,
            meaning="seconds for which a body may not come, or an answer may not be taken; whoever sends or takes less "
            "than 500 bytes a second is cut off after these, too",
        ),
        Key(
            name="body-time",
            kind=Kind.SECONDS,
            default=_USUAL.body,
            meaning="seconds in which the whole body of a request must come; an upload with a token may take longer, "
            "as long as it has 4096 bytes a second on the whole",
        ),
        Key(
            name="header-size",
            kind=Kind.SIZE,
            default=_USUAL.head_size,
            meaning="how large the head of a request may be",
        ),
        Key(
            name="grace",
            kind=Kind.SECONDS,
            default=_USUAL.grace,
            meaning="seconds that open requests may take to end after SIGTERM",
        ),
        Key(
            name="linger",
            kind=Kind.SECONDS,
            default=_USUAL.linger,
            meaning="seconds after SIGTERM in which requests are still taken while `/ready` says no, if somebody asked "
            "`/ready` in the minute before",
        ),
    ),
    notes="Send the process SIGHUP when the certificate was renewed: both files are read again, and the log says "
    "which hosts and until when. Other settings are read at the start only.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where to listen: TLS needs both files. `patience` is how long to wait for whoever is slow."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None
    patience: Patience = _USUAL


def read(table: Table) -> Listen:
    """Read where to listen; a file of TLS that is not there is said now."""
    port = table.count("port")
    if port > MAX_PORT:
        table.unexpected("port", f"a port, 0 to {MAX_PORT}", port)
    patience = Patience(
        connections=table.count("max-connections"),
        peer_connections=table.count("max-peer-connections"),
        head=table.number("header-time"),
        body=table.number("body-time"),
        idle=table.number("idle-time"),
        head_size=table.size("header-size"),
        grace=table.number("grace"),
        linger=table.number("linger"),
    )
    listen = Listen(
        host=table.text("host"),
        port=port,
        tls_cert=_file(table, "tls-cert"),
        tls_key=_file(table, "tls-key"),
        patience=patience,
    )
    for key, other in (("tls-cert", "tls-key"), ("tls-key", "tls-cert")):
        if table.text(key) and not table.text(other):
            table.fault(key, f"{other!r} is missing", "give both, or neither")
    table.close()
    return listen


def _file(table: Table, key: str) -> Path | None:
    text = table.text(key)
    if not text:
        return None
    path = table.folder / text
    if not is_file(path):
        table.fault(key, f"there is no file {text!r}", expected="a file", got=text)
    return path

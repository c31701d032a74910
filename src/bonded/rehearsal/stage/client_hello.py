"""The name that a TLS client asks for, read from its first flight without answering it.

A ClientHello (RFC 8446, section 4.1.2) may be spread over several records and any number of reads. The reader is given
everything that came so far and says: more is needed, these are the names, or this is no TLS. It looks at nothing but
lengths and the `server_name` extension (RFC 6066, section 3), and refuses what two readers could read differently.
"""

from dataclasses import dataclass

__all__ = ["MAX_FLIGHT", "Incomplete", "NotTLS", "ServerNames", "read_client_hello"]

MAX_FLIGHT = 65536
"""Bytes that a first flight may take; with post-quantum key shares real ones reach about 2,000."""

HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME = 22, 1, 0, 0
MAJOR_VERSION = 3
RECORD_HEADER, MESSAGE_HEADER = 5, 4
MAX_RECORD = 16384
MAX_RECORDS = 256
"""Records that a hello may be spread over. Every read looks at all of them again, so their number bounds that work."""


@dataclass(frozen=True, slots=True)
class ServerNames:
    """The host names in the hello, in lower case and without the root's dot; usually one."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The hello goes on beyond the bytes at hand."""


@dataclass(frozen=True, slots=True)
class NotTLS:
    """These bytes are no ClientHello, or not one that can be read in one way only."""

    why: str


class _Malformed(ValueError):
    pass


def read_client_hello(data: bytes) -> ServerNames | Incomplete | NotTLS:
    """Read the start of a TLS connection; never raises, whatever the bytes."""
    if len(data) > MAX_FLIGHT:
        return NotTLS("its first message is too long")
    try:
        message = _handshake(data)
        return Incomplete() if message is None else ServerNames(_server_names(message))
    except _Malformed as error:
        return NotTLS(str(error))


def _handshake(data: bytes) -> bytes | None:
    """Join the handshake's records; None while some are missing."""
    message = bytearray()
    at = 0
    for _ in range(MAX_RECORDS):
        header = data[at : at + RECORD_HEADER]
        expected = bytes((HANDSHAKE, MAJOR_VERSION))
        if not expected.startswith(header[:2]):
            raise _Malformed("it does not begin with a TLS handshake")
        if len(header) < RECORD_HEADER:
            return None
        length = int.from_bytes(header[3:], "big")
        if not 0 < length <= MAX_RECORD:
            raise _Malformed("a TLS record has an impossible length")
        begin, at = at + RECORD_HEADER, at + RECORD_HEADER + length
        if len(data) < at:
            return None
        message += data[begin:at]
        if message[0] != CLIENT_HELLO:
            raise _Malformed("its first message is no ClientHello")
        end = MESSAGE_HEADER + int.from_bytes(message[1:MESSAGE_HEADER], "big")
        if len(message) >= max(MESSAGE_HEADER, end):
            return bytes(message[MESSAGE_HEADER:end])
    raise _Malformed("its first message is cut into too many records")


def _server_names(hello: bytes) -> tuple[str, ...]:
    rest = _skip(hello, 2 + 32)  # legacy version, random
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        _, rest = _vector(rest, size)
    if not rest:
        return ()
    extensions, rest = _vector(rest, 2)
    if rest:
        raise _Malformed("bytes follow the ClientHello")
    found: list[bytes] = []
    while extensions:
        kind, extensions = int.from_bytes(extensions[:2], "big"), _skip(extensions, 2)
        body, extensions = _vector(extensions, 2)
        if kind == SERVER_NAME:
            found.append(body)
    if len(found) > 1:
        raise _Malformed("it names its server twice")
    return tuple(name for body in found for name in _host_names(body))


def _host_names(extension: bytes) -> tuple[str, ...]:
    entries, rest = _vector(extension, 2)
    if rest:
        raise _Malformed("bytes follow the server's name")
    names: list[str] = []
    while entries:
        kind, entries = entries[0], entries[1:]
        name, entries = _vector(entries, 2)
        if kind != HOST_NAME or not name.isascii():
            raise _Malformed("it names its server in an unknown manner")
        names.append(name.decode("ascii").lower().removesuffix("."))
    return tuple(names)


def _vector(data: bytes, size: int) -> tuple[bytes, bytes]:
    """Split off a vector whose length takes `size` bytes: its body, and what follows."""
    end = size + int.from_bytes(data[:size], "big")
    if len(data) < max(size, end):
        raise _Malformed("a length in its ClientHello reaches too far")
    return data[size:end], data[end:]


def _skip(data: bytes, count: int) -> bytes:
    if len(data) < count:
        raise _Malformed("its ClientHello is cut short")
    return data[count:]

"""DER: the few types that certificate extensions and timestamps need (ITU-T X.690). Pure.

The cryptography library reads and writes certificates; this is the rest.
"""

__all__ = [
    "INTEGER",
    "SEQUENCE",
    "explicit",
    "generalized_time",
    "integer",
    "object_identifier",
    "octet_string",
    "sequence",
    "set_of",
    "utf8_string",
    "values",
]

INTEGER = 0x02
SEQUENCE = 0x30

SHORT = 0x80
"""Lengths below this stand in one byte."""


def explicit(number: int, *parts: bytes) -> bytes:
    """Return a value under the context-specific, constructed tag `[number]`."""
    return _tagged(0xA0 | number, *parts)


def generalized_time(text: str) -> bytes:
    """Return a time such as `20261121133000Z`."""
    return _tagged(0x18, text.encode())


def integer(value: int) -> bytes:
    """Return a whole number that is not negative."""
    return _tagged(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def object_identifier(dotted: str) -> bytes:
    """Return an object identifier, given as numbers between dots."""
    first, second, *rest = map(int, dotted.split("."))
    return _tagged(0x06, *map(_base_128, (first * 40 + second, *rest)))


def octet_string(data: bytes) -> bytes:
    """Return bytes as a value."""
    return _tagged(0x04, data)


def sequence(*parts: bytes) -> bytes:
    """Return values in their order."""
    return _tagged(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return values of one type in the order that DER demands: that of their bytes."""
    return _tagged(0x31, *sorted(parts))


def utf8_string(text: str) -> bytes:
    """Return a text."""
    return _tagged(0x0C, text.encode())


def values(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return what stands in `data`, one value after another: tag, content, and the whole; raises ValueError."""
    found = []
    while data:
        body = 2
        length = data[1] if len(data) > 1 else 0
        if length >= SHORT:
            body += length - SHORT
            length = int.from_bytes(data[2:body])
        end = body + length
        if len(data) < end:
            raise ValueError("a value is cut off")
        found.append((data[0], data[body:end], data[:end]))
        data = data[end:]
    return found


def _tagged(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < SHORT:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag, SHORT | len(length)]) + length + body


def _base_128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | value & 0x7F)
    return bytes(reversed(digits))

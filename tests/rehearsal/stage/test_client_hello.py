import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.client_hello import (
    MAX_FLIGHT,
    MAX_RECORDS,
    Incomplete,
    NotTLS,
    ServerNames,
    read_client_hello,
)


def real_hello(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def vector(body: bytes, size: int) -> bytes:
    return len(body).to_bytes(size, "big") + body


def host(name: bytes, kind: int = 0) -> bytes:
    return bytes((kind,)) + vector(name, 2)


def server_name(*entries: bytes) -> bytes:
    return b"\0\0" + vector(vector(b"".join(entries), 2), 2)


def hello(extensions: bytes | None, kind: int = 1) -> bytes:
    """The handshake message alone, without a record around it."""
    body = b"\3\3" + bytes(32) + vector(b"", 1) + vector(b"\x13\x01", 2) + vector(b"\0", 1)
    if extensions is not None:
        body += vector(extensions, 2)
    return bytes((kind,)) + vector(body, 3)


def records(message: bytes, size: int = 16384) -> bytes:
    """The message in records of at most `size` bytes."""
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\3\1" + vector(part, 2) for part in parts)


@pytest.mark.parametrize(
    ("name", "names"),
    [("one.example", ("one.example",)), ("One.Example.", ("one.example",)), (None, ())],
)
def test_a_real_client_is_understood(name: str | None, names: tuple[str, ...]) -> None:
    """OpenSSL's own first flight is read, in any spelling of the name."""
    assert read_client_hello(real_hello(name)) == ServerNames(names)


def test_every_beginning_asks_for_more() -> None:
    """A flight that arrives byte by byte is incomplete until its last byte."""
    flight = real_hello("one.example")

    assert {type(read_client_hello(flight[:end])) for end in range(len(flight))} == {Incomplete}


@settings(deadline=None, max_examples=50)
@given(size=st.integers(1, 300))
def test_records_may_be_cut_anywhere(size: int) -> None:
    """How a hello is spread over records changes nothing."""
    flight = records(hello(server_name(host(b"one.example"))), size)

    assert read_client_hello(flight) == ServerNames(("one.example",))
    assert read_client_hello(flight[:-1]) == Incomplete()


@pytest.mark.parametrize(
    ("flight", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "does not begin"),
        (b"SSH-2.0-OpenSSH\r\n", "does not begin"),
        (b"\x16\2\0\0\1\1", "does not begin"),
        (b"\x80\x2e\1\0\2", "does not begin"),
        (b"\x16\3\1\0\0", "impossible length"),
        (b"\x16\3\1\xff\xff", "impossible length"),
        (records(hello(None, kind=2)), "no ClientHello"),
        (records(b"\1\0\0\x05\3\3abc"), "cut short"),
        (records(hello(b"\0")), "cut short"),
        (records(hello(b"\0\0\0")), "reaches too far"),
        (records(hello(b"\0\0\0\x09abc")), "reaches too far"),
        (records(hello(server_name(host(b"a")) * 2)), "twice"),
        (records(hello(server_name(host(b"a", kind=7)))), "unknown manner"),
        (records(hello(server_name(host(b"\xff")))), "unknown manner"),
        (records(hello(b"\0\0" + vector(vector(host(b"a"), 2) + b"x", 2))), "bytes follow"),
        (records(b"\1" + vector(hello(b"")[4:] + b"x", 3)), "bytes follow"),
        (b"\x16" * (MAX_FLIGHT + 1), "too long"),
        (records(b"\1\0\xff\xff" + bytes(MAX_RECORDS), 1), "too many records"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_no_tls(flight: bytes, why: str) -> None:
    """Other protocols, broken lengths and doubled names are refused with the reason."""
    found = read_client_hello(flight)

    assert isinstance(found, NotTLS)
    assert why in found.why


def test_a_hello_may_take_all_records_that_are_allowed() -> None:
    """Up to the limit the number of records is free."""
    begun = b"\1\0\xff\xff" + bytes(MAX_RECORDS - 5)

    assert read_client_hello(records(begun, 1)) == Incomplete()


def test_old_clients_have_no_extensions() -> None:
    """A hello that ends after its compression methods asks for no name."""
    assert read_client_hello(records(hello(None))) == ServerNames(())


def test_all_names_are_told() -> None:
    """A hello with two names gives both, so that the caller can refuse."""
    flight = records(hello(server_name(host(b"a.example"), host(b"b.example"))))

    assert read_client_hello(flight) == ServerNames(("a.example", "b.example"))


@settings(deadline=None, max_examples=300)
@given(
    data=st.binary(max_size=400) | st.binary(max_size=300).map(lambda body: records(b"\1" + body))
)
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """Nothing that a client sends makes the reader raise."""
    assert isinstance(read_client_hello(data), ServerNames | Incomplete | NotTLS)


@settings(deadline=None, max_examples=200)
@given(at=st.integers(0, 2000), byte=st.integers(0, 255))
def test_a_bent_hello_has_an_answer(at: int, byte: int) -> None:
    """One wrong byte in a real hello never makes the reader raise."""
    flight = bytearray(records(hello(server_name(host(b"one.example")))))
    flight[at % len(flight)] = byte

    assert isinstance(read_client_hello(bytes(flight)), ServerNames | Incomplete | NotTLS)

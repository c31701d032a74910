"""Fuzz targets: functions of bytes, each with an invariant that it asserts. Nothing that comes may break one.

`tests/fuzz/run.py` feeds them for as long as one likes, `tests/fuzz/test_fuzz.py` with the corpus and a few mutations.
"""

import contextlib
import gzip
from collections.abc import Callable, Mapping
from typing import cast

from bonded.dists.agreement import disagreements, omission_fault, published
from bonded.dists.metadata import CoreMetadata, read_declared, read_form, read_metadata
from bonded.dists.names import MAX_NAME, InvalidName, SdistName, parse_filename, strict_name_fault
from bonded.index.checks.contents import entry_points_fault
from bonded.index.ports import Spool
from bonded.index.web.multipart import BadForm, FormReader
from bonded.minting.exchange import Granted, Refused
from bonded.oidc.claims import MalformedToken, UnverifiedToken
from mint_builder import Mint
from other_readers import agree_on_sdist, agree_on_wheel

__all__ = ["TARGETS"]

KIND = "multipart/form-data; boundary=limit"


def wheel(data: bytes) -> None:
    """A wheel is refused, or everybody reads the same in it."""
    agree_on_wheel(data)


def sdist(data: bytes) -> None:
    """A source distribution is refused, or everybody reads the same in it."""
    agree_on_sdist(data)


def tar(data: bytes) -> None:
    """The same below the compression, where no checksum helps."""
    agree_on_sdist(gzip.compress(data, mtime=0))


def metadata(data: bytes) -> None:
    """Any METADATA is read or refused, and what was read whole agrees with a form that says the same."""
    declared = read_declared(data)
    form = read_form([("metadata_version", "2.1"), ("name", "a"), ("version", "1")])
    assert isinstance(form, CoreMetadata)
    for is_sdist in (True, False):
        assert all(
            found.expected and found.got
            for found in disagreements(form, declared, is_sdist=is_sdist)
        )
    omission_fault(form, declared)
    published(form, declared)
    whole = read_metadata(data)
    if isinstance(whole, CoreMetadata):
        assert disagreements(whole, declared, is_sdist=False) == ()


def form(data: bytes) -> None:
    """Any form, one field to a line, is valid or has faults that name their fields."""
    pairs = [
        tuple(line.partition("=")[::2]) for line in data.decode("utf-8", "replace").split("\n")
    ]
    read = read_form([(name, value) for name, value in pairs])
    assert isinstance(read, CoreMetadata) or (
        read and all(fault.field and fault.message for fault in read)
    )


def entry_points(data: bytes) -> None:
    """Any `entry_points.txt` is good or has a fault."""
    assert entry_points_fault(data) != ""


def multipart(data: bytes) -> None:
    """A form is the same, or refused, however the network cuts it."""
    whole = _form([data])
    assert whole == _form([data[place : place + 7] for place in range(0, len(data), 7)])


class Memory:
    """A spool that forgets."""

    def __init__(self) -> None:
        self.kept = bytearray()

    @property
    def size(self) -> int:
        """Return how many bytes came."""
        return len(self.kept)

    def write(self, chunk: bytes) -> None:
        """Take bytes."""
        self.kept += chunk


def _form(chunks: list[bytes]) -> object:
    spool = Memory()
    try:
        reader = FormReader(KIND, cast("Spool", spool), form_size=10_000, file_size=100_000)
        for chunk in chunks:
            reader.feed(chunk)
        reader.finish()
    except BadForm:
        return "refused"
    return reader.pairs, reader.filename, reader.content_type, reader.strays, bytes(spool.kept)


def filename(data: bytes) -> None:
    """A file name is refused, or is bare, and says the same when it is read again."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        name = parse_filename(text)
    except InvalidName:
        return
    assert not set(text) & set("/\\\0\n\r\x1b ")
    assert parse_filename(name.filename) == name
    if isinstance(name, SdistName) and len(name.exact) <= MAX_NAME:
        assert strict_name_fault(parse_filename(name.exact)) is None


def jwt(data: bytes) -> None:
    """A token is malformed or has an issuer; and whatever body asks the mint, nothing is granted."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(MalformedToken):
        assert isinstance(UnverifiedToken.parse(text).issuer, str)
    for body in (data, b'{"token": "%s"}' % data):
        outcome = Mint().ask(body)
        assert isinstance(outcome, Refused)
        assert not isinstance(outcome, Granted)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (wheel, sdist, tar, metadata, form, entry_points, multipart, filename, jwt)
}

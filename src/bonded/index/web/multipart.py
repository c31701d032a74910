"""An upload form, read as it arrives: fields into memory under a limit, the file straight into a spool.

The parser pushes; this class only remembers where it is. Nothing here decides whether the form is a good one, except
where it cannot be read at all.

A form that is not kept, a stranger's, is read to its end under the same limits, but of its bytes only those stay that
decide how it is refused: the action, the beginning of the file's name, and the first field that should be a text. One
for which there is no memory at the moment goes on in the same way.
"""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from bonded.index.ports import BLOCK, Spool
from bonded.index.web.form_budget import Budget, Share

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

__all__ = ["BadForm", "FormReader"]

_SILENT = logging.Logger("forms", logging.CRITICAL + 1)  # noqa: LOG001 - nobody shall be able to turn it on
_LINE_END = b"\r\n"
_MAX_PARTS = 20_000
_ACTION = ":action"

_MAX_OPTIONS = 16
"""Options of a Content-Disposition; clients send two, and each costs the parser more than its bytes do."""

_MAX_SHOWN = 200
"""Characters that are repeated of a header."""

_MAX_NAME = 255
_MAX_ACTION = 1024
"""Characters of a name, and bytes of an action, that stay of a form that is not kept."""

_FIELD_COST = 256
"""Bytes that a field costs beside its text."""

_MAX_KEPT = 64
"""Bytes of a Content-Disposition whose meaning is remembered: longer ones name files."""

_NO_BOUND = Budget(1 << 62)


class BadForm(Exception):
    """The body is not a form that can be read."""


class FormReader:
    """Takes the chunks of one body; afterwards it knows the fields and the outward signs of the file.

    `file_size` bytes of the file and a little more are kept, enough to see that it is too large; the rest is let go.
    Where it is 0, nothing of the file is kept. What is kept of the fields, and of the file in memory, is taken from
    `share`; where that has no more, `is_crowded` is set and nothing is kept.
    """

    def __init__(
        self,
        content_type: str,
        spool: Spool,
        *,
        form_size: int,
        file_size: int,
        is_kept: bool = True,
        share: Share | None = None,
    ) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.filename: str | None = None
        self.content_type: str | None = None
        self.strays: list[str] = []
        self._spool = spool
        self._room = form_size
        self._file_size = file_size
        self._is_kept = is_kept
        self.is_crowded = False
        self._share = share or _NO_BOUND.share()
        self._parts = 0
        self._ended = False
        self._parser, boundary = _parser(content_type, self._callbacks())
        self._opening = b"--" + boundary
        self._first: bytes | None = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_name = self._header_value = b""
        self._field = ""
        self._text = bytearray()
        self._is_file = self._is_content = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body; raises `BadForm`."""
        if self._first is not None:
            self._first += chunk
            if len(self._first) < len(self._opening) + len(_LINE_END):
                return
            chunk, self._first = self._begin(self._first), None
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BadForm(f"Invalid form: {error}") from None

    def _begin(self, first: bytes) -> bytes:
        """Hold the body to begin with its boundary; old clients send an empty line before it.

        What the parser makes of anything else depends on how the network cut the body.
        """
        first = first.removeprefix(_LINE_END)
        if not first.startswith(self._opening):
            raise BadForm("Invalid form: it does not begin with its boundary")
        return first

    def close(self) -> None:
        """Let go of the parser, which holds this form: else both would wait for the garbage collector."""
        self._parser.callbacks = {}

    def finish(self) -> None:
        """Note that the body has ended; raises `BadForm` if the form has not."""
        if not self._ended:
            raise BadForm("Invalid form: it ends before its last boundary")

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._name_comes,
            "on_header_value": self._value_comes,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data_comes,
            "on_part_end": self._part_ends,
            "on_end": self._form_ends,
        }

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise BadForm(f"Invalid form: more than {_MAX_PARTS} fields")
        self._headers = {}
        self._text.clear()
        self._hold(_FIELD_COST)

    def _name_comes(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value_comes(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _pay(self, size: int) -> None:
        """Count fields, and headers, of which the parser bounds one and how many a part has."""
        self._room -= size
        if self._room < 0:
            raise BadForm("Invalid form: its fields are too large")
        self._hold(size)

    def _hold(self, size: int) -> None:
        """Take memory from the share; where there is none, let everything go."""
        if self._is_kept and not self._share.take(size):
            self._is_kept, self.is_crowded = False, True
            self._share.give_back()
            self._spool.discard()
            self.pairs.clear()
            self._text.clear()

    def _header_ends(self) -> None:
        self._pay(len(self._header_name) + len(self._header_value))
        name = self._header_name.lower()
        if name in self._headers:
            raise BadForm(f"Invalid form: a part with a header twice: {name[:_MAX_SHOWN]!r}")
        self._headers[name] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_end(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        if disposition.count(b";") > _MAX_OPTIONS:
            raise BadForm(f"Invalid form: a part with more than {_MAX_OPTIONS} options")
        kind, options = _options(disposition)
        if kind != b"form-data" or b"name" not in options:
            raise BadForm("Invalid form: a part without the header Content-Disposition: form-data")
        self._field = _decoded(options[b"name"], "a field's name")
        self._is_file = b"filename" in options
        self._is_content = self._is_file and self._field == "content" and self.filename is None
        if self._is_content:
            self.filename = self._cut(_decoded(options[b"filename"], "the file's name"))
            content_type = self._headers.get(b"content-type")
            self.content_type = None if content_type is None else content_type.decode("latin-1")
        elif (
            self._is_file and self._field != "gpg_signature" and (self._is_kept or not self.strays)
        ):
            self.strays.append(self._cut(self._field))

    def _cut(self, name: str) -> str:
        return name if self._is_kept else name[:_MAX_NAME]

    def _data_comes(self, data: bytes, start: int, end: int) -> None:
        if self._is_content:
            if self._is_kept and self._file_size and self._spool.size <= self._file_size:
                if self._spool.size < BLOCK:
                    self._hold(end - start)
                if not self.is_crowded:
                    self._spool.write(data[start:end])
        elif not self._is_file:
            self._pay(end - start)
            if self._is_kept:
                self._text += data[start:end]
            elif self._field == _ACTION and len(self._text) < _MAX_ACTION:
                self._text += data[start : min(end, start + _MAX_ACTION)]

    def _part_ends(self) -> None:
        if not self._is_kept:
            if self._field == _ACTION and not self._is_file:
                self.pairs[:] = [(_ACTION, self._text.decode(errors="replace"))]
        elif not self._is_file:
            text = _decoded(bytes(self._text), f"the field {self._field}")
            # A NUL would end the text for some programs; PyPI shows it as these four characters.
            self.pairs.append((self._field, text.replace("\x00", "\\x00")))

    def _form_ends(self) -> None:
        self._ended = True


def _parser(content_type: str, callbacks: "MultipartCallbacks") -> tuple[MultipartParser, bytes]:
    """Return the parser, which says nothing to the log whatever strangers send, and the boundary."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadForm(
            "Invalid form: expected the Content-Type multipart/form-data with a boundary,"
            f" got {content_type[:_MAX_SHOWN]!r}"
        )
    try:
        parser = MultipartParser(boundary, callbacks)
    except FormParserError as error:
        raise BadForm(f"Invalid form: {error}") from None
    parser.logger = _SILENT
    return parser, boundary


def _options(disposition: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    """Return what a Content-Disposition says; clients send the same few names with every file."""
    return (_kept_options if len(disposition) <= _MAX_KEPT else parse_options_header)(disposition)


@lru_cache(maxsize=128)
def _kept_options(disposition: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    return parse_options_header(disposition)


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadForm(f"Invalid form: {what} is not UTF-8") from None

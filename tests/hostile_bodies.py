"""Requests that are wrong before anybody looks at the upload in them: bodies, headers, tokens."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from index_world import wheel_offer

__all__ = ["BODIES", "CREDENTIALS", "Body"]

GOOD, KIND = wheel_offer().body()
_FIRST = GOOD.index(b"\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Body:
    """A request: its body, its headers, and what comes of it."""

    body: bytes
    words: str
    kind: str = KIND
    check: str = "form_is_readable"
    status: int = 400
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def _part(head: bytes, data: bytes = b"x") -> bytes:
    """Return a body with one part in front of the good ones."""
    return b"--limit\r\n" + head + b"\r\n\r\n" + data + b"\r\n" + GOOD


def _disposition(text: bytes) -> bytes:
    return _part(b"Content-Disposition: " + text)


def _action(text: str | None) -> bytes:
    return wheel_offer().bent(**{":action": text}).body()[0]


_UNREADABLE = "Invalid form: "
_NO_DISPOSITION = "a part without the header Content-Disposition: form-data"

BODIES: dict[str, Body] = {
    "empty": Body(b"", "ends before its last boundary"),
    "another boundary": Body(GOOD, _UNREADABLE, "multipart/form-data; boundary=other"),
    "a longer boundary": Body(GOOD, _UNREADABLE, "multipart/form-data; boundary=limits"),
    "a shorter boundary": Body(GOOD, _UNREADABLE, "multipart/form-data; boundary=limi"),
    "no boundary": Body(
        GOOD, "expected the Content-Type multipart/form-data with a boundary", "multipart/form-data"
    ),
    "an empty boundary": Body(GOOD, "with a boundary", "multipart/form-data; boundary="),
    "a huge boundary": Body(GOOD, _UNREADABLE, f"multipart/form-data; boundary={'x' * 5000}"),
    "no content type": Body(GOOD, "expected the Content-Type multipart/form-data", ""),
    "JSON": Body(b"{}", "expected the Content-Type multipart/form-data", "application/json"),
    "a plain form": Body(
        b":action=file_upload", "expected the Content-Type", "application/x-www-form-urlencoded"
    ),
    "mixed": Body(GOOD, "expected the Content-Type", "multipart/mixed; boundary=limit"),
    "XML": Body(b"<x/>", "expected the Content-Type", "text/xml"),
    "content type of noise": Body(GOOD, "expected the Content-Type", ";;;===;"),
    "a line feed in front": Body(b"\n" + GOOD, "does not begin with its boundary"),
    "two empty lines in front": Body(b"\r\n\r\n" + GOOD, "does not begin with its boundary"),
    "text in front": Body(b"hello\r\n" + GOOD, _UNREADABLE),
    "boundary with one hyphen": Body(GOOD.replace(b"--limit", b"-limit"), _UNREADABLE),
    "lines without carriage return": Body(GOOD.replace(b"\r\n", b"\n"), _UNREADABLE),
    "no end": Body(GOOD[:-10], "ends before its last boundary"),
    "end without its hyphens": Body(
        GOOD.replace(b"--limit--", b"--limit"), "ends before its last boundary"
    ),
    "only the end": Body(b"--limit--\r\n", "expected the :action", check="action_is_file_upload"),
    "cut in a header": Body(GOOD[:30], "ends before its last boundary"),
    "cut in the first field": Body(GOOD[: _FIRST + 6], "ends before its last boundary"),
    "cut in the file": Body(GOOD[:-200], "ends before its last boundary"),
    "cut by a byte": Body(GOOD[:-5], "ends before its last boundary"),
    "a part without headers": Body(_part(b"X: y"), _NO_DISPOSITION),
    "a part of no headers at all": Body(b"--limit\r\n\r\nx\r\n" + GOOD, _NO_DISPOSITION),
    "an attachment": Body(_disposition(b'attachment; name="a"'), _NO_DISPOSITION),
    "a part without a name": Body(_disposition(b"form-data"), _NO_DISPOSITION),
    "a part with a file name only": Body(_disposition(b'form-data; filename="a"'), _NO_DISPOSITION),
    "a name that is not UTF-8": Body(_disposition(b'form-data; name="\xff"'), "is not UTF-8"),
    "a header that is none": Body(_part(b"hello"), _UNREADABLE),
    "a header with a blank": Body(_part(b"Content Disposition: form-data"), _UNREADABLE),
    "a header with control characters": Body(_part(b"X\x00Y: z"), _UNREADABLE),
    "a header without a name": Body(_part(b": x"), _UNREADABLE + "|" + _NO_DISPOSITION),
    "a header that never ends": Body(_part(b"X: " + b"y" * 100_000), "Maximum header"),
    "thousands of headers": Body(
        _part(b"\r\n".join(b"X%d: y" % n for n in range(5000))), "Maximum header"
    ),
    "one header thousands of times": Body(_part(b"X: y\r\n" * 5000), "a header twice"),
    "large file names": Body(
        b'--limit\r\nContent-Disposition: form-data; name="a"; filename="%s"\r\n\r\n\r\n'
        % (b"x" * 4000)
        * 5000,
        "its fields are too large",
    ),
    "a header name that never ends": Body(_part(b"X" * 100_000 + b": y"), "Maximum header"),
    "a disposition of many options": Body(
        _disposition(b"form-data" + b"; a=b" * 5000), "Maximum header"
    ),
    "a disposition of some options": Body(
        _disposition(b'form-data; name="a"' + b"; a=b" * 16), "more than 16 options"
    ),
    "the disposition twice": Body(
        _part(
            b'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"'
        ),
        "a header twice",
    ),
    "a field that is not UTF-8": Body(
        _part(b'Content-Disposition: form-data; name="a"', b"\xff"), "is not UTF-8"
    ),
    "a file name that is not UTF-8": Body(
        GOOD.replace(b'filename="greeter', b'filename="\xff\xfe'), "the file's name is not UTF-8"
    ),
    "many fields": Body(
        b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 20_001 + GOOD,
        "more than 20000",
    ),
    "many files": Body(
        b'--limit\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n\r\n' * 2000
        + GOOD,
        "a: Should not be a tuple.",
        check="fields_are_texts",
    ),
    "large fields": Body(
        _part(b'Content-Disposition: form-data; name="a"', b"x" * (17 << 20)),
        "its fields are too large",
    ),
    **{
        f"action {action!r}": Body(
            _action(action), "takes uploads only", check="action_is_file_upload", status=status
        )
        for action, status in [
            ("submit", 410),
            ("submit_pkg_info", 410),
            ("doc_upload", 410),
            ("", 400),
            (None, 400),
            ("verify", 400),
            ("FILE_UPLOAD", 400),
            ("file_upload\0", 400),
            ("x" * 100_000, 400),
        ]
    },
    "another action in the address": Body(
        GOOD, "got 'remove'", check="action_is_file_upload", query="?:action=remove"
    ),
}


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


CREDENTIALS: dict[str, tuple[Callable[[str], str], str]] = {
    "none": (lambda token: "", "token_is_known"),
    "a blank": (lambda token: " ", "token_is_known"),
    "a scheme alone": (lambda token: "Bearer", "token_is_known"),
    "a scheme with nothing": (lambda token: "Bearer ", "token_is_known"),
    "another scheme": (lambda token: f"Digest {token}", "token_is_known"),
    "no scheme": (lambda token: token, "token_is_known"),
    "another token": (lambda token: "Bearer bonded-" + "x" * 43, "token_is_known"),
    "a shorter token": (lambda token: f"Bearer {token[:-1]}", "token_is_known"),
    "a longer token": (lambda token: f"Bearer {token}x", "token_is_known"),
    "the token in capitals": (lambda token: f"Bearer {token.upper()}", "token_is_known"),
    "the token twice": (lambda token: f"Bearer {token} {token}", "token_is_known"),
    "two schemes": (lambda token: f"Bearer Bearer {token}", "token_is_known"),
    "a token without its prefix": (
        lambda token: f"Bearer {token.partition('-')[2]}",
        "token_is_known",
    ),
    "PyPI's prefix": (lambda token: f"Bearer pypi-{token.partition('-')[2]}", "token_is_known"),
    "an ID token": (lambda token: "Bearer eyJhbGciOiJub25lIn0.e30.", "token_is_known"),
    "a person": (lambda token: _basic(f"alice:{token}"), "token_is_known"),
    "a person's password": (lambda token: _basic("alice:secret"), "token_is_known"),
    "nobody": (lambda token: _basic(f":{token}"), "token_is_known"),
    "no password": (lambda token: _basic("__token__:"), "token_is_known"),
    "no colon": (lambda token: _basic("__token__"), "token_is_known"),
    "user name in capitals": (lambda token: _basic(f"__TOKEN__:{token}"), "token_is_known"),
    "no base64": (lambda token: "Basic !!!", "token_is_known"),
    "half base64": (lambda token: "Basic YQ=", "token_is_known"),
    "base64 of noise": (
        lambda token: "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "token_is_known",
    ),
    "a huge token": (lambda token: "Bearer " + "x" * 60_000, "token_is_known"),
    "a token with a quote": (lambda token: f"Bearer {token[:-1]}'", "token_is_known"),
    "SQL": (lambda token: "Bearer bonded-' OR 1=1 --", "token_is_known"),
    "an expired token": (lambda token: "Bearer <expired>", "token_is_in_time"),
    "a token of another project": (
        lambda token: "Bearer <other>",
        "token_covers_project|project_exists",
    ),
    "a token of no project": (lambda token: "Bearer <none>", "token_covers_project|project_exists"),
}

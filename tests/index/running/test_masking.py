"""What may stand in a log."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.running.logs import REQUEST_ID, JsonLines, TextLines
from bonded.index.running.masking import MASK, escaped, masked
from bonded.minting.upload_token import make_token

TOKEN = make_token(b"s" * 32)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2EifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"token {TOKEN} came", f"token {MASK} came"),
        (f"'{TOKEN}'", f"'{MASK}'"),
        (f"Authorization: Bearer {JWT}", f"Authorization: {MASK} {MASK}"),
        (JWT, MASK),
        ("Basic dXNlcjpwYXNzd29yZA==", f"Basic {MASK}"),
        ("postgresql://bonded:hunter2@db.example/x", f"postgresql://bonded:{MASK}@db.example/x"),
        ("https://u:p@ss@host/path", f"https://u:{MASK}@host/path"),
        ("GET /simple/?token=abc&x=1 HTTP", f"GET /simple/?{MASK} HTTP"),
        ("https://a.example/x?key=abc", f"https://a.example/x?{MASK}"),
        ('{"password": "hunter2", "a": 1}', f'{{"password": "{MASK}", "a": 1}}'),
        ("password=hunter2&x=1", f"password={MASK}&x=1"),
        ("ghp_0123456789abcdefghij", MASK),
        (f"GET /simple/x_{TOKEN}/", f"GET /simple/x_{MASK}/"),
        (f"x{TOKEN}", f"x{MASK}"),
        (f"7{JWT}", f"7{MASK}"),
        ("a_ghp_0123456789abcdefghij", f"a_{MASK}"),
        ("DATABASE_PASSWORD=hunter2", f"DATABASE_PASSWORD={MASK}"),
        ("keyjacking-1.0-py3-none-any.whl", "keyjacking-1.0-py3-none-any.whl"),
        ("greeter-1.0-py3-none-any.whl by octo", "greeter-1.0-py3-none-any.whl by octo"),
        ("refused invalid-publisher: what?", "refused invalid-publisher: what?"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, said: str) -> None:
    """Tokens, JWTs, passwords in addresses and queries go; names of files and sentences stay."""
    assert masked(text) == said


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_a_token_is_hidden_wherever_it_stands(before: str, after: str) -> None:
    """Whatever stands around it, a token of this index is never written."""
    for secret in (TOKEN, JWT):
        assert secret not in masked(f"{before} {secret} {after}")
        assert secret not in masked(f"{before}{secret}{after}")


HOSTILE = ["a-", "-eyJ", "(/", "a://", "bonded-", "bearer ", "password ", "://a:", "?", '"?a']


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_long_line_costs_no_more_than_its_length(sign: str) -> None:
    """What a stranger repeats to make the search read on and on is looked through once: half a MiB at once."""
    said = masked(sign * ((1 << 19) // len(sign)))

    assert len(said) <= 1 << 20


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_a_line_is_one_line_that_a_terminal_only_shows(text: str) -> None:
    """No control character, no mark of direction and no half of a pair is written as it is."""
    line = escaped(text)

    assert line.isprintable() or all(
        sign.isspace() or sign.isprintable() or ord(sign) > 0xA0 for sign in line
    )
    assert not set(line) & set("\x00\x07\x08\n\r\t\x1b\x7f\x85\x9b\u2028\u202e\ud800")


def test_what_is_escaped_can_be_read() -> None:
    """Signs are written as Python writes them."""
    assert escaped("a\nb\x1b[2J\u202e\\") == r"a\nb\x1b[2J\u202e" + "\\\\"


def record_of(message: str, error: Exception | None = None) -> logging.LogRecord:
    """Return a record of the log, with the trace of an error."""
    info = None
    if error is not None:
        try:
            raise error
        except Exception:  # noqa: BLE001 - the trace is what is wanted
            import sys

            info = sys.exc_info()
    return logging.LogRecord("bonded.index", logging.WARNING, "x", 1, message, (), info)


@pytest.fixture(autouse=True)
def _request() -> None:
    REQUEST_ID.set("abcd-1")


def test_a_line_for_machines_is_one_object() -> None:
    """Time, level, logger, message and the request; the trace beside, all without secrets."""
    line = JsonLines().format(record_of(f"a\x1b\n{TOKEN}", ValueError(JWT)))
    said = json.loads(line)

    assert "\n" not in line
    assert line.isascii()
    assert said["message"] == f"a\x1b\n{MASK}"
    assert (said["level"], said["logger"], said["request"]) == ("warning", "bonded.index", "abcd-1")
    assert said["time"].endswith("Z")
    assert "ValueError" in said["traceback"]
    assert TOKEN not in line
    assert JWT not in line


def test_a_line_for_people_is_escaped() -> None:
    """What a terminal would obey is written in letters, and a trace follows line by line."""
    said = TextLines().format(record_of(f"a\x1b\n{TOKEN}", ValueError(JWT))).split("\n")
    REQUEST_ID.set("")
    plain = TextLines().format(record_of("b"))

    assert said[0] == rf"WARNING bonded.index [abcd-1]: a\x1b\n{MASK}"
    assert said[-1] == f"ValueError: {MASK}"
    assert plain == "WARNING bonded.index: b"
    assert "request" not in json.loads(JsonLines().format(record_of("b")))

"""What an index counts about itself."""

import json
import threading
from collections.abc import Callable
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bonded.index.running.logs import logged_to
from bonded.index.running.meter import Meter, exposition, family_of
from bonded.index.running.request_log import Answered, RequestLog
from bonded.minting.upload_token import make_token

TOKEN = make_token(b"s" * 32)


def samples(meter: Meter) -> dict[tuple[str, frozenset[str]], float]:
    """Return every sample as a reader of the format finds it, by its name and the values of its labels."""
    return {
        (one.name, frozenset(one.labels.values())): one.value
        for family in text_string_to_metric_families(exposition(meter, "1.0").decode())
        for one in family.samples
    }


def test_answers_are_counted_by_family_method_and_status() -> None:
    """A histogram of seconds with cumulative buckets, and the bytes that were sent."""
    meter = Meter()
    for seconds in (0.0004, 0.02, 99.0):
        meter.answered("/simple/greeter/", "GET", 200, seconds, 10)
    meter.answered("/nowhere", "GET", 404, 0.1, 1)
    meter.answered("/legacy/", "BREW", 405, 0.1, 1)
    found = samples(meter)

    assert found["bonded_request_seconds_count", frozenset({"simple", "GET", "200"})] == 3
    assert found["bonded_request_seconds_bucket", frozenset({"simple", "GET", "200", "0.001"})] == 1
    assert found["bonded_request_seconds_bucket", frozenset({"simple", "GET", "200", "0.025"})] == 2
    assert found["bonded_request_seconds_bucket", frozenset({"simple", "GET", "200", "+Inf"})] == 3
    assert found["bonded_sent_bytes_total", frozenset({"simple", "GET", "200"})] == 30
    assert found["bonded_request_seconds_count", frozenset({"other", "GET", "404"})] == 1
    assert found["bonded_request_seconds_count", frozenset({"upload", "other", "405"})] == 1


def test_what_is_rare_is_counted_from_any_thread() -> None:
    """Uploads by the check that refused, exchanges by their code, questions to the index behind."""
    meter = Meter()
    threads = [
        threading.Thread(target=meter.count, args=("uploads", "refused", "name_is_free"))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    meter.count("exchanges", "granted")
    meter.watch(lambda: {"files": 3.0, "ready": 1.0})
    found = samples(meter)

    assert found["bonded_uploads_total", frozenset({"refused", "name_is_free"})] == 8
    assert found["bonded_mint_exchanges_total", frozenset({"granted", ""})] == 1
    assert found["bonded_files", frozenset()] == 3
    assert found["bonded_build_info", frozenset({"1.0"})] == 1


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("/", "pages"),
        ("/simple", "simple"),
        ("/simple/", "simple"),
        ("/packages/aa/bb/cc/x.whl", "files"),
        ("/_/oidc/mint-token", "mint"),
        ("/-/api/publishers", "admin"),
        ("/pypi/x/json", "json"),
        ("/.well-known/pytp", "mint"),
        ("/ready", "health"),
        ("/..", "other"),
        ("", "pages"),
        ("*", "other"),
    ],
)
def test_addresses_have_families(path: str, family: str) -> None:
    """Strangers choose addresses; what they are counted as is chosen here."""
    assert family_of(path) == family


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=5)), max_size=20))
def test_strangers_make_no_labels(asked: list[tuple[str, str]]) -> None:
    """However odd the addresses and methods, there are no more counters than families, methods and statuses."""
    meter = Meter()
    for path, method in asked:
        meter.answered(path, method, 404, 0.0, 0)

    assert {method for _, method, _ in meter.answers} <= {"GET", "PUT", "HEAD", "POST", "other"}
    assert sum(sum(tally.buckets) for tally in meter.answers.values()) == len(asked)


ANSWERED: Answered = ("abcd-1", "GET", "/simple/greeter/", 200, 0.00123, 10, "127.0.0.1")


def request_log(*, as_text: bool = False) -> tuple[RequestLog, StringIO, list[Callable[[], None]]]:
    """Return a log, what it wrote, and what it wants to be called in a moment."""
    stream = StringIO()
    later: list[Callable[[], None]] = []
    return RequestLog(stream, lambda: 1_800_000_000.5, later.append, as_text=as_text), stream, later


def test_a_request_has_a_line_of_json() -> None:
    """Everything about it but its query, its headers and its body."""
    log, stream, later = request_log()
    log(ANSWERED)
    before = stream.getvalue()
    later.pop()()

    assert before == ""
    assert json.loads(stream.getvalue()) == {
        "time": "2027-01-15T08:00:00.500Z",
        "level": "info",
        "logger": "bonded.request",
        "message": "answered",
        "request": "abcd-1",
        "method": "GET",
        "path": "/simple/greeter/",
        "status": 200,
        "ms": 1.23,
        "bytes": 10,
        "client": "127.0.0.1",
    }


def test_a_request_has_a_line_for_people() -> None:
    """The same in the order in which a person looks."""
    log, stream, _ = request_log(as_text=True)
    log(ANSWERED)
    log.flush()
    log.flush()

    assert stream.getvalue() == (
        "08:00:00.500 200 GET /simple/greeter/ 1.2 ms 10 B 127.0.0.1 [abcd-1]\n"
    )


def test_lines_are_written_together() -> None:
    """Many are written at once without a call for later, and one call is enough for all before."""
    log, stream, later = request_log()
    for _ in range(200):
        log(ANSWERED)

    assert (len(later), stream.getvalue().count("\n")) == (1, 200)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.text(max_size=8))
def test_a_line_is_json_whatever_is_asked(path: str, method: str) -> None:
    """No address and no method breaks a line, and a token in an address is not in it."""
    log, stream, _ = request_log()
    log(("i", method, path.encode("utf-8", "replace").decode(), 500, 0.1, 1, ""))
    log(("i", "GET", f"/{TOKEN}/", 404, 0.1, 1, ""))
    log.flush()
    lines = stream.getvalue().splitlines()

    assert [json.loads(line)["status"] for line in lines] == [500, 404]
    assert TOKEN not in stream.getvalue()
    assert stream.getvalue().isascii()


def test_the_log_is_as_it_is_wanted() -> None:
    """Below its level nothing is written, libraries only speak up when something is wrong, and it can be ended."""
    import logging

    stream = StringIO()
    end = logged_to(stream, form="auto", level="info")
    logging.getLogger("bonded.x").info("one")
    logging.getLogger("bonded.x").debug("two")
    logging.getLogger("uvicorn.error").info("three")
    end()
    logging.getLogger("bonded.x").warning("four")

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["one"]

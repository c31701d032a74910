"""What the log of an index says of uploads that were refused."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from bonded.index.configuration.health import HealthTable
from bonded.index.running.logs import logged_to
from bonded.index.watching import Clocks, watch
from bonded.minting.upload_token import make_token
from index_world import NOW, Clock, Offer, World, asked, wheel_offer, world


@contextmanager
def logged(folder: Path, form: str, level: str = "info") -> Iterator[tuple[World, StringIO]]:
    """Give an index under watch, and what its log says."""
    stream = StringIO()
    end = logged_to(stream, form=form, level=level)
    try:
        with world(folder) as stage:
            found = watch(
                stage.index,
                folder,
                health=HealthTable(min_free=1),
                clocks=Clocks(lambda: NOW, Clock()),
                entropy=lambda size: b"\xab" * size,
            )
            stage.client = TestClient(found.app, follow_redirects=False)
            yield stage, stream
    finally:
        end()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[World]:
    """An index."""
    with world(tmp_path) as opened:
        yield opened


def uploaded(stage: World, offer: Offer, token: str | None = None) -> str:
    """Send an upload and return the id of its request."""
    return str(stage.upload(offer, token=token).headers["x-request-id"])


def test_a_refused_upload_has_a_line(tmp_path: Path) -> None:
    """It says which check, with which status, of which project and file, why, and in which request."""
    with logged(tmp_path, "json") as (stage, stream):
        stage.upload(wheel_offer())
        request = uploaded(stage, wheel_offer().bent(summary="x" * 513))
    (line,) = map(json.loads, stream.getvalue().splitlines())

    assert (line["level"], line["logger"], line["request"]) == ("info", "bonded.upload", request)
    assert line["message"].startswith(
        'refused upload by summary_is_short with 400, project "greeter",'
        ' file "greeter-1.0-py3-none-any.whl", because "'
    )
    assert "longer than 512 characters, got 513" in line["message"]


@pytest.mark.parametrize(
    ("setting", "status", "why"),
    [
        ("idle-time", 408, "the server cut it off ([listen] idle-time)"),
        ("", 400, "client went away"),
    ],
)
def test_a_form_without_an_end_has_a_line_that_says_whose_doing_it_was(
    stage: World, caplog: pytest.LogCaptureFixture, setting: str, status: int, why: str
) -> None:
    """A client that left and one that the server did not wait for any longer are told apart."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/legacy/",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
        "client": ("192.0.2.1", 1),
        "scheme": "http",
        "extensions": {"bonded.cut": {"why": lambda: setting}},
    }

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        assert message.get("status", status) == status

    with caplog.at_level("INFO", "bonded.upload"):
        asyncio.run(asked(stage.index.app, scope, receive, send))

    assert f"form_is_readable with {status}" in caplog.text
    assert why in caplog.text


def test_a_form_that_cannot_be_read_has_a_line(tmp_path: Path) -> None:
    """There is no project and no file to tell then, and a server that is told less says nothing."""
    with logged(tmp_path / "a", "json") as (stage, stream):
        stage.client.post("/legacy/", headers={"content-type": "text/plain"})
    with logged(tmp_path / "b", "json", "warning") as (stage, quiet):
        stage.client.post("/legacy/", headers={"content-type": "text/plain"})
    (line,) = map(json.loads, stream.getvalue().splitlines())

    assert line["message"].startswith("refused upload by form_is_readable with 400, because")
    assert quiet.getvalue() == ""


def test_a_stranger_writes_nothing_odd_into_the_log(tmp_path: Path) -> None:
    """No secret, nothing that a terminal obeys, no line of its own, and nothing at length."""
    token = make_token(b"s" * 32)
    offer = wheel_offer().bent(**{":action": f"\x1b[2J\nERROR {token}" + "x" * 10_000})
    with logged(tmp_path, "text") as (stage, stream):
        uploaded(stage, offer, token=make_token(b"u" * 32))
    said = stream.getvalue()

    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert token not in said
    assert len(said) < 1000

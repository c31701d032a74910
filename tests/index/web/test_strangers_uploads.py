"""Uploads of whoever has no token: the same answers as ever, at no cost to the index."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bonded.index.running.patient import VOUCH
from bonded.minting.upload_token import make_token
from index_world import World, asked, wheel_offer, world

MEBIBYTE = 1 << 20
BOUNDARY = "limit"
vouched: list[str] = []
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="a.whl"\r\n\r\n'
).encode()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[World]:
    """An index in a folder of its own."""
    with world(tmp_path) as opened:
        yield opened


def part(name: str) -> bytes:
    """Return the beginning of a field."""
    return f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()


def meanwhile(stage: World, token: str, body: list[bytes], measure: Callable[[], int]) -> int:
    """Return what is measured before the end of a body has come; it is refused then."""
    sent = [*body, f"\r\n--{BOUNDARY}--\r\n".encode()]
    found: list[int] = []

    async def receive() -> dict[str, Any]:
        if len(sent) == 1:
            found.append(measure())
        return {"type": "http.request", "body": sent.pop(0), "more_body": bool(sent)}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    kind = f"multipart/form-data; boundary={BOUNDARY}".encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/legacy/",
        "query_string": b"",
        "extensions": {VOUCH: {"call": lambda: vouched.append(token)}},
        "headers": [(b"content-type", kind), (b"authorization", f"Bearer {token}".encode())],
    }
    asyncio.run(asked(stage.index.app, scope, receive, send))
    size, status = found
    assert status in {400, 403}
    return size


def on_disk_meanwhile(stage: World, data: Path, token: str) -> int:
    """Return how many bytes of an upload of three MiB lie in the folder before its end has come."""

    def on_disk() -> int:
        return sum(path.stat().st_size for path in (data / "files/incoming").iterdir())

    return meanwhile(stage, token, [HEAD, *[bytes(MEBIBYTE)] * 3], on_disk)


FIELDS = {
    "one large field": [part("description"), *[b"x" * MEBIBYTE] * 8],
    "many actions": [part(":action") + b"x" * 1000] * 8000,
    "many files": [part("s" * 900 + '"; filename="f')] * 8000,
}


@pytest.mark.parametrize("name", FIELDS)
def test_of_a_strangers_fields_nothing_is_kept_on_the_way(stage: World, name: str) -> None:
    """A form of eight MiB costs as much memory as its sender has rights, however it is made."""
    kept: dict[str, int] = {}

    def memory() -> int:
        return tracemalloc.get_traced_memory()[0]

    for token in (stage.token, "", make_token(b"u" * 32)):
        tracemalloc.start()
        kept[token] = meanwhile(stage, token, FIELDS[name], memory)
        tracemalloc.stop()
    known, *strangers = kept.values()

    assert known > MEBIBYTE
    assert max(strangers) < MEBIBYTE // 2


def test_a_stranger_hears_the_same_as_ever(stage: World) -> None:
    """What is not kept changes no answer: actions that are gone, fields that are files, no token."""
    offer = wheel_offer()
    bad = {
        "410 Gone": offer.bent(**{":action": "submit"}),
        "md: Should not be a tuple": replace(offer, file_fields={"md": b"x", "n": b"y"}),
        "Invalid or non-existent authentication": offer,
        "its fields are too large": offer.bent(description="x" * (17 * MEBIBYTE)),
    }
    for words, sent in bad.items():
        for token in ("x", make_token(b"u" * 32)):
            assert words in stage.upload(sent, token=token).text


def test_all_forms_together_have_a_bound(tmp_path: Path) -> None:
    """Whoever comes while the memory for forms is held is told when to come again; what was held is given back."""
    offer = wheel_offer().bent(comment="x" * 50_000)
    with world(tmp_path, forms_size=80_000) as stage:
        crowded: list[httpx2.Response] = []

        def second() -> int:
            crowded.append(stage.upload(offer))
            return 0

        meanwhile(stage, stage.token, [part("a"), b"x" * 50_000], second)
        after = stage.upload(offer)
        big = stage.upload(offer.bent(comment="x" * 90_000))
        again = stage.upload(offer)

    (answer,) = crowded
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (after.status_code, big.status_code, again.status_code) == (200, 503, 200)


def test_files_in_memory_count(tmp_path: Path) -> None:
    """A file that waits in memory takes from the same bound; larger ones go to the disk, and count no further."""
    offer = wheel_offer()
    with world(tmp_path, forms_size=2 * MEBIBYTE) as stage:
        crowded: list[httpx2.Response] = []

        def second() -> int:
            crowded.append(stage.upload(offer.with_data(bytes(MEBIBYTE))))
            return 0

        meanwhile(stage, stage.token, [HEAD, *[bytes(MEBIBYTE)] * 4], second)
        after = stage.upload(offer)

    assert (crowded[0].status_code, after.status_code) == (503, 200)
    assert list((tmp_path / "files/incoming").iterdir()) == []


def test_nothing_holds_an_upload_when_it_is_over(stage: World) -> None:
    """Neither its form nor its bytes wait for the garbage collector, however it ended."""
    data = b"x" * 900_000
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for body in ([HEAD, data], [HEAD, data, b"\r\n--limit--\r\n"], [part("comment"), data]):
            for _ in range(3):
                meanwhile(stage, stage.token, body, lambda: 0)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()

    assert after - before < len(data)


def test_a_token_that_has_ended_keeps_no_file(stage: World, tmp_path: Path) -> None:
    """It hears that it has ended, and its file takes neither memory nor disk."""
    stage.clock.now += 10_000

    assert on_disk_meanwhile(stage, tmp_path, stage.token) == 0
    assert "token is expired" in stage.upload(wheel_offer()).text


def test_of_a_strangers_file_nothing_is_kept_on_the_way(stage: World, tmp_path: Path) -> None:
    """Bytes are written to the disk for whoever has a token; who has none, or made one up, fills no disk."""
    # What is on its way to the disk at that moment is not counted.
    assert on_disk_meanwhile(stage, tmp_path, stage.token) >= MEBIBYTE

    for token in ("", make_token(b"u" * 32)):
        assert on_disk_meanwhile(stage, tmp_path, token) == 0
    assert list((tmp_path / "files/incoming").iterdir()) == []


def test_only_whoever_has_a_token_may_take_time(stage: World) -> None:
    """The server hears for which uploads it shall wait for hours, and before their end has come."""
    vouched.clear()
    for token in ("", make_token(b"u" * 32), stage.token):
        meanwhile(stage, token, [part("a") + b"x"], lambda: 0)

    assert vouched == [stage.token]


def test_a_strangers_metadata_is_not_read(stage: World) -> None:
    """The first word to a stranger is that there is no token, whatever the form says or leaves out."""
    bad = wheel_offer().bent(name="-", version="x", metadata_version="9", summary="s" * 600)

    assert stage.upload(bad).status_code == 400
    answer = stage.upload(bad, token=make_token(b"u" * 32))

    assert answer.status_code == 403
    assert "Invalid or non-existent authentication" in answer.text


@pytest.mark.parametrize("text", ["x" * MEBIBYTE, "\x1b" * MEBIBYTE], ids=["letters", "controls"])
def test_what_a_stranger_says_is_not_repeated_at_length(stage: World, text: str) -> None:
    """A refusal repeats the beginning of what was sent; neither the answer nor the book grows with it."""
    offer = wheel_offer().bent(**{":action": text})

    answer = stage.upload(offer, token="")

    (refused,) = stage.index.uploads_refused()
    assert answer.status_code == 400
    assert max(len(answer.text), len(refused.refusal.message)) < 1500


def test_a_long_content_type_is_not_repeated_at_length(stage: World) -> None:
    """What is no form at all is told by the beginning of its type."""
    answer = stage.client.post("/legacy/", headers={"content-type": "x" * 10_000})

    (refused,) = stage.index.uploads_refused()
    assert (answer.status_code, refused.refusal.check) == (400, "form_is_readable")
    assert len(refused.refusal.message) < 500

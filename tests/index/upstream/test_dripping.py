"""An index behind ours that answers, and never comes to an end: nobody stands there for long."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError
from bonded.index.upstream import asking as asking_module
from issuer_server import Server, answer, serving
from upstream_world import HELPER, JSON, mirrored

MANY = 20
"""More than the places for questions to another index."""

SOON = 30.0
"""Seconds in which a test would be over at any pace; nobody waits for so long."""

TYPE = f"Content-Type: {JSON['accept']}"
HEAD = f"HTTP/1.1 200 OK\r\n{TYPE}\r\nContent-Length: 1000000\r\n\r\n".encode()


def endless(server: Server) -> Iterator[bytes]:
    """Return an answer of which a byte comes now and then."""
    return server.drip(itertools.chain([HEAD], itertools.repeat(b" ", 3000)))


def name_of(number: int) -> ProjectName:
    """Return a project's name."""
    return ProjectName(f"helper-{number}")


def digest(number: int) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(b"%d" % number).hexdigest()


def page_of(numbers: range) -> bytes:
    """Return the page of `helper` with these files."""
    files = [
        {
            "filename": f"helper-{number}.0.tar.gz",
            "url": f"/f/{number}",
            "hashes": {"sha256": digest(number)},
        }
        for number in numbers
    ]
    return answer(json.dumps({"meta": {"api-version": "1.1"}, "files": files}).encode(), TYPE)


def test_pages_that_drip_hold_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All places are taken by pages that do not end: each is given up, and the next question has its turn."""
    monkeypatch.setattr(asking_module, "_PAGE_SECONDS", 0.3)
    with serving() as server, mirrored(f"{server.url}/simple/", tmp_path) as (mirror, clock):
        for number in range(MANY):
            server.answers[f"/simple/{name_of(number)}/"] = endless(server)
        server.answers["/simple/helper/"] = page_of(range(1))
        asked = [mirror.page(name_of(number)) for number in range(MANY)]
        for one in asked:
            with pytest.raises(RemoteError, match="failed to show"):
                one.result(SOON)
        clock.now += 100
        page = mirror.page(HELPER).result(SOON)

    assert page is not None
    assert [file.filename for file in page.files] == ["helper-0.0.tar.gz"]


@pytest.mark.parametrize(
    ("patience", "pace", "most"),
    [(0.3, 32_768.0, 1800.0), (0.2, 1.0, 0.4)],
    ids=["below the least rate", "above it, for too long"],
)
def test_files_that_drip_hold_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float, pace: float, most: float
) -> None:
    """A file must keep a pace, and even then it has an end; nothing of it is left."""
    for name, value in (("SECONDS", patience), ("MOST", most)):
        monkeypatch.setattr(asking_module, f"_FILE_{name}", value)
    monkeypatch.setattr(asking_module, "_PACE", pace)
    with serving() as server, mirrored(f"{server.url}/simple/", tmp_path) as (mirror, _):
        server.answers["/simple/helper/"] = page_of(range(MANY))
        for number in range(1, MANY):
            server.answers[f"/f/{number}"] = endless(server)
        server.answers["/f/0"] = answer(b"0")
        assert mirror.page(HELPER).result(SOON) is not None
        order = [*range(1, MANY), 0]
        coming = [
            mirror.file(HELPER, digest(number), f"helper-{number}.0.tar.gz") for number in order
        ]
        for one in coming[:-1]:
            with pytest.raises(RemoteError, match="failed to send"):
                one.result(SOON)
        good = coming[-1].result(SOON)

    assert good is not None
    assert good.size == 1
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.parent.name + path.name for path in kept] == [digest(0)]

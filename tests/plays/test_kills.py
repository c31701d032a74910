"""The server is killed while it takes files in, again and again; the index is whole every time.

BONDED_KILLS says how often, six times without it: before a release it is a thousand.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bonded.index.running.fsck import examine
from bonded.index.settings import Settings
from bonded.index.stores import open_stores
from bonded.minting.policy import Policy
from books import KINDS, new_database
from index_world import Offer, sdist_offer, wheel_members, wheel_offer, zipped

pytestmark = pytest.mark.play

KILLS = int(os.environ.get("BONDED_KILLS", "6"))
LIVES = 50
"""So many lives has one folder, then another begins."""

CLIENTS = 6
LONGEST = 0.15
"""Seconds after which the server is dead at the latest."""

SERVER = Path(__file__).parents[1] / "kill_server.py"


def offers(life: int, client: int) -> Iterator[Offer]:
    """Yield uploads without end: wheels and source distributions, and wheels of several blocks among them."""
    noise = random.Random(f"{life} {client}")
    name = "greeter" if client % 2 else "hello"
    for number in range(10_000):
        version = f"{life}.{client}.{number}"
        if number % 4 == 3:
            members = wheel_members(name, version)
            ballast = noise.randbytes(noise.randrange(1 << 22))
            record = f"{name}-{version}.dist-info/RECORD"
            listed = members.pop(record) + f"{name}/ballast,,\n".encode()
            data = zipped({**members, f"{name}/ballast": ballast, record: listed})
            yield wheel_offer(name, version).with_data(data)
        else:
            yield (wheel_offer if number % 2 else sdist_offer)(name, version)


@dataclass
class Crowd:
    """Clients that upload at once until their server is gone, and what they know then."""

    port: int
    token: str
    published: set[str] = field(default_factory=set)
    unsure: list[Offer] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def upload(self, todo: Iterator[Offer]) -> None:
        """Upload one file after the other; of the last nobody knows what became of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for offer in todo:
            body, kind = offer.body()
            headers = {"content-type": kind, "authorization": f"Bearer {self.token}"}
            try:
                connection.request("POST", "/legacy/", body, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException):
                self.unsure.append(offer)
                break
            if answer.status == 200:
                self.published.add(str(offer.filename))
            else:
                self.refused.append(f"{offer.filename}: {text}")
        connection.close()


@contextmanager
def mortal() -> Iterator[subprocess.Popen[str]]:
    """Start what forks servers."""
    tests = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *sys.path])},
    ) as process:
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()


def begin(process: subprocess.Popen[str], settings: Settings) -> dict[str, Any]:
    """Start a server, and return what it says."""
    assert process.stdin is not None
    assert process.stdout is not None
    given = {"data": str(settings.data), "database": settings.database}
    process.stdin.write(json.dumps(given) + "\n")
    process.stdin.flush()
    said = json.loads(process.stdout.readline())
    assert isinstance(said, dict)
    return said


def one_life(said: dict[str, Any], life: int, delay: float) -> Crowd:
    """Let clients upload at once, kill the server in the middle, and return what they know."""
    crowd = Crowd(said["port"], said["token"])
    threads = [
        threading.Thread(target=crowd.upload, args=[offers(life, client)])
        for client in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    threading.Event().wait(delay)
    os.kill(said["pid"], signal.SIGKILL)
    for thread in threads:
        thread.join()
    return crowd


def look(settings: Settings, *, read: bool) -> set[str]:
    """Return the names of the files that are published, after the index was found whole."""
    with open_stores(settings) as (records, folder):
        assert examine(records, folder, read=read).violations == ()
        with records.reading() as book:
            return {file.filename for file in book.files()}


def folders(kind: str, root: Path) -> Iterator[Settings]:
    """Yield the settings for each life; every so often with a new folder and a new book."""
    for life in range(KILLS):
        if life % LIVES == 0:
            settings = Settings(
                name="Mortal",
                mint=Policy(audience="x"),
                data=root / str(life),
                database=new_database() if kind == "postgresql" else None,
            )
        yield settings


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_server_leaves_a_whole_index(kind: str, tmp_path: Path) -> None:
    """Whatever was answered 200 is there, all that is there is whole, and the next start needs no repair.

    What nobody knows the fate of is uploaded once more, and accepted: it was published as a whole, or not at all.
    """
    chance = random.Random(20261121)
    published: set[str] = set()
    unsure: list[Offer] = []
    counted = 0
    with mortal() as process:
        for life, settings in enumerate(folders(kind, tmp_path)):
            said = begin(process, settings)
            again = Crowd(said["port"], said["token"])
            again.upload(iter(unsure))
            assert (again.refused, again.unsure) == ([], [])
            crowd = one_life(said, life, chance.uniform(0.0, LONGEST))
            assert crowd.refused == []
            published |= again.published | crowd.published
            counted += len(again.published | crowd.published)
            unsure = crowd.unsure
            is_last = life % LIVES == LIVES - 1 or life == KILLS - 1
            listed = look(settings, read=is_last)
            assert published <= listed
            if is_last:
                published, unsure = set(), []
    print(f"{kind}: {KILLS} kills, {counted} uploads answered 200, none lost")  # noqa: T201 - for whoever runs it by hand
    assert counted

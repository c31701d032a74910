"""What it costs to be watched: the same index answering the same page, bare and under watch, in interleaved rounds.

Requests go through the server's own protocol and the index's whole app, but over no socket, so that nothing is measured
but the server's work. Printed are microseconds for each request, the fastest round of each, and their ratio.

    python benchmarks/observing.py [REQUESTS] [ROUNDS]
"""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from uvicorn.server import ServerState

from bonded.dists.names import ProjectName
from bonded.index.app import open_index
from bonded.index.configuration.health import HealthTable
from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock
from bonded.index.running.request_log import RequestLog
from bonded.index.serving import _config
from bonded.index.settings import Settings
from bonded.index.watching import Clocks, watch
from bonded.minting.policy import Policy

HEAD = (
    b"GET /simple/greeter/ HTTP/1.1\r\nHost: packages.example\r\nUser-Agent: uv/0.13\r\n"
    b"Accept: application/vnd.pypi.simple.v1+json\r\nAccept-Encoding: gzip\r\n\r\n"
)


class NoKeys:
    """Nobody is trusted."""

    def issuer(self, _url: str) -> None:
        return None


class Nowhere(asyncio.Transport):
    """A transport that counts the answers written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.answered = asyncio.Event()

    def write(self, data: Any) -> None:
        del data

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def seconds(app: Any, requests: int) -> float:
    """Return how long the processor works for so many requests, one after the other: others may use it meanwhile."""
    config = _config(app, None, Patience(), Clock(), None)
    config.load()
    protocol = config.http_protocol_class(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(Nowhere())
    began = time.process_time()
    for _ in range(requests):
        protocol.data_received(HEAD)
        while not protocol.cycle.response_complete:  # noqa: ASYNC110 - a turn of the loop is what is measured
            await asyncio.sleep(0)
    return time.process_time() - began


async def main(requests: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        nowhere = closing.enter_context(Path(os.devnull).open("w"))  # noqa: ASYNC230 - before anything is measured
        settings = Settings(name="x", mint=Policy(audience="x"), data=Path(folder), durable=False)
        index = open_index(settings, keys=NoKeys(), clock=time.time, entropy=secrets.token_bytes)
        index.issue_token([ProjectName("greeter")], lifetime=60)
        log = RequestLog(nowhere, time.time, lambda _do: None, as_text=False)

        def under_watch(**more: Any) -> Any:
            clocks = Clocks(time.time, time.perf_counter)
            options = {"health": HealthTable(), "clocks": clocks, "entropy": secrets.token_bytes}
            return watch(index, Path(folder), **options, **more).app

        apps = {"bare": index.app, "counted": under_watch(), "logged": under_watch(log=log)}
        best = dict.fromkeys(apps, float("inf"))
        for _ in range(rounds):
            for name, app in apps.items():
                best[name] = min(best[name], await seconds(app, requests))
        index.close()
    for name, took in best.items():
        print(f"{name:8} {took / requests * 1e6:7.2f} us   {took / best['bare']:.3f} of bare")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*(numbers or [500, 60])))

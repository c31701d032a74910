"""What it costs to be watched: the same index answering the same page, bare and under watch, in interleaved rounds.

Requests of 32 connections go through the server's own protocol and the index's whole app: first over no socket, so that
small differences are seen, then from `wrk` over loopback, which tells what a request costs in all. Printed are
microseconds of the processor for each request, the fastest round of each, and what watching adds to a request.

    python benchmarks/observing.py [ROUNDS] [SECONDS]
"""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from reads import answered
from uvicorn.server import ServerState

from bonded.dists.names import ProjectName
from bonded.index.app import open_index
from bonded.index.configuration.health import HealthTable
from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock
from bonded.index.running.request_log import RequestLog
from bonded.index.serving import _config
from bonded.index.settings import Settings
from bonded.index.simple import JSON
from bonded.index.watching import Clocks, watch
from bonded.minting.policy import Policy

CONNECTIONS = 32
TURNS = 30
HEAD = (
    b"GET /simple/greeter/ HTTP/1.1\r\nHost: packages.example\r\nUser-Agent: uv/0.13\r\n"
    b"Accept: application/vnd.pypi.simple.v1+json\r\nAccept-Encoding: gzip\r\n\r\n"
)


class NoKeys:
    """Nobody is trusted."""

    def issuer(self, _url: str) -> None:
        return None


class Nowhere(asyncio.Transport):
    """A transport that takes answers."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})

    def write(self, data: Any) -> None: ...

    def writelines(self, list_of_data: Any) -> None: ...

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def protocols(app: Any) -> Callable[[], Any]:
    """Return what makes the server's end of a connection."""
    config = _config(app, None, Patience(), Clock(), None)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Sat, 21 Nov 2026 19:21:23 GMT")]
    return partial(config.http_protocol_class, config=config, server_state=state, app_state={})


async def alone(app: Any) -> float:
    """Return the microseconds of a request over no socket, all connections in one turn of the loop."""
    make = protocols(app)
    connections = [make() for _ in range(CONNECTIONS)]
    for one in connections:
        one.connection_made(Nowhere())
    began = time.process_time()
    for _ in range(TURNS):
        for one in connections:
            one.data_received(HEAD)
        while not all(one.cycle.response_complete for one in connections):  # noqa: ASYNC110 - turns are measured
            await asyncio.sleep(0)
    return (time.process_time() - began) / TURNS / CONNECTIONS * 1e6


async def over_loopback(app: Any, seconds: int) -> float:
    """Return the microseconds of a request from another process, with the system's part of them."""
    server = await asyncio.get_running_loop().create_server(protocols(app), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/simple/greeter/"
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Accept: {JSON}", address]
    began = time.process_time()
    wrk = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await wrk.communicate()
    took = time.process_time() - began
    server.close()
    return took / answered(told.decode()) * 1e6


async def main(rounds: int, seconds: int) -> None:
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
        own, whole = dict.fromkeys(apps, float("inf")), dict.fromkeys(apps, float("inf"))
        for _ in range(rounds):
            for name, app in apps.items():
                own[name] = min([own[name], *[await alone(app) for _ in range(10)]])
                whole[name] = min(whole[name], await over_loopback(app, seconds))
        index.close()
    print(f"{'':8}{'alone':>10}{'in all':>10}{'added':>10}")
    for name in apps:
        added = own[name] - own["bare"]
        share = f"{added:7.2f} us, {added / whole['bare']:.1%} of a request"
        print(f"{name:8}{own[name]:7.2f} us{whole[name]:7.2f} us{share}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*(numbers or [8, 1])))

"""The servers of the stage and its proxy, in one thread with one event loop.

`start` binds both sockets and returns at once, so addresses are known in milliseconds. The thread then builds the apps,
one after another in the order given, while the workflow's first steps already run: a client that comes too early waits
in the socket's queue or for its app, and notices nothing. Apps are told apart by the `Host` of each request; the name
in TLS must be staged as well (`Authority.server_context`).

What breaks in here cannot raise where it happens. It is kept, and raised by `wait_ready` and `close`.
"""

import asyncio
import concurrent.futures
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from bonded.errors import BondedError
from bonded.rehearsal.stage.destinations import host_name
from bonded.rehearsal.stage.network import Connection, Desk, Network
from bonded.rehearsal.stage.outside import WayOut

if TYPE_CHECKING:
    import uvicorn

    from bonded.rehearsal.stage.authority import Authority

__all__ = ["App", "Backstage", "BackstageError"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

GRACE = 10.0
"""Seconds that the thread may take to end before that is an error."""


class BackstageError(BondedError):
    """Something broke behind the stage: a bug, or a machine that lets no server run."""


class Backstage:
    """One server for all staged hosts, and the proxy that leads to it."""

    def __init__(
        self,
        apps: Mapping[str, Callable[[], App]],
        authority: "Authority",
        *,
        offline: bool,
        refused: Mapping[str, str] | None = None,
        outside: WayOut | None = None,
        desk: Desk | None = None,
    ) -> None:
        """Prepare; nothing runs yet.

        `apps` maps a host to what builds its app; a builder given for several hosts builds once. Builders run in a
        worker thread, so what they make must not be tied to the thread that made it.
        """
        self._builders = dict(apps)
        self._authority = authority
        self._world = (offline, dict(refused or {}), outside, desk)
        self._thread = threading.Thread(target=self._run, name="backstage", daemon=True)
        self._ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._listening = threading.Event()
        self._faults: list[BaseException] = []
        self._built: dict[Callable[[], App], asyncio.Future[App]] = {}
        self._sockets: list[socket.socket] = []
        self._network: Network | None = None
        self.proxy_port = 0

    def start(self) -> None:
        """Bind the sockets and start the thread. Raises BackstageError when no socket can be bound."""
        try:
            for _ in ("stage", "proxy"):
                self._sockets.append(socket.create_server(("127.0.0.1", 0)))
        except OSError as error:
            self._close_sockets()
            raise BackstageError(f"no server can listen on this machine: {error}") from error
        self.proxy_port = self._sockets[1].getsockname()[1]
        self._thread.start()

    @property
    def proxy_url(self) -> str:
        """What steps get as their proxy; known after `start`."""
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def log(self) -> tuple[Connection, ...]:
        """The connections that have ended so far."""
        return tuple(self._network.log) if self._network is not None else ()

    def admit(self, listener: socket.socket) -> None:
        """Let the proxy serve one more listening socket (of an isolation) and own it. Raises BackstageError."""
        self._listening.wait(GRACE)
        if self._network is None or not self._thread.is_alive():
            raise self._error("the stage is not there")
        done = asyncio.run_coroutine_threadsafe(self._network.listen(listener), self._loop)
        done.result(GRACE)

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when every app is built. Raises BackstageError when one cannot be, or not in `timeout` seconds."""
        try:
            self._ready.result(timeout)
        except concurrent.futures.TimeoutError:
            raise self._error(f"the stage was not ready within {timeout:g} seconds") from None
        if self._faults:
            raise self._error("the stage could not be set")

    def close(self) -> None:
        """End every connection, the servers and the thread. Raises BackstageError for what broke meanwhile.

        May be called more than once, and without `start`.
        """
        if self._thread.is_alive():
            self._listening.wait(GRACE)
            with contextlib.suppress(RuntimeError):  # the loop may have ended by itself just now
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(GRACE)
        self._close_sockets()
        if self._thread.is_alive():
            raise self._error("the servers of the stage do not end")
        if self._faults:
            raise self._error("something broke behind the stage")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _error(self, text: str) -> BackstageError:
        first = self._faults[0] if self._faults else None
        error = BackstageError(f"{text}: {type(first).__name__}: {first}" if first else text)
        error.__cause__ = first
        self._faults.clear()
        return error

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    # What follows runs in the thread.

    def _run(self) -> None:
        try:
            asyncio.run(self._play())
        except Exception as error:  # noqa: BLE001  kept for `close`
            self._faults.append(error)
        finally:
            self._listening.set()
            if not self._ready.done():
                self._ready.set_result(None)

    async def _play(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        offline, refused, outside, desk = self._world
        stage, proxy = self._sockets
        routes = dict.fromkeys(self._builders, ("127.0.0.1", stage.getsockname()[1]))
        network = Network(routes, offline=offline, refused=refused, outside=outside, desk=desk)
        await network.listen(proxy)
        self._network = network
        self._built = {build: self._loop.create_future() for build in self._builders.values()}
        self._listening.set()
        server = await asyncio.to_thread(self._server)
        serving = asyncio.create_task(server.serve(sockets=[stage]))
        building = asyncio.create_task(self._build())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First the ways to the server, then the server: nobody is left for it to wait for.
            await network.close()
            server.should_exit = True
            building.cancel()
            stopping.cancel()
            await asyncio.gather(building, stopping, return_exceptions=True)
            self._faults += network.faults
            await serving

    def _server(self) -> "uvicorn.Server":
        import uvicorn

        context = self._authority.server_context(self._builders)
        return uvicorn.Server(
            uvicorn.Config(
                self._dispatch,
                http="h11",
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                # Longer than any pause between two uploads: a client never meets a connection that just closed.
                timeout_keep_alive=3600,
                timeout_graceful_shutdown=2,
                ssl_context_factory=lambda *_: context,
            )
        )

    async def _build(self) -> None:
        for build, future in self._built.items():
            try:
                future.set_result(await asyncio.to_thread(build))
            except Exception as error:  # noqa: BLE001  kept for `wait_ready` and `close`
                self._faults.append(error)
                future.cancel()
        self._ready.set_result(None)

    async def _dispatch(self, scope: Message, receive: Receive, send: Send) -> None:
        """Give a request to the app of its host; 421 where there is none (RFC 9110, section 15.5.20)."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        name = host_name(hosts[0].partition(":")[0]) if len(hosts) == 1 else None
        build = self._builders.get(name or "")
        if build is None:
            await _say(
                send, 421, f"{', '.join(hosts) or 'a request without Host'} is not on this stage"
            )
            return
        call = _Call(receive, send)
        try:
            app = await asyncio.shield(self._built[build])
            await app(scope, call.receive, call.send)
        except asyncio.CancelledError:
            if not self._built[build].cancelled():
                raise
            await _say(send, 503, f"the stand-in for {name} could not be set up")
        except Exception as error:  # noqa: BLE001  kept for `close`
            if not call.left:
                self._faults.append(error)
            if not call.answered:
                await _say(send, 500, f"the stand-in for {name} broke: {type(error).__name__}")


class _Call:
    """One request's channels, and what has happened on them."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.left = self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.left |= message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)


async def _say(send: Send, status: int, text: str) -> None:
    body = f"bonded: {text}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Bytes between two connections, in both directions, until both ends have said all."""

import asyncio
import contextlib
from dataclasses import dataclass

__all__ = ["Traffic", "hang_up", "relay"]

CHUNK = 65536


@dataclass(slots=True)
class Traffic:
    """Bytes that went up (from the client) and down (to it) so far."""

    up: int = 0
    down: int = 0


async def relay(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    early: bytes,
    traffic: Traffic,
) -> None:
    """Join two connections; `early` is what the client already said.

    An end that has said all is told on to the other, which may still speak. Returns when both are done or one broke.
    """

    async def up() -> None:
        data = early or await client[0].read(CHUNK)
        while data:
            server[1].write(data)
            await server[1].drain()
            traffic.up += len(data)
            data = await client[0].read(CHUNK)
        server[1].write_eof()

    async def down() -> None:
        while data := await server[0].read(CHUNK):
            client[1].write(data)
            await client[1].drain()
            traffic.down += len(data)
        client[1].write_eof()

    tasks = [asyncio.ensure_future(up()), asyncio.ensure_future(down())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        # A peer that vanished is how many conversations end; it is no fault of the proxy.
        await asyncio.gather(*tasks, return_exceptions=True)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection and wait until its socket is gone; what is written is sent if the peer takes it."""
    writer.close()
    try:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()
    finally:
        writer.transport.abort()

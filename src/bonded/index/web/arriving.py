"""Waiting for work on other threads without standing on one."""

import asyncio
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["arrived"]

Result = TypeVar("Result")


async def arrived(future: Future[Result]) -> Result:
    """Return what a future brings, or raise what it raises; who goes away meanwhile does not cancel it for others."""
    return await asyncio.shield(asyncio.wrap_future(future))

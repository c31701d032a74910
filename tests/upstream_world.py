"""Another index behind ours: one of few lines that can be bent, and ours before it."""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonded.dists.names import ProjectName
from bonded.index.policies import NO_NAMES, Names
from bonded.index.upstream.mirror import Upstream
from bonded.index.upstream.settings import UpstreamSettings
from bonded.outside.client import GuardedClient
from index_world import Clock, World, serving, wheel, world

JSON = {"accept": "application/vnd.pypi.simple.v1+json"}
DATA = wheel("helper")
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = "helper-1.0-py3-none-any.whl"
HELPER = ProjectName("helper")
FILE = f"/upstream/helper/{SHA256}/{NAME}"


@dataclass
class Other:
    """Another index of few lines; what it answers can be bent while it runs."""

    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    data: bytes = DATA
    etag: str = '"one"'
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        """Return it as an app."""
        return Starlette(routes=[Route("/{rest:path}", self.answer)])

    async def answer(self, request: Request) -> Response:
        """Answer a page or a file."""
        path = request.url.path
        self.asked.append((path, request.headers.get("authorization", "")))
        if self.status != 200:
            return Response(status_code=self.status)
        if path.endswith("/"):
            if path.split("/")[-2] not in self.pages:
                return Response(status_code=404)
            if request.headers.get("if-none-match") == self.etag:
                return Response(status_code=304)
            body, kind = self.pages[path.split("/")[-2]]
            return Response(body, headers={"content-type": kind, "etag": self.etag})
        return Response(self.data)


def named(project: str) -> str:
    """Return the name of a wheel of a project."""
    return f"{project}-1.0-py3-none-any.whl"


def page(project: str = "helper", **more: Any) -> tuple[str, str]:
    """Return a JSON page with one file, bent; an underscore stands for a hyphen."""
    name = named(project)
    file: dict[str, Any] = {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": SHA256}}
    file |= {key.replace("_", "-"): value for key, value in more.items()}
    document = {
        "meta": {"api-version": "1.1"},
        "versions": ["1.0", "x", "1" * 5000],
        "files": [file, 1, {}],
    }
    return json.dumps(document), "application/vnd.pypi.simple.v1+json"


def at(url: str, **settings: Any) -> UpstreamSettings:
    """Return an index behind ours that is on this machine."""
    return UpstreamSettings(url=url, private_network=True, **settings)


@contextmanager
def behind(
    other: Other, data: Path, user: str = "", names: Names = NO_NAMES, **settings: Any
) -> Iterator[World]:
    """Open our index before the other one, both alive."""
    with ExitStack() as stack:
        address = stack.enter_context(serving(other.app())).replace("//", f"//{user}")
        yield stack.enter_context(
            world(data, upstream=at(f"{address}/simple", **settings), names=names)
        )


@contextmanager
def mirrored(url: str, cache: Path) -> Iterator[tuple[Upstream, Clock]]:
    """Give another index as it is behind ours, without ours, and its clock."""
    clock = Clock()
    with GuardedClient(clock=time.monotonic) as client:
        yield Upstream(at(url), cache=cache, client=client, clock=clock), clock

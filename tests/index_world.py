"""An index to try things on: good distributions and forms to bend, a clock to turn, a server on loopback."""

import base64
import gzip
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from bonded.attestations.trust_root import TrustRoot
from bonded.dists.names import ProjectName
from bonded.index.app import Index, open_index
from bonded.index.settings import Settings
from bonded.minting.policy import Policy
from bonded.oidc.issue import SigningKey
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.publishers import Publisher, from_fields

GREETER = ProjectName("greeter")
NOW = 1_800_000_000.0
ISSUER = "https://token.actions.githubusercontent.com"


def core_metadata(name: str = "greeter", version: str = "1.0", more: str = "") -> bytes:
    """Return METADATA of this name and version."""
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\nHello.\n".encode()


def wheel_members(
    name: str = "greeter", version: str = "1.0", metadata: bytes | None = None
) -> dict[str, bytes]:
    """Return the members of a small wheel."""
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}/__init__.py": f"VERSION = {version!r}\n".encode(),
        f"{info}/METADATA": metadata if metadata is not None else core_metadata(name, version),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    return recorded(members, info)


def recorded(members: Mapping[str, bytes], info: str) -> dict[str, bytes]:
    """Return the members of a wheel with the RECORD that fits them, in the folder `info`."""
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for path, data in members.items()
        if path != f"{info}/RECORD" and not path.endswith("/")
    ]
    return {**members, f"{info}/RECORD": "".join([*rows, f"{info}/RECORD,,\n"]).encode()}


def zipped(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive, the same bytes for the same members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            archive.writestr(entry, data)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes], *more: tarfile.TarInfo) -> bytes:
    """Return a gzipped tar archive; `more` are entries without data."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry)
    return gzip.compress(stream.getvalue(), mtime=0)


def wheel(name: str = "greeter", version: str = "1.0", metadata: bytes | None = None) -> bytes:
    """Return a small wheel."""
    return zipped(wheel_members(name, version, metadata))


def sdist(name: str = "greeter", version: str = "1.0") -> bytes:
    """Return a small source distribution."""
    top = f"{name}-{version}"
    return tarred({f"{top}/PKG-INFO": core_metadata(name, version), f"{top}/LICENSE": b"Free.\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An upload as a client sends it; good unless bent. A field that is None is not sent."""

    data: bytes
    filename: str | None
    fields: Mapping[str, str | None]
    more: Sequence[tuple[str, str]] = ()
    content_type: str | None = None
    file_fields: Mapping[str, bytes] = field(default_factory=dict)

    def bent(self, **fields: str | None) -> "Offer":
        """Return this offer with other form fields."""
        return replace(self, fields={**self.fields, **fields})

    def with_data(self, data: bytes) -> "Offer":
        """Return this offer with other bytes and the digest that fits them."""
        return replace(self, data=data).bent(sha256_digest=hashlib.sha256(data).hexdigest())

    def body(self) -> tuple[bytes, str]:
        """Return the form as multipart, and its content type."""
        parts: list[tuple[str, bytes]] = [
            (f'name="{name}"', text.encode())
            for name, text in [*self.fields.items(), *self.more]
            if text is not None
        ]
        parts += [(f'name="{name}"; filename="x"', data) for name, data in self.file_fields.items()]
        if self.filename is not None:
            kind = "" if self.content_type is None else f"\r\nContent-Type: {self.content_type}"
            parts.append((f'name="content"; filename="{self.filename}"{kind}', self.data))
        lines = [
            b"--limit\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data
            for head, data in parts
        ]
        return b"\r\n".join([*lines, b"--limit--\r\n"]), "multipart/form-data; boundary=limit"


def wheel_offer(name: str = "greeter", version: str = "1.0") -> Offer:
    """Return a good upload of a wheel."""
    return _offer(wheel(name, version), f"{name}-{version}-py3-none-any.whl", name, version).bent(
        filetype="bdist_wheel", pyversion="py3"
    )


def sdist_offer(name: str = "greeter", version: str = "1.0") -> Offer:
    """Return a good upload of a source distribution."""
    return _offer(sdist(name, version), f"{name}-{version}.tar.gz", name, version).bent(
        filetype="sdist", pyversion="source"
    )


def _offer(data: bytes, filename: str, name: str, version: str) -> Offer:
    fields: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": name,
        "version": version,
        "requires_python": "",
    }
    return Offer(data=data, filename=filename, fields=fields).with_data(data)


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Chance:
    """Bytes that are the same in every run, and never the same twice."""

    _drawn = count()

    def __call__(self, size: int) -> bytes:
        """Draw some."""
        return hashlib.shake_256(str(next(self._drawn)).encode()).digest(size)


@dataclass(frozen=True, slots=True)
class OneIssuer:
    """The keys of one issuer."""

    trusted: str
    keys: KeySet

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Trust exactly one issuer, as GitHub."""
        return TrustedIssuer(url=url, kind="github") if url == self.trusted else None

    def keys_for(self, issuer: TrustedIssuer, _key_id: str) -> KeySet:
        """Return its keys."""
        assert issuer.url == self.trusted
        return self.keys


@dataclass(slots=True, eq=False)
class World:
    """An open index with everything around it."""

    index: Index
    clock: Clock
    client: TestClient
    token: str

    def upload(self, offer: Offer, *, token: str | None = None) -> httpx2.Response:
        """Send an upload as uv does."""
        body, kind = offer.body()
        headers = {"content-type": kind, "authorization": f"Bearer {token or self.token}"}
        return self.client.post("/legacy/", content=body, headers=headers)


def github(**fields: str) -> Publisher:
    """Return a publisher: one workflow of one repository."""
    complete = {
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_name": "greeter",
        "workflow_filename": "release.yml",
    }
    return from_fields("github", {**complete, **fields})


@contextmanager
def world(
    data: Path,
    key: SigningKey | None = None,
    trust_root: Callable[[], TrustRoot] | None = None,
    **settings: Any,
) -> Iterator[World]:
    """Open an index in a folder, with a token for the project `greeter` in the hand."""
    clock = Clock()
    keys = OneIssuer(ISSUER, (key or _key()).key_set())
    options: dict[str, Any] = {
        "name": "The stage",
        "mint": Policy(audience="pypi"),
        "durable": False,
    }
    index = open_index(
        Settings(data=data, **{**options, **settings}),
        keys=keys,
        clock=clock,
        entropy=Chance(),
        trust_root=trust_root,
    )
    try:
        token = index.issue_token([GREETER], lifetime=900)
        with TestClient(index.app, follow_redirects=False) as client:
            yield World(index, clock, client, token)
    finally:
        index.close()


_KEYS: list[SigningKey] = []


async def asked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let an app answer one request, message by message."""
    await app(scope, receive, send)


def _key() -> SigningKey:
    """Return a key; one serves all tests, because making one takes long."""
    if not _KEYS:
        _KEYS.append(SigningKey.generate())
    return _KEYS[0]


signing_key = _key


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an app on loopback and give its address, without a slash at the end."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    started = threading.Event()
    startup = server.startup

    async def notice(*args: Any, **kwargs: Any) -> None:
        await startup(*args, **kwargs)
        started.set()

    server.startup = notice  # type: ignore[method-assign]  # the only way to be told, not to poll
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()

"""An index on loopback that serves attested releases, in JSON or HTML, well or badly."""

import html
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attestation_world import GITHUB, World, statement

JSON = "application/vnd.pypi.simple.v1+json"


def publisher(repository: str = "octo/greeter", workflow: str = "release.yml") -> dict[str, Any]:
    """Return a publisher object of GitHub."""
    return {"kind": "GitHub", "repository": repository, "workflow": workflow, "environment": "pypi"}


def by(repository: str, workflow: str = "release.yml", **more: str) -> dict[str, str]:
    """Return what a certificate says of another repository or workflow; `more` is by number, as `n17`."""
    address = f"https://github.com/{repository}"
    config = f"{address}/.github/workflows/{workflow}@{GITHUB['14']}"
    extra = {number.removeprefix("n"): text for number, text in more.items()}
    return {"9": config, "12": address, "18": config, **extra}


def provenance(
    world: World,
    filename: str,
    data: bytes,
    *,
    repository: str = "octo/greeter",
    workflow: str = "release.yml",
    **more: str,
) -> bytes:
    """Return good provenance of one file."""
    attestation = world.attest(
        statement=statement(filename, sha256(data).hexdigest()),
        extensions=by(repository, workflow, **more),
    )
    bundle = {"publisher": publisher(repository, workflow), "attestations": [attestation]}
    return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()


@dataclass(kw_only=True)
class Shelf:
    """What the index has: bytes and provenance of each file, by project; and how it behaves."""

    files: dict[str, dict[str, tuple[bytes, bytes | None]]] = field(default_factory=dict)
    form: str = "json"
    links: bool = True
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    link_to: str = ""

    def add(self, project: str, filename: str, proof: bytes | None, data: bytes = b"x") -> str:
        """Add a file and return its SHA-256."""
        self.files.setdefault(project, {})[filename] = (data, proof)
        return sha256(data).hexdigest()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        self.asked.append(path)
        if path in self.broken:
            status, body = self.broken[path]
            return status, "text/plain", body
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[0] == "simple" and parts[1] in self.files:
            return (200, *self._page(parts[1]))
        if len(parts) == 5 and parts[0] == "integrity":
            found = self.files.get(parts[1], {}).get(parts[3])
            if found is not None and found[1] is not None:
                return 200, "application/vnd.pypi.integrity.v1+json", found[1]
        return 404, "text/plain", b"nothing here"

    def _link(self, project: str, filename: str) -> str:
        version = filename.split("-")[1].removesuffix(".tar.gz")
        return f"{self.link_to}/integrity/{project}/{version}/{filename}/provenance"

    def _page(self, project: str) -> tuple[str, bytes]:
        rows = [
            (
                name,
                sha256(data).hexdigest(),
                self._link(project, name) if proof and self.links else None,
            )
            for name, (data, proof) in self.files[project].items()
        ]
        if self.form == "json":
            files = [
                {
                    "filename": name,
                    "url": f"../../f/{name}",
                    "hashes": {"sha256": digest},
                    "provenance": link,
                }
                for name, digest, link in rows
            ]
            page = {"meta": {"api-version": "1.4"}, "name": project, "files": files}
            return JSON, json.dumps(page).encode()
        meta = '<meta name="pypi:repository-version" content="1.4">' if self.form == "html" else ""
        anchors = "".join(
            f'<a href="/f/{name}#sha256={digest}"'
            + (f' data-provenance="{html.escape(link)}"' if link else "")
            + f">{name}</a>"
            for name, digest, link in rows
        )
        return "text/html", f"<html><head>{meta}</head><body>{anchors}</body></html>".encode()


@contextmanager
def serving(shelf: Shelf) -> Iterator[str]:
    """Serve a shelf and yield the address of its simple index."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, body = shelf.answer(self.path)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def lock_of(shelf: Shelf, more: Mapping[str, str] | None = None) -> str:
    """Return a `pylock.toml` of everything on the shelf; `more` is put behind a project's table."""
    parts = ['lock-version = "1.0"\ncreated-by = "tests"\n']
    for project, files in shelf.files.items():
        version = next(iter(files)).split("-")[1].removesuffix(".tar.gz")
        wheels = ", ".join(
            f'{{url = "https://files.invalid/{name}", hashes = {{sha256 = "{sha256(data).hexdigest()}"}}}}'
            for name, (data, _) in files.items()
        )
        parts.append(
            f'[[packages]]\nname = "{project}"\nversion = "{version}"\nwheels = [{wheels}]\n'
            + (more or {}).get(project, "")
        )
    return "\n".join(parts)

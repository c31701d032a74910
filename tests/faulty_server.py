"""A server on loopback that fails as it is told: it cuts, it redirects, it says nothing, it talks too long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

How = Literal["ok", "cut", "cut early", "silent", "endless", "redirect", "500", "html"]


@dataclass
class Faulty:
    """`how` is what each request meets, the last for ever. What came stands in the lists."""

    url: str = ""
    how: list[How] = field(default_factory=lambda: ["ok"])
    paths: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    location: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def next(self) -> How:
        """Return what the next request meets."""
        return self.how.pop(0) if len(self.how) > 1 else self.how[0]


class _Handler(BaseHTTPRequestHandler):
    """Meets requests as its state tells."""

    state: Faulty

    def do_GET(self) -> None:
        """Meet a request."""
        self.state.paths.append(self.path)
        self.state.authorizations.append(self.headers.get("authorization", ""))
        fault = self.state.next()
        if fault == "cut early":
            self.close_connection = True
            return
        self.state.bodies.append(self.rfile.read(int(self.headers.get("content-length", "0"))))
        if fault == "cut":
            self.close_connection = True
        elif fault == "silent":
            self.state.ended.wait(20)
        else:
            self._answer(fault)

    def do_POST(self) -> None:
        """Meet an upload in the same way."""
        self.do_GET()

    def _answer(self, fault: How) -> None:
        status = {"redirect": 307, "500": 500}.get(fault, 200)
        body = b"<p>not here</p>" if fault == "html" else b'{"ok": 1}'
        self.send_response(status, "As told")
        if fault == "redirect":
            self.send_header("Location", self.state.location)
        kind = "text/html" if fault == "html" else "application/json"
        self.send_header("Content-Type", kind)
        length = 1 << 30 if fault == "endless" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            self.wfile.write(body * (1 << 18 if fault == "endless" else 1))
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def faulty(*how: How) -> Iterator[Faulty]:
    """Serve while the block runs."""
    state = Faulty()
    if how:
        state.how = list(how)

    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        state.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A server on loopback that takes uploads, to try clients on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Uploads:
    """What came: the Authorization headers and the bodies; `status` is the answer to each."""

    url: str
    status: int = 200
    authorizations: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def uploads() -> Iterator[Uploads]:
    """Serve while the block runs."""
    came = Uploads("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one upload."""
            came.authorizations.append(self.headers.get("authorization", ""))
            came.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(came.status, "Refused" if came.status != 200 else "OK")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    came.url = f"http://127.0.0.1:{server.server_port}/legacy/"
    try:
        yield came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""What happens at the doors of an index, counted."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bonded.index.running.counting import CountingClient, counting_exchanges
from bonded.index.running.meter import Meter
from bonded.outside.errors import OutsideError


def test_an_answer_without_a_code_is_counted_as_other() -> None:
    """Whatever shape a refusal has, it is counted."""
    meter = Meter()
    for answer in ((200, {}), (400, {"errors": [{"code": "x"}]}), (503, {"message": "y"})):
        counting_exchanges(lambda *_, answer=answer: answer, meter)(b"", False)

    assert dict(meter.events()) == {
        ("exchanges", "granted", ""): 1,
        ("exchanges", "refused", "x"): 1,
        ("exchanges", "refused", "other"): 1,
    }


def test_questions_to_the_index_behind_are_counted() -> None:
    """Each by what came of it, pages and files apart; a status that nobody can use, a redirect and a failure too."""

    class Behind(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the status in the path."""
            self.send_response(int(self.path[1:]))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Behind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    meter = Meter()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        with CountingClient(meter, clock=time.monotonic) as client:
            for status in (200, 304, 404, 500, 302):
                with contextlib.suppress(OutsideError):
                    client.get(f"{base}/{status}", max_bytes=10, private_network=True)
            client.get(f"{base}/200", max_bytes=10, private_network=True, headers={"accept": "*/*"})
            with pytest.raises(OutsideError):
                client.get("http://a.example/", max_bytes=10)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert meter.events() == {
        ("upstream", outcome, "page"): 1
        for outcome in ("answered", "unchanged", "missing", "refused", "redirected", "failed")
    } | {("upstream", "answered", "file"): 1}

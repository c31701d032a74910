"""The composition root and the weight of the room."""

import subprocess
import sys
from pathlib import Path

from index_world import wheel_offer, world


def test_the_room_is_light() -> None:
    """Importing the index's values loads neither the database nor the web."""
    code = (
        "import sys, bonded.index, bonded.index.settings, bonded.index.model\n"
        "print({'sqlalchemy', 'starlette', 'httpx2', 'jwt'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_uploads_need_no_slash(tmp_path: Path) -> None:
    """The address of uploads without its last slash takes a file as well: clients do not follow with one."""
    body, kind = wheel_offer().body()
    with world(tmp_path) as index:
        headers = {"content-type": kind, "authorization": f"Bearer {index.token}"}
        answer = index.client.post("/legacy", content=body, headers=headers)

        assert answer.status_code == 200
        assert index.client.get("/simple/greeter/").status_code == 200


def test_nothing_that_is_sent_is_sent_on(tmp_path: Path) -> None:
    """No address that takes what a client sends answers with a redirect."""
    with world(tmp_path) as index:
        taking = {
            (method, route.path)  # type: ignore[attr-defined]  # all are of starlette's Route
            for route in index.index.routes
            for method in route.methods - {"GET", "HEAD"}  # type: ignore[attr-defined]  # as above
        }
        statuses = {index.client.request(method, path).status_code for method, path in taking}

    assert len(taking) > 5
    assert not [status for status in statuses if 300 <= status < 400]

"""The composition root and the weight of the room."""

import subprocess
import sys


def test_the_room_is_light() -> None:
    """Importing the index's values loads neither the database nor the web."""
    code = (
        "import sys, bonded.index, bonded.index.settings, bonded.index.model\n"
        "print({'sqlalchemy', 'starlette', 'httpx2', 'jwt'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"

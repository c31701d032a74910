"""What is made in the background finds what it needs."""

import subprocess
import sys

_WATCHED = """
import sysconfig, threading
from contextlib import ExitStack

from bonded.rehearsal.stage.props import make_props

begin, known = threading.Thread.start, []

def begins(thread):
    known.append(bool(sysconfig._CONFIG_VARS))
    begin(thread)

threading.Thread.start = begins
sysconfig._CONFIG_VARS = None
with ExitStack() as exits:
    make_props(exits).authority.result()
print(known)
"""


def test_python_knows_its_settings_before_a_thread_begins() -> None:
    """Two threads that ask `sysconfig` for the first time at once may get nothing, and a rehearsal ended with that."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[True]\n", "")

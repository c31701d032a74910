"""Whatever moment a rehearsal is stopped at, nothing is left: no process, no folder, no half-written file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bonded
from plays.conftest import GREETER

pytestmark = pytest.mark.play

# Seconds after the start; spread over start-up, preparation, jobs, publishing, curtain and end.
MOMENTS = [0.05, 0.3, 0.6, 0.9, 1.2, 1.6, 2.0, 2.5, 3.0, 3.6, 4.2, 5.0]
PACKAGE = Path(bonded.__file__).parent
STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143}


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of processes whose environment or folder speaks of a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in environment + command:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.mark.parametrize("number", STOPPED, ids=lambda number: signal.Signals(number).name)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stop_leaves_nothing(moment: float, number: signal.Signals, tmp_path: Path) -> None:
    """A signal at any moment ends the rehearsal, and everything that it made is gone."""
    temp = tmp_path / "temp"
    temp.mkdir()
    page = tmp_path / "page.html"
    environ = {
        **os.environ,
        "TMPDIR": str(temp),
        "BONDED_CACHE_DIR": str(tmp_path.parent / "cache"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bonded", "rehearse", str(GREETER), "-q", "--html", str(page)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        time.sleep(moment)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert process.returncode in {STOPPED[number], -number, 0, 1}
    # Before bonded's first line the interpreter itself may say where it was.
    assert b"Traceback" not in err or str(PACKAGE).encode() not in err
    assert list(temp.iterdir()) == []
    assert processes_in(temp) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"temp", "page.html"}
    if page.exists():
        assert page.read_text().rstrip().endswith("</html>")
        assert b"READY" in out

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonded.cli.interrupts import end_at_once

# What a program is doing when the signal comes; each says that it is there by closing its output.
THERE = "import os, sys, time; os.close(1); time.sleep(60)"
MOMENTS = {
    "swallowed by an import": f"try:\n {THERE}\nexcept BaseException:\n pass\nimport time; time.sleep(60)",
    "in a destructor": f"class A:\n def __del__(self):\n  {THERE}\nA()",
    "in a thread's end": (
        "import threading, time, os\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), os.close(1), time.sleep(60))).start()"
    ),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_ends_the_process_at_once(moment: str, tmp_path: Path) -> None:
    """Wherever Python would swallow or print the exception, the process ends with 130 and says nothing."""
    (tmp_path / "moment.py").write_text(
        f"{MOMENTS[moment]}\ndef configure(parser):\n parser.set_defaults(run=lambda _: 0)\n"
    )
    code = (
        "from bonded.cli import main as program; program.COMMANDS['probe'] = ('moment', '');"
        " program.run()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "probe"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": ":".join([str(tmp_path), *sys.path])},
        start_new_session=True,
    ) as process:
        assert process.stdout
        process.stdout.read()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, b"")


@pytest.fixture
def _own_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_own_handler")
def test_what_was_ignored_stays_ignored() -> None:
    """A program that was started to go on in the background is not ended by a Ctrl-C for another one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_at_once()

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

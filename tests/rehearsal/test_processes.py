import os
import select
import signal
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import Interrupted
from bonded.rehearsal.processes import STOPPING, Exit, Lines, Stop, capture, run

ENV = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def played(
    stop: Stop, script: str, cwd: Path = Path("/"), timeout: float | None = None
) -> tuple[Exit, list[str]]:
    """Run a shell script and return how it ended and its lines."""
    lines: list[str] = []
    ended = run(
        ["sh", "-c", script], env=ENV, cwd=cwd, stop=stop, on_line=lines.append, timeout=timeout
    )
    return ended, lines


@pytest.mark.parametrize(
    ("script", "code", "lines"),
    [
        ("true", 0, []),
        ("exit 7", 7, []),
        ("kill -9 $$", 137, []),
        ("echo out; echo err >&2; echo out", 0, ["out", "err", "out"]),
        ("printf 'a\\r\\nb'", 0, ["a", "b"]),
        ("printf 'a\\rb\\n'", 0, ["a\rb"]),
        ("printf '\\377\\n'", 0, ["\N{REPLACEMENT CHARACTER}"]),
        ("printf '\\303'; printf '\\244\\n'", 0, ["\N{LATIN SMALL LETTER A WITH DIAERESIS}"]),
        ("cat", 0, []),
        ("exec >&- 2>&-; exit 3", 3, []),
        ("exec >&- 2>&-; sleep 0.2; exit 4", 4, []),
    ],
)
def test_a_program_is_run_to_its_end(stop: Stop, script: str, code: int, lines: list[str]) -> None:
    """Exit code and lines of both streams are a shell's; there is nothing to read; a signal shows as 128 and more."""
    assert played(stop, script) == (Exit(code), lines)


def test_only_the_given_environment_is_seen(stop: Stop, tmp_path: Path) -> None:
    """A program has the environment and the folder that it is given, and no others."""
    code, output = capture(["env"], env={"A": "1", "PATH": ENV["PATH"]}, cwd=tmp_path, stop=stop)

    assert (code, sorted(output.split("\n"))) == (0, ["A=1", f"PATH={ENV['PATH']}"])
    assert played(stop, "pwd -P", tmp_path)[1] == [str(tmp_path.resolve())]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-here"], "no-such-program-here: No such file or directory"),
        (["/"], "/: Permission denied"),
        (["a\0b"], "embedded null byte"),
    ],
)
def test_a_program_may_be_missing(stop: Stop, command: list[str], words: str) -> None:
    """What cannot be started ends with 127 and says why."""
    code, output = capture(command, env=ENV, cwd=Path("/"), stop=stop)

    assert code == 127
    assert words in output


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        "exec >&- 2>&-; sleep 60",
        "while :; do echo x; done",
        "trap '' INT TERM; while :; do sleep 60; done",
    ],
)
def test_time_may_be_up(stop: Stop, script: str) -> None:
    """A program that does not end in time is ended, whether it is silent, noisy or deaf."""
    ended, _ = played(stop, f"echo $$; {script}", timeout=0.2)

    assert ended.timed_out
    assert ended.code >= 128


def test_a_program_may_end_itself_when_time_is_up(stop: Stop) -> None:
    """SIGINT comes first, so that a program can clean up; its own exit code stays."""
    script = "trap 'exit 5' INT; while :; do sleep 0.05; done"

    assert played(stop, script, timeout=0.3)[0] == Exit(5, timed_out=True)


@pytest.mark.parametrize("child", ["sleep 60", "yes"])
def test_a_child_in_the_background_is_not_waited_for(stop: Stop, child: str) -> None:
    """A step ends with its program, even while something else holds its output; that is ended with it."""
    ended, lines = played(stop, f"{child} & echo $!")

    assert ended == Exit(0)
    # The child may speak before the script says its number.
    assert _ends(int(next(line for line in lines if line.strip("y"))))


def _ends(pid: int) -> bool:
    """Wait until a process is gone, or a zombie; False where it goes on."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


def test_a_stop_wakes_who_waits(stop: Stop) -> None:
    """A request ends the running program and raises Interrupted with the signal's number."""
    threading.Timer(0.1, stop.request, [signal.SIGINT]).start()
    with pytest.raises(Interrupted) as caught:
        played(stop, "sleep 60")

    assert caught.value.signal == signal.SIGINT


def test_a_stop_is_seen_after_the_output_is_closed(stop: Stop) -> None:
    """A program that closed its output is stopped all the same."""
    threading.Timer(0.3, stop.request).start()
    with pytest.raises(Interrupted) as caught:
        played(stop, "exec >&- 2>&-; sleep 60")

    assert caught.value.signal == signal.SIGTERM


def test_nothing_starts_after_a_stop(stop: Stop, tmp_path: Path) -> None:
    """Once a stop is requested no program is started; the first signal counts."""
    stop.check()
    assert not stop.requested
    stop.request(signal.SIGHUP)
    stop.request(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        played(stop, "touch made", tmp_path)
    assert caught.value.signal == signal.SIGHUP
    assert not list(tmp_path.iterdir())


def test_a_listener_may_refuse(stop: Stop) -> None:
    """What a listener raises ends the program and comes through."""

    def refuse(line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError, match="a"):
        run(["sh", "-c", "echo a; sleep 60"], env=ENV, cwd=Path("/"), stop=stop, on_line=refuse)


def test_signals_become_requests() -> None:
    """While the block runs, the signals that end a program set the flag; afterwards all is as before."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    stop = Stop()
    with stop.on_signals():
        os.kill(os.getpid(), signal.SIGTERM)

    assert stop.requested
    assert {number: signal.getsignal(number) for number in STOPPING} == before
    stop.close()
    stop.close()
    stop.request()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\r", codec="utf-8")), st.integers(1, 7))
def test_lines_do_not_depend_on_the_portions(text: str, size: int) -> None:
    """Bytes in any portions give the same lines; the last one may lack its end."""
    lines: list[str] = []
    data, reader = text.encode(), Lines(lines.append)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    reader.close()
    reader.close()

    assert lines == text.removesuffix("\n").split("\n") if text else lines == []


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\r", codec="utf-8")), st.integers(1, 7))
def test_a_cut_line_loses_nothing(text: str, longest: int) -> None:
    """A line that is too long comes in pieces, none of them longer, cut between characters where there is room."""
    pieces: list[str] = []
    data, reader = text.replace("\n", "").encode(), Lines(pieces.append, max(longest, 4))
    for start in range(0, len(data), 3):
        reader.feed(data[start : start + 3])
    reader.close()

    assert "".join(pieces).encode() == data
    assert all(0 < len(piece.encode()) <= max(longest, 4) for piece in pieces)


def test_bytes_that_are_no_text_are_cut_as_well() -> None:
    """Bytes that only go on a character are cut at the limit."""
    pieces: list[str] = []
    Lines(pieces.append, 8).feed(b"\x80" * 20)

    assert [len(piece) for piece in pieces] == [8, 8]


def test_a_line_without_end_is_taken_in_pieces(stop: Stop) -> None:
    """A line of many megabytes is handed over in pieces of one, and reading it takes time in proportion."""
    script = f"import sys; sys.stdout.write('x' * {20 << 20})"
    lines: list[str] = []
    run([sys.executable, "-c", script], env=ENV, cwd=Path("/"), stop=stop, on_line=lines.append)

    assert [len(line) for line in lines] == [1 << 20] * 20


def test_captured_output_is_never_cut(stop: Stop) -> None:
    """What is captured is the whole output, however long its lines."""
    script = f"import sys; sys.stdout.write('x' * {3 << 20})"
    code, output = capture([sys.executable, "-c", script], env=ENV, cwd=Path("/"), stop=stop)

    assert (code, output) == (0, "x" * (3 << 20))

import io

import pytest

from bonded.cli.console import Progress, color_wanted
from bonded.rehearsal.report import JobRecord, StepRecord
from bonded.rehearsal.watching import Watcher


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def perform(watcher: Watcher) -> None:
    """Let something of everything happen."""
    job = JobRecord(workflow="release.yml", id="build", name="build")
    watcher.scene("setting the stage")
    watcher.job_started(job)
    good = StepRecord(name="make", kind="run")
    watcher.step_started(good)
    watcher.line("making")
    good.result, good.seconds = "success", 1.25
    watcher.step_ended(good)
    watcher.step_ended(StepRecord(name="never", kind="run", result="skipped"))
    outer, inner = StepRecord(name="outer", kind="action"), StepRecord(name="inner", kind="run")
    watcher.step_started(outer)
    watcher.step_started(inner)
    inner.result, inner.error, inner.log = "failure", "exit code 1", ["why", "because"]
    watcher.step_ended(inner)
    outer.result, outer.error, outer.children = "failure", "exit code 1", [inner]
    watcher.step_ended(outer)
    watcher.step_started(gap := StepRecord(name="gap", kind="action"))
    gap.result = "not rehearsed"
    watcher.step_ended(gap)
    watcher.job_ended(job)
    skipped = JobRecord(
        workflow="w", id="x", name="x", result="skipped", reason="its `if` is false"
    )
    watcher.job_ended(skipped)


def shown(*, color: bool = False, quiet: bool = False, verbose: bool = False) -> str:
    stream = io.StringIO()
    perform(Progress(stream, color=color, quiet=quiet, verbose=verbose))
    return stream.getvalue()


def test_progress_is_a_line_a_step() -> None:
    """Steps have a mark and their time; one that failed shows its last lines and its error."""
    assert (
        shown()
        == """\
· setting the stage
build  release.yml
  ✓ make  1.2 s
  - never (skipped)
    ✗ inner  0.0 s
        why
        because
        exit code 1
  ✗ outer  0.0 s
  ! gap  0.0 s
- x: skipped (its `if` is false)
"""
    )


def test_verbose_shows_every_line() -> None:
    """With `verbose` lines are shown as they come, and not again at the end."""
    text = shown(verbose=True)

    assert "  make\n    making\n" in text
    assert "because" not in text


def test_quiet_says_nothing() -> None:
    """With `quiet` there is no progress, and no control character either."""
    assert shown(quiet=True, color=True) == ""


@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_of_a_workflow_orders_the_terminal_about(*, verbose: bool) -> None:
    """Names, lines and errors are shown without control sequences, a name on one line."""
    evil = "\x1b]0;title\x07\x1b[2Jgood\n\u202e\x9b31m"
    stream = io.StringIO()
    watcher = Progress(stream, color=False, quiet=False, verbose=verbose)
    job = JobRecord(workflow=evil, id="x", name=evil, result="skipped", reason=evil)
    step = StepRecord(name=evil, kind="run", result="failure", error=evil, log=[evil])
    watcher.scene(evil)
    watcher.job_started(job)
    watcher.step_started(step)
    watcher.line(evil)
    watcher.step_ended(step)
    watcher.step_ended(StepRecord(name=evil, kind="run", result="skipped"))
    watcher.job_ended(job)

    shown = stream.getvalue()
    assert not set(shown) & set("\x1b\x07\x9b\u202e")
    assert "✗ good \N{REPLACEMENT CHARACTER}  0.0 s" in shown


def test_a_terminal_sees_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the running step is shown, with its newest line, and wiped when it ends."""
    moments = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
    text = shown(color=True)

    assert "  … make" in text
    assert "\r\x1b[K  …   2.0 s  making" in text
    assert "\r\x1b[K  \x1b[32m✓\x1b[0m make  1.2 s\n" in text


def test_lines_do_not_flicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that come faster than the eye reads are not drawn."""
    monkeypatch.setattr("time.monotonic", lambda: 0.0)

    assert "making" not in shown(color=True)


@pytest.mark.parametrize(
    ("stream", "no_color", "wanted"),
    [(Terminal(), "", True), (Terminal(), "1", False), (io.StringIO(), "", False)],
)
def test_colour_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, no_color: str, *, wanted: bool
) -> None:
    """Colours go to a terminal, unless NO_COLOR says no."""
    monkeypatch.setenv("NO_COLOR", no_color)

    assert color_wanted(stream) is wanted


def test_a_watcher_may_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The plain watcher hears everything and is silent."""
    perform(Watcher())

    assert capsys.readouterr() == ("", "")

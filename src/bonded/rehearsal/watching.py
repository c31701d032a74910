"""Who watches a rehearsal while it plays: live progress, as calls."""

from bonded.rehearsal.report import JobRecord, StepRecord


class Watcher:
    """Hears of everything as it happens, and by itself says nothing."""

    def scene(self, sentence: str) -> None:
        """The stage itself does something worth a line (setting, curtain, striking)."""

    def job_started(self, job: JobRecord) -> None:
        """A job begins."""

    def job_ended(self, job: JobRecord) -> None:
        """A job ended; the record holds its result."""

    def step_started(self, step: StepRecord) -> None:
        """A step begins."""

    def line(self, text: str) -> None:
        """The running step printed a line; secrets are masked."""

    def step_ended(self, step: StepRecord) -> None:
        """A step ended; the record holds its result and its log."""

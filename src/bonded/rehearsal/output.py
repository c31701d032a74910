"""The lines of a running step: commands are obeyed, everything else is logged with secrets masked.

Commands are read from a line as it came, as GitHub's runner does; what is logged is first made plain (`plain.py`).
"""

from dataclasses import dataclass, field

from bonded.rehearsal import commands
from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.bench import Bench
from bonded.rehearsal.engine import Result
from bonded.rehearsal.plain import plain
from bonded.rehearsal.report import StepRecord

MOST_ANNOTATIONS = 1_000
"""The annotations that the record of a step keeps, the first ones; the lines of the others are in its log."""


@dataclass(slots=True)
class Outcome:
    """What a step leaves for those after it."""

    outputs: dict[str, str] = field(default_factory=dict)
    result: Result = Result.SUCCESS


@dataclass(slots=True)
class Output:
    """The lines of a step while it runs: commands are obeyed, the rest is logged with secrets masked."""

    bench: Bench
    record: StepRecord
    outcome: Outcome
    stopped_by: str = ""

    def take(self, line: str) -> None:
        """Hear one line."""
        if self.stopped_by:
            if commands.parse_command(line, {self.stopped_by.lower()}):
                self.stopped_by = ""
            self._say(line)
            return
        command = commands.parse_command(line)
        if command is None:
            self._say(line)
        else:
            self._obey(command, line)

    def _shown(self, text: str) -> str:
        """Return a text as it may be logged; masked twice, for an escape inside a secret must not carry it through."""
        masked = self.bench.shown(text)
        shown = plain(masked)
        return masked if shown == masked else self.bench.shown(shown)

    def _say(self, line: str) -> None:
        masked = self._shown(line)
        self.record.log.append(masked)
        self.bench.watcher.line(masked)

    def _obey(self, command: commands.Command, line: str) -> None:
        match command.name:
            case "add-mask":
                self.bench.masks.add(command.data)
            case "stop-commands":
                self._stop(command.data)
            case "set-output":
                self._output(command)
            case "error" | "warning" | "notice":
                self._annotate(command)
            case "group":
                self._say(command.data)
            case "set-env" | "add-path":
                raise StepFailed(
                    f"The `{command.name}` command is disabled. Please upgrade to using Environment Files."
                )
            case "debug":
                pass
            case _:
                self._say(line)

    def _stop(self, token: str) -> None:
        if not token or token.lower() in {"pause-logging", *commands.KNOWN_COMMANDS}:
            raise StepFailed(
                "Invalid token for `stop-commands`: it is empty, 'pause-logging' or another workflow command.",
                hint="choose a random token that nobody can guess",
            )
        self.stopped_by = token

    def _output(self, command: commands.Command) -> None:
        name = command.properties.get("name")
        if not name:
            raise StepFailed("Required field 'name' is missing in ##[set-output] command.")
        self.outcome.outputs[name] = command.data

    def _annotate(self, command: commands.Command) -> None:
        text = self._shown(command.data)
        properties = {name: self._shown(value) for name, value in command.properties.items()}
        if len(self.record.annotations) < MOST_ANNOTATIONS:
            self.record.annotations.append({**properties, "level": command.name, "message": text})
        for part in text.splitlines():
            self._say(f"{command.name.capitalize()}: {part}")

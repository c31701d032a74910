"""The lines of a running step: commands are obeyed, everything else is logged with secrets masked."""

from dataclasses import dataclass, field

from bonded.rehearsal import commands
from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.bench import Bench
from bonded.rehearsal.engine import Result
from bonded.rehearsal.report import StepRecord


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
            if line.strip() == f"::{self.stopped_by}::":
                self.stopped_by = ""
            self._say(line)
            return
        command = commands.parse_command(line)
        if command is None:
            self._say(line)
        else:
            self._obey(command, line)

    def _say(self, line: str) -> None:
        masked = self.bench.masks.apply(line)
        self.record.log.append(masked)
        self.bench.watcher.line(masked)

    def _obey(self, command: commands.Command, line: str) -> None:
        match command.name:
            case "add-mask":
                self.bench.masks.add(command.data)
            case "stop-commands":
                self.stopped_by = command.data
            case "set-output":
                self.outcome.outputs[command.properties.get("name", "")] = command.data
            case "error" | "warning" | "notice":
                text = self.bench.masks.apply(command.data)
                self.record.annotations.append(
                    {"level": command.name, "message": text, **command.properties}
                )
                for part in text.splitlines():
                    self._say(f"{command.name.capitalize()}: {part}")
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

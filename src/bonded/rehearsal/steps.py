"""One step, played: its condition, its environment, its program or action, and what it left behind.

The order is the runner's. Before: `if`, then name, environment and inputs are evaluated. After: the command files are
read once, output lines have been watched all along. Whatever goes wrong becomes the step's error with the file and
line of the workflow; only a bug in bonded or a request to stop leaves this module as an exception.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bonded.errors import InvalidInput
from bonded.rehearsal import commands, composite, contexts, engine, lacking
from bonded.rehearsal.actions import catalogue
from bonded.rehearsal.actions.role import Call, NotRehearsed, StepFailed, fill_inputs
from bonded.rehearsal.bench import Bench, Scope
from bonded.rehearsal.command_files import NAMES, CommandFiles, command_files
from bonded.rehearsal.conditions import holds
from bonded.rehearsal.engine import Result
from bonded.rehearsal.output import Outcome, Output
from bonded.rehearsal.report import StepRecord
from bonded.rehearsal.shells import ShellError, shell_for
from bonded.workflows import templates
from bonded.workflows.document import Node, Scalar
from bonded.workflows.expressions import to_text, truthy
from bonded.workflows.model import Step

_MINUTE = 60.0
_BLOCKED = frozenset({"NODE_OPTIONS"})
GONE = "an earlier step changed what the runner needs in its folders"
SUMMARY_LIMIT = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Performance:
    """One step while it is played."""

    bench: Bench
    scope: Scope
    step: Step
    record: StepRecord
    outcome: Outcome = field(default_factory=Outcome)
    env: dict[str, str] = field(default_factory=dict)

    @property
    def view(self) -> dict[str, Any]:
        """The contexts that the step's expressions see, its own environment included."""
        return self.bench.view(self.scope, self.env)

    def resolve(self, scalar: Scalar | None, default: str = "") -> str:
        """Evaluate a text of the step; `default` where the step has none."""
        if scalar is None:
            return default
        return to_text(templates.resolve_node(scalar, self.view, functions=self.bench.functions()))

    def output(self) -> Output:
        """Return a listener for the step's lines."""
        return Output(self.bench, self.record, self.outcome)


def play_step(bench: Bench, scope: Scope, step: Step) -> StepRecord:
    """Play one step to its end and return what happened; the scope and the bench hold its effects."""
    began = time.monotonic()
    record = StepRecord(
        name=plain_name(step), kind="run" if step.run else "action", location=str(step.location)
    )
    play = Performance(bench=bench, scope=scope, step=step, record=record)
    carry_on = False
    try:
        if _wanted(play):
            play.env = {**scope.env, **_strings(play, step.env)}
            if step.name:
                record.name = bench.shown(play.resolve(step.name))
            bench.watcher.step_started(record)
            carry_on = _carry_on(play)
            _act(play)
        else:
            play.outcome.result = Result.SKIPPED
    except NotRehearsed as gap:
        _note(play, Result.NOT_REHEARSED, gap.message, gap.hint)
    except StepFailed as failure:
        _note(play, Result.FAILURE, failure.message, failure.hint)
    except InvalidInput as error:
        _note(play, Result.FAILURE, "\n".join(str(fault) for fault in error.faults), "")
    except OSError as error:
        # What a step removed, replaced or locked is missing for the next one, here as on GitHub.
        _note(play, Result.FAILURE, f"the runner cannot go on: {error}", GONE)
    _settle(play, continue_on_error=carry_on)
    record.seconds = time.monotonic() - began
    bench.watcher.step_ended(record)
    return record


def _settle(play: Performance, *, continue_on_error: bool) -> None:
    """Let the step count: for the job's status, and for the `steps` context."""
    ending = engine.end_step(play.outcome.result, continue_on_error=continue_on_error)
    if ending.job_status:
        play.bench.set_status(play.scope, ending.job_status)
    if play.step.id:
        play.scope.steps[play.step.id] = contexts.step_context(
            play.outcome.outputs,
            outcome=ending.outcome.for_github,
            conclusion=ending.conclusion.for_github,
        )
    play.record.result = ending.outcome.value
    play.record.excused = ending.outcome is not ending.conclusion


def _note(play: Performance, result: Result, message: str, hint: str) -> None:
    play.outcome.result = result
    play.record.error = play.bench.shown(message)
    play.record.hint = hint


def plain_name(step: Step) -> str:
    """Return the step's name before anything is evaluated, as GitHub shows it."""
    if step.name:
        return step.name.text
    if step.uses:
        return f"Run {step.uses.text}"
    first = step.run.text.strip().splitlines() if step.run else []
    return f"Run {first[0] if first else ''}".rstrip()


def _wanted(play: Performance) -> bool:
    status = engine.status_for_steps(play.bench.status_of(play.scope))
    return holds(play.step.condition, play.view, status=status, functions=play.bench.functions())


def _strings(play: Performance, node: Node | None) -> dict[str, str]:
    """Evaluate a mapping whose values become text."""
    if node is None:
        return {}
    value = templates.resolve_node(node, play.view, functions=play.bench.functions())
    if not isinstance(value, Mapping):
        return {}
    return {str(key): to_text(item) for key, item in value.items()}


def _carry_on(play: Performance) -> bool:
    scalar = play.step.continue_on_error
    if scalar is None:
        return False
    return truthy(templates.resolve_node(scalar, play.view, functions=play.bench.functions()))


def _timeout(play: Performance) -> float:
    left = max(play.bench.deadline - time.monotonic(), 0.0)
    text = play.resolve(play.step.timeout_minutes)
    try:
        return min(left, float(text) * _MINUTE) if text else left
    except ValueError:
        raise StepFailed(f"`timeout-minutes` must be a number, not '{text}'") from None


def _act(play: Performance) -> None:
    step = play.step
    if step.control:
        raise NotRehearsed(
            f"`{step.control}` steps run beside each other, which a rehearsal does not play yet",
            hint="play the steps one after another, or leave them out of the release workflow",
        )
    if step.run is not None:
        _run(play, step.run)
    elif step.uses is not None and composite.is_local(step.uses.text):
        _compose(play, step.uses.text)
    elif step.uses is not None:
        _stand_in(play, step.uses.text)


def _run(play: Performance, run: Scalar) -> None:
    bench = play.bench
    try:
        shell = shell_for(play.resolve(play.step.shell, bench.defaults.get("shell", "")))
    except ShellError as error:
        raise StepFailed(str(error)) from None
    folder = play.resolve(play.step.working_directory, bench.defaults.get("working-directory", ""))
    cwd = bench.workspace / folder
    if not cwd.is_dir():
        raise StepFailed(f"the working directory '{folder}' does not exist in the workspace")
    with command_files(bench.theatre.inside, bench.temp) as files:
        script = files.script(shell.text(play.resolve(run)), shell.suffix)
        ended = bench.theatre.run(
            shell.command(str(script)),
            env=_process_env(play, files),
            cwd=cwd,
            on_line=play.output().take,
            timeout=_timeout(play),
        )
        _collect(play, files)
    if ended.timed_out:
        raise StepFailed(
            "The action has timed out.", hint="raise `timeout-minutes` or find out what waits"
        )
    if ended.code:
        raise _failure(play, run.text, ended.code)


def _failure(play: Performance, script: str, code: int) -> StepFailed:
    """Return why a script failed; what GitHub's machine has, and this one lacks, is nobody's fault."""
    if lack := lacking.lack(script, code=code, log=play.record.log):
        return NotRehearsed(lack.message, hint=lack.hint)
    hint = "a program is not on PATH; a step before has to set it up, on GitHub too"
    return StepFailed(
        f"Process completed with exit code {code}.",
        hint=hint if code == lacking.NOT_FOUND else "",
    )


def _process_env(play: Performance, files: CommandFiles) -> dict[str, str]:
    bench = play.bench
    env = bench.environment(play.env) | files.env()
    if play.scope.action_path:
        env["GITHUB_ACTION_PATH"] = play.scope.action_path
    if bench.identity:
        env["ACTIONS_ID_TOKEN_REQUEST_URL"] = bench.identity.request_url
        env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = bench.identity.request_token
    return env


def _collect(play: Performance, files: CommandFiles) -> None:
    """Read the command files of a step that ended; a malformed one fails the step."""
    texts = {name: files.text(name) for name in NAMES}
    try:
        play.outcome.outputs.update(commands.parse_pairs(texts["GITHUB_OUTPUT"]))
        for name, value in commands.parse_pairs(texts["GITHUB_ENV"]):
            _export(play.bench, name, value)
    except commands.CommandFileError as error:
        raise StepFailed(f"Unable to process file command successfully. {error}") from None
    play.bench.paths[:0] = reversed(commands.parse_paths(texts["GITHUB_PATH"]))
    summary = texts["GITHUB_STEP_SUMMARY"]
    if len(summary.encode()) > SUMMARY_LIMIT:
        play.record.annotations.append(
            {"level": "error", "message": "$GITHUB_STEP_SUMMARY upload aborted: over 1 MiB"}
        )
    else:
        play.record.summary = play.bench.shown(summary)


def _export(bench: Bench, name: str, value: str) -> None:
    if name.upper() in _BLOCKED:
        raise StepFailed(
            f"Can't store {name} output parameter using '$GITHUB_ENV' command: it is not allowed"
        )
    bench.env[name] = value


def _stand_in(play: Performance, uses: str) -> None:
    bench = play.bench
    action = catalogue.find(uses)
    if action is None:
        raise NotRehearsed(
            f"there is no stand-in for the action {uses}",
            hint="a rehearsal cannot say what it would do; "
            "replace it by a `run:` step, or rehearse with a local copy (`uses: ./path`)",
        )
    inputs = fill_inputs(action, _strings(play, play.step.inputs))
    for name, spec in action.inputs.items():
        if spec.unplayed and inputs[name] != spec.default:
            bench.theatre.report.differ(
                f"the input `{name}` of {uses.partition('@')[0]} is not played"
            )
    call = Call(
        theatre=bench.theatre,
        uses=uses,
        inputs=inputs,
        env=bench.environment(play.env),
        workspace=bench.workspace,
        temp=bench.temp,
        event_name=str(bench.github["event_name"]),
        ref=str(bench.github["ref"]),
        sha=str(bench.github["sha"]),
        repository=str(bench.github["repository"]),
        job=str(bench.github["job"]),
        permissions=bench.permissions,
        identity=bench.identity,
        upstream=bench.upstream,
        log=play.output().take,
        mask=bench.masks.add,
        outputs=play.outcome.outputs,
    )
    action.play(call)
    for name, value in call.exports.items():
        _export(bench, name, value)
    for path in call.paths:
        bench.paths.insert(0, path)
    bench.posts.extend((play.record.name, post) for post in call.posts)


def _compose(play: Performance, uses: str) -> None:
    action, folder = composite.read(play.bench, uses, play.scope)
    inner = Scope(
        inputs=composite.inputs(action, _strings(play, play.step.inputs), play.view),
        action_path=str(folder),
        env=play.env,
        depth=play.scope.depth + 1,
    )
    children = play.record.children
    for child in action.steps:
        children.append(play_step(play.bench, inner, child))
    play.outcome.outputs.update(composite.outputs(action, play.bench.view(inner)))
    play.outcome.result = inner.status
    failed = next((child for child in children if child.error), None)
    if failed and inner.status is not Result.SUCCESS:
        play.record.error, play.record.hint = failed.error, failed.hint

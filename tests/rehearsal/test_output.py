import pytest

from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.commands import Masks
from bonded.rehearsal.log import LINES
from bonded.rehearsal.output import MOST_ANNOTATIONS, Outcome, Output
from bonded.rehearsal.report import StepRecord
from stage_world import World


@pytest.fixture
def output(world: World) -> Output:
    """The lines of a step whose secret is `hush`."""
    bench = world.bench(masks=Masks(["hush"]))
    return Output(bench, StepRecord(name="step", kind="run"), Outcome())


@pytest.mark.parametrize(
    ("lines", "log"),
    [
        (["text", "  indented"], ["text", "  indented"]),
        (["say hush"], ["say ***"]),
        (["\x1b[31mred\x1b[0m \x07\x9b1m\u202e"], ["red \N{REPLACEMENT CHARACTER}"]),
        (["hu\x1b[0msh"], ["***"]),
        (["::add-mask::pst", "pst"], ["***"]),
        (["::add-mask::", "text"], ["text"]),
        (["::group::tests of hush", "::endgroup::"], ["tests of ***", "::endgroup::"]),
        (["::debug::inner"], []),
        (["::error::one%0Atwo hush"], ["Error: one", "Error: two ***"]),
        (["::warning::"], []),
        (["::echo::on"], ["::echo::on"]),
        (["::unknown::x"], ["::unknown::x"]),
        (
            ["::stop-commands::Token-1", "::add-mask::text", "text", "::token-1::x", "::debug::x"],
            ["::add-mask::text", "text", "::token-1::x"],
        ),
    ],
)
def test_commands_are_obeyed_and_the_rest_is_logged(
    output: Output, lines: list[str], log: list[str]
) -> None:
    """A step's log shows its text with secrets masked; between stop-commands and its token nothing is obeyed."""
    for line in lines:
        output.take(line)

    assert output.record.log == log


def test_an_output_may_be_set_by_a_command(output: Output) -> None:
    """The deprecated `set-output` still works."""
    output.take("::set-output name=answer::42")

    assert output.outcome.outputs == {"answer": "42"}


def test_an_annotation_keeps_its_place_and_no_secret(output: Output) -> None:
    """An annotation has its level and properties, masked as the log is; a property cannot pretend to be the text."""
    output.take("::notice title=about\x1b]0;x\x07 hush,line=3,message=no,level=no::see hu\x1b[msh")

    assert output.record.annotations == [
        {"title": "about ***", "line": "3", "level": "notice", "message": "see ***"}
    ]


def test_annotations_and_lines_without_end_are_bounded(output: Output) -> None:
    """A step that never stops complaining leaves so many annotations, and a log with its first and last lines."""
    for number in range(LINES + 5):
        output.take(f"::error::{number}")

    assert len(output.record.annotations) == MOST_ANNOTATIONS
    assert len(output.record.log) == LINES
    assert output.record.log[-1] == f"Error: {LINES + 4}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("::set-env name=x::y", "`set-env` command is disabled"),
        ("::add-path::/x", "`add-path` command is disabled"),
        ("::set-output::y", "Required field 'name' is missing"),
        ("::stop-commands::", "Invalid token"),
        ("::stop-commands::pause-logging", "Invalid token"),
        ("::stop-commands::Set-Output", "Invalid token"),
    ],
)
def test_what_the_runner_refuses_fails_the_step(output: Output, line: str, words: str) -> None:
    """Disabled commands, nameless outputs and guessable tokens fail the step, as on GitHub."""
    with pytest.raises(StepFailed) as caught:
        output.take(line)

    assert words in caught.value.message

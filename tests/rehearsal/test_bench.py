from bonded.rehearsal.bench import Scope
from bonded.rehearsal.engine import Result
from bonded.workflows.expressions import evaluate
from stage_world import World, write


def test_the_environment_of_a_step_is_merged_in_the_runners_order(world: World) -> None:
    """The step's own wins over the job's, that over the runner's; the default variables win over all."""
    bench = world.bench(
        base={
            "A": "runner",
            "B": "runner",
            "C": "runner",
            "PATH": "/bin",
            "RUNNER_TRACKING_ID": "1",
        },
        env={"B": "job", "C": "job", "GITHUB_SHA": "forged"},
        fixed={"GITHUB_SHA": "real", "RUNNER_OS": "Linux"},
        paths=["/second", "/first"],
    )

    assert bench.environment({"C": "step", "GITHUB_TOKEN": "token", "RUNNER_OS": "forged"}) == {
        "A": "runner",
        "B": "job",
        "C": "step",
        "PATH": "/second:/first:/bin",
        "RUNNER_TRACKING_ID": "1",
        "RUNNER_OS": "Linux",
        "GITHUB_SHA": "real",
        "GITHUB_TOKEN": "token",
    }


def test_an_expression_sees_the_steps_world(world: World) -> None:
    """Contexts of the job, of the step and of the composite action around it are one view."""
    bench = world.bench(
        github={"ref": "refs/tags/v1"},
        runner={"os": "Linux"},
        contexts={"matrix": {"python": "3.12"}},
        env={"A": "job", "B": "job"},
    )
    scope = Scope(inputs={"x": True}, steps={"s": {"outcome": "success"}}, env={"B": "outer"})
    view = bench.view(scope, {"a": "step"})

    for text, value in {
        "github.ref": "refs/tags/v1",
        "runner.os": "Linux",
        "matrix.python": "3.12",
        "inputs.x": True,
        "steps.s.outcome": "success",
        "env.A": "job",
        "env.a": "step",
        "env.B": "outer",
        "job.status": "success",
    }.items():
        assert evaluate(text, view) == value


def test_files_are_hashed_below_the_workspace(world: World) -> None:
    """`hashFiles` looks into the workspace, and is empty where nothing matches."""
    write(world.workspace, {"a.lock": "1"})
    hash_files = world.bench().functions()["hashFiles"]

    assert len(hash_files("*.lock")) == 64
    assert hash_files("*.toml") == ""


def test_a_composite_action_has_a_status_of_its_own(world: World) -> None:
    """A failure inside a composite action is its own; one among the job's steps is the job's."""
    bench = world.bench()
    outer, inner = Scope(inputs={}), Scope(inputs={}, depth=1)

    bench.set_status(inner, Result.FAILURE)
    assert (bench.status_of(inner), bench.status_of(outer)) == (Result.FAILURE, Result.SUCCESS)
    assert evaluate("job.status", bench.view(inner)) == "failure"

    bench.set_status(outer, Result.FAILURE)
    assert (bench.status_of(outer), bench.status) == (Result.FAILURE, Result.FAILURE)

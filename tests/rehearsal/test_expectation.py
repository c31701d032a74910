import pytest

from bonded.dists import endpoints
from bonded.rehearsal.expectation import expected_indexes
from bonded.workflows.publishing import publishings
from bonded.workflows.reading import read_workflow

ACTION = "uses: pypa/gh-action-pypi-publish@release/v1"


def expected(
    step: str, *, job: str = "env: {}", workflow: str = "env: {}", event: str = "push"
) -> dict[str, tuple[str, ...]]:
    """Return what a workflow of one publishing step must reach."""
    text = (
        f"on: push\n{workflow}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {job}\n"
        f"    steps:\n      - {step}\n"
    )
    found = publishings(read_workflow(text, ".github/workflows/release.yml"))
    assert found
    return expected_indexes(found, lambda _: {"github": {"event_name": event}})


@pytest.mark.parametrize(
    ("step", "job", "index"),
    [
        (ACTION, "env: {}", "pypi"),
        ("run: uv publish", "env: {}", "pypi"),
        (
            f"{{{ACTION}, with: {{repository-url: '{endpoints.testpypi().upload_url}'}}}}",
            "env: {}",
            "testpypi",
        ),
        ("run: twine upload -r testpypi dist/*", "env: {}", "testpypi"),
        ("run: pip install -r needs.txt; twine upload dist/*", "env: {}", "pypi"),
        ("run: uv publish", "env: {TWINE_REPOSITORY: testpypi}", "testpypi"),
        (ACTION, "if: needs.x.outputs.y", "pypi"),
    ],
)
def test_an_index_that_the_text_names_is_expected(step: str, job: str, index: str) -> None:
    """What a step says plainly must come true; a condition that only a run can tell counts as true."""
    assert expected(step, job=job) == {index: ("a",)}


def test_the_workflow_may_name_the_index() -> None:
    """A variable of the whole workflow says the index as well as one of the job."""
    named = expected("run: uv publish", workflow="env: {UV_PUBLISH_INDEX: testpypi}")

    assert named == {"testpypi": ("a",)}


@pytest.mark.parametrize(
    ("step", "job", "workflow"),
    [
        (ACTION, "if: github.event_name == 'release'", "env: {}"),
        (f"{{{ACTION}, if: github.event_name == 'release'}}", "env: {}", "env: {}"),
        (f"{{{ACTION}, with: {{repository-url: '${{{{ vars.A || vars.B }}}}'}}}}", "env: {}", "env: {}"),
        (ACTION.replace("uses", "with: {repository-url: 'https://own.example/'}\n        uses"), "env: {}", "env: {}"),
        ("run: twine upload --repository-url $URL dist/*", "env: {}", "env: {}"),
        ("run: uv publish --index staging", "env: {}", "env: {}"),
        ('{run: "a && twine upload dist/*\\ntwine upload -r testpypi dist/*"}', "env: {}", "env: {}"),
        ("run: uv publish", "env: {UV_PUBLISH_URL: '${{ vars.URL }}'}", "env: {}"),
    ],
)  # fmt: skip
def test_what_only_a_run_can_tell_is_not_expected(step: str, job: str, workflow: str) -> None:
    """A false condition, or an index that the text does not name, expects nothing."""
    assert expected(step, job=job, workflow=workflow) == {}

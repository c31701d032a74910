import pytest

from bonded.dists import endpoints
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import ancestors, publishings
from bonded.workflows.reading import read_workflow

PUT = "    runs-on: x\n    steps: [{run: make}]\n"


def one_job(step: str, job: str = "env: {}") -> Workflow:
    return read_workflow(
        f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {job}\n    steps:\n      - {step}\n",
        ".github/workflows/release.yml",
    )


def test_ancestors_are_all_that_came_before() -> None:
    """A job has each of its ancestors once."""
    text = f"on: push\njobs:\n  c:\n    needs: [b, a]\n{PUT}  b:\n    needs: a\n{PUT}  a:\n{PUT}  d:\n{PUT}"
    workflow = read_workflow(text, "release.yml")

    assert sorted(job.id for job in ancestors(workflow, workflow.job("c"))) == ["a", "b"]


@pytest.mark.parametrize(
    ("step", "publishes"),
    [
        ("uses: pypa/gh-action-pypi-publish@v1", True),
        ("uses: Pypa/Gh-Action-PyPI-Publish@v1", True),
        ("uses: actions/checkout@v5", False),
        ("run: uv publish", True),
        ("run: uv --quiet publish --trusted-publishing always", True),
        ("run: python -m twine upload dist/*", True),
        ("run: uvx twine --no-color upload dist/*", True),
        ("run: hatch build && hatch publish", True),
        ("run: 'make; flit publish'", True),
        ("run: poetry publish", True),
        ("run: bonded publish", True),
        ("run: uvx bonded@0.1.0 publish dist/*", True),
        ("run: uvx --from bonded==0.1.0 bonded publish", True),
        ("run: python -m bonded publish --to testpypi", True),
        ("run: bonded publish --dry-run", False),
        ("run: bonded publisher list", False),
        ("run: bonded rehearse", False),
        ("run: uv publish --dry-run", False),
        ("run: uv build | tee publish", False),
        ("run: twine check dist/*", False),
        ("run: 'uv build # then publish'", False),
        ("run: echo upload", False),
    ],
)
def test_a_publishing_step_is_known_by_what_it_does(step: str, *, publishes: bool) -> None:
    """The publishing action and the upload commands of the usual tools publish; a dry run does not."""
    assert bool(publishings(one_job(step))) is publishes


@pytest.mark.parametrize(
    ("step", "job", "index"),
    [
        ("run: uv publish", "env: {}", "pypi"),
        ("run: twine upload --repository TestPyPI dist/*", "env: {}", "testpypi"),
        (f"{{run: uv publish, env: {{UV_PUBLISH_URL: '{endpoints.testpypi().upload_url}'}}}}", "env: {}", "testpypi"),
        ("run: uv publish", "env: {TWINE_REPOSITORY: testpypi}", "testpypi"),
        ("run: uv publish --publish-url https://own.example/", "env: {}", "other"),
        ("run: uv publish --index $INDEX", "env: {}", ""),
        ("run: bonded publish --to testpypi", "env: {}", "testpypi"),
        ("run: bonded publish --to pypi dist/*", "env: {}", "pypi"),
        ("run: bonded publish --to https://own.example/legacy/", "env: {}", "other"),
        ("run: bonded publish --to=$INDEX", "env: {}", ""),
        ("run: uv publish --index staging", "env: {}", ""),
    ],
)  # fmt: skip
def test_the_index_is_told_by_the_job(step: str, job: str, index: str) -> None:
    """PyPI and TestPyPI are known by their names and hosts; a name of one's own may stand for any."""
    assert [found.index for found in publishings(one_job(step, job))] == [index]


def test_a_script_may_upload_twice() -> None:
    """Each command of a script is an upload with an index of its own."""
    step = '{run: "twine upload -r testpypi dist/* && twine upload dist/*"}'

    assert [found.index for found in publishings(one_job(step))] == ["testpypi", "pypi"]

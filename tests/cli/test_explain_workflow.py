"""What the jobs of a workflow would be to an index, before any of them has run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bonded.cli.main import main
from bonded.dists.endpoints import testpypi as other_index

PROJECT = """\
[project]
name = "widget"
version = "1.0"
[[tool.bonded.publishers]]
repository = "octo/widget"
workflow = "release.yml"
environment = "pypi"
owner-id = "5001"
"""
HEAD = """\
on:
  push:
    tags: ["v*"]
  release:
    types: [published]
  workflow_dispatch:
  pull_request:
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo built
"""
PUBLISH = """\
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
TEST = PUBLISH.replace("publish:", "trial:", 1).replace("    environment: pypi\n", "").replace(
    "release/v1\n", "release/v1\n        with:\n          repository-url: " + other_index().upload_url + "\n"
)  # fmt: skip
ATTEST = """\
  attest:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - run: echo attested
"""
ENVIRONMENTS = {
    "environment: ${{ github.ref_type == 'tag' && 'pypi' || 'none' }}": "ok",
    "environment: {name: pypi}": "ok",
    "environment: '${{ matrix.index }}'": "unknown",
    "environment: '${{ vars.INDEX }}'": "unknown",
    "environment: \"${{ fromJSON('{') }}\"": "unknown",
    "environment: staging": "no",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in the folder of a project with a release workflow."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    write("release.yml", HEAD + PUBLISH)
    return tmp_path


def write(name: str, text: str) -> None:
    """Write a workflow."""
    folder = Path(".github/workflows")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def predicted(
    capsys: pytest.CaptureFixture[str], *arguments: str, event: str = "push:v1.0"
) -> dict[str, Any]:
    """Return what is said to the jobs of release.yml, as data."""
    where = ".github/workflows/release.yml"
    if not arguments or not arguments[0].startswith("--repository"):
        arguments = ("--repository", "octo/widget", *arguments)
    main(["explain", "--workflow", where, "--event", event, *arguments, "--json"])
    out, err = capsys.readouterr()
    assert err == ""
    data: dict[str, Any] = json.loads(out)
    return data


@pytest.mark.parametrize(
    ("event", "ref"),
    [
        ("push:v1.0", "refs/tags/v1.0"),
        ("push:refs/tags/v1.0", "refs/tags/v1.0"),
        ("release:v1.0", "refs/tags/v1.0"),
        ("workflow_dispatch", "refs/heads/main"),
        ("workflow_dispatch:next", "refs/heads/next"),
        ("workflow_dispatch:refs/tags/v1", "refs/tags/v1"),
        ("pull_request", "refs/pull/1/merge"),
    ],
)
def test_a_job_that_would_be_accepted(
    capsys: pytest.CaptureFixture[str], event: str, ref: str
) -> None:
    """The claims are those that GitHub would make for the event; what is made up is not among them."""
    data = predicted(capsys, event=event)

    assert data["accepted"]
    (case,) = data["cases"]
    assert case["title"] == (
        f"job 'publish' of .github/workflows/release.yml, on {event.partition(':')[0]} of {ref}"
    )
    assert case["claims"]["job_workflow_ref"].endswith(f"release.yml@{ref}")
    assert case["unknown"] == ["repository_owner_id"]
    assert "repository_id" not in case["claims"]


@pytest.mark.parametrize(("environment", "outcome"), ENVIRONMENTS.items())
def test_environments(capsys: pytest.CaptureFixture[str], environment: str, outcome: str) -> None:
    """An expression is evaluated; what only a run can tell is not known, and not wrong."""
    write("release.yml", HEAD + PUBLISH.replace("environment: pypi", environment))
    (case,) = predicted(capsys)["cases"]

    found = next(one["outcome"] for one in case["checks"] if one["claim"] == "environment")
    assert found == outcome


def test_a_job_without_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """The likeliest fault of all, before the tag."""
    write("release.yml", HEAD + PUBLISH.replace("    environment: pypi\n", ""))
    (case,) = predicted(capsys)["cases"]

    assert case["advice"][0] == {
        "sentence": "The publisher is for the environment 'pypi', the job has no environment: in the workflow, give "
        "the publishing job `environment: pypi`.",
        "side": "workflow",
        "field": "environment",
        "new_value": "pypi",
    }


def test_only_jobs_that_publish_there_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """A job for the other index, and one that only attests, are named and left out."""
    write("release.yml", HEAD + PUBLISH + TEST + ATTEST)
    data = predicted(capsys)

    assert [case["title"][:13] for case in data["cases"]] == ["job 'publish'"]
    assert any("not judged" in note and "trial, attest" in note for note in data["notes"])
    chosen = predicted(capsys, "--job", "attest")
    assert [case["title"][:12] for case in chosen["cases"]] == ["job 'attest'"]
    assert predicted(capsys, "--index", "testpypi")["cases"][0]["title"].startswith("job 'trial'")


def test_without_a_publishing_job_all_that_ask_are_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who knows what a script does with its token."""
    write("release.yml", HEAD + ATTEST)

    assert predicted(capsys)["cases"][0]["title"].startswith("job 'attest'")


CALLED = (
    "on:\n  workflow_call:\n    inputs:\n      where:\n        type: string\njobs:\n"
    + PUBLISH.replace("    needs: build\n", "").replace("pypi\n", "${{ inputs.where }}\n", 1)
)
CALL = """\
  call:
    uses: ./.github/workflows/upload.yml
    permissions:
      id-token: write
    with:
      where: pypi
"""


@pytest.mark.parametrize(
    "called", [CALLED, CALLED.replace("    permissions:\n      id-token: write\n", "")]
)
def test_a_reusable_workflow_of_the_repository(
    capsys: pytest.CaptureFixture[str], called: str
) -> None:
    """The token names the called file; its inputs are those of the call, its rights the caller's."""
    write("release.yml", HEAD + CALL)
    write("upload.yml", called)
    (case,) = predicted(capsys)["cases"]

    assert case["title"].startswith("job 'call / publish'")
    assert case["claims"]["environment"] == "pypi"
    assert case["advice"][0]["field"] == "jobs"
    assert "attestations need that" in case["advice"][0]["sentence"]


@pytest.mark.parametrize(
    ("call", "environment"),
    [
        (CALL.replace("where: pypi", "where: ${{ github.ref_name }}"), "v1.0"),
        (CALL.replace("where: pypi", "where: ${{ matrix.where }}"), None),
        (CALL.partition("    with:")[0], "staging"),
    ],
)
def test_the_inputs_of_a_call(
    capsys: pytest.CaptureFixture[str], call: str, environment: str | None
) -> None:
    """Evaluated where that is possible, the default where none is given, and else not known."""
    write("release.yml", HEAD + call)
    write("upload.yml", CALLED.replace("type: string", "type: string\n        default: staging"))
    (case,) = predicted(capsys)["cases"]

    assert case["claims"].get("environment") == environment
    assert ("environment" in case["unknown"]) == (environment is None)


@pytest.mark.parametrize(
    ("default", "event", "unknown"),
    [
        ("", "workflow_dispatch", True),
        ("\n        default: pypi", "workflow_dispatch", False),
        ("", "push:v1.0", False),
    ],
)
def test_the_inputs_of_a_dispatch(
    capsys: pytest.CaptureFixture[str], default: str, event: str, unknown: object
) -> None:
    """What whoever dispatches will choose is not known, unless there is a default."""
    declared = f"workflow_dispatch:\n    inputs:\n      where:\n        type: string{default}"
    job = PUBLISH.replace("environment: pypi", "environment: ${{ inputs.where }}")
    write("release.yml", HEAD.replace("workflow_dispatch:", declared) + job)
    (case,) = predicted(capsys, event=event)["cases"]

    assert ("environment" in case["unknown"]) is unknown


def test_a_called_job_that_asks_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A block of its own without `id-token` takes the token away."""
    write("release.yml", HEAD + CALL)
    write("upload.yml", CALLED.replace("id-token: write", "contents: read"))
    data = predicted(capsys)

    assert data["cases"] == []
    assert not data["accepted"]


def test_a_reusable_workflow_of_another_repository(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not here to be read, and could not match."""
    write(
        "release.yml",
        HEAD + CALL.replace("./.github", "corp/ci/.github").replace("upload.yml", "u.yml@v1"),
    )
    data = predicted(capsys)

    assert data["cases"] == []
    assert "no publisher could match them" in data["notes"][0]


@pytest.mark.parametrize(
    ("workflow", "event", "arguments", "said"),
    [
        (HEAD + PUBLISH, "schedule", (), "schedule does not start"),
        (HEAD + PUBLISH, "push:1.0", (), "has no pattern that matches the tag '1.0'"),
        (HEAD + PUBLISH, "push:main", (), "of a branch, write --event push:refs/heads/main"),
        (HEAD, "push:v1", (), "no job of .github/workflows/release.yml asks for an ID token"),
        (
            HEAD + PUBLISH.replace("id-token: write", "contents: read"),
            "push:v1",
            (),
            "job 'publish' publishes and gets no ID token.",
        ),
        (HEAD + PUBLISH, "push:v1", ("--job", "build"), "job 'build' asks for no ID token"),
    ],
)
def test_nothing_would_publish(
    capsys: pytest.CaptureFixture[str],
    workflow: str,
    event: str,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    """That is a refusal too, and the reason is a sentence."""
    write("release.yml", workflow)
    where = ".github/workflows/release.yml"
    named = ("--repository", "octo/widget", *arguments)
    code = main(["explain", "--workflow", where, "--event", event, *named])
    out, _ = capsys.readouterr()

    assert code == 1
    assert out.startswith("No job would publish.\n\nnote: ")
    assert said in out


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("github.event_name == 'release'", False),
        ("${{ github.ref_type == 'tag' }}", True),
        ("needs.build.outputs.go == 'yes'", True),
        ("always()", True),
        ("fromJSON('{')", True),
    ],
)
def test_a_job_that_would_be_skipped_publishes_nothing(
    capsys: pytest.CaptureFixture[str], *, condition: str, runs: bool
) -> None:
    """It is not judged, and said to be skipped; what only a run can tell counts as true."""
    write(
        "release.yml", HEAD + PUBLISH.replace("needs: build", f"needs: build\n    if: {condition}")
    )
    data = predicted(capsys)

    assert (data["accepted"], len(data["cases"])) == (runs, int(runs))
    assert ("skipped, because its `if:` does not hold: publish" in data["notes"]) is not runs


def test_a_workflow_that_lies_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not in its folder yet is read as if it were."""
    Path("draft.yml").write_text(HEAD + PUBLISH)
    code = main(
        ["explain", "--workflow", "draft.yml", "--event", "push:v1", "--repository", "octo/widget"]
    )
    out, _ = capsys.readouterr()

    assert code == 1
    assert "The job is in 'draft.yml', the publisher is for 'release.yml'" in out


def test_the_repository_of_the_project(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    """From the git remote, or from [project.urls]; else it must be said."""
    where = ("--workflow", ".github/workflows/release.yml", "--event", "push:v1")

    assert main(["explain", *where]) == 2
    assert "nothing says which repository this is" in capsys.readouterr().err
    listed = PROJECT.replace("[[", '[project.urls]\nSource = "https://github.com/cat/widget"\n[[')
    (project / "pyproject.toml").write_text(listed)
    assert main(["explain", *where]) == 1
    assert "`repository` is 'cat/widget'" in capsys.readouterr().out
    for command in (("init", "-q"), ("remote", "add", "origin", "git@github.com:octo/widget.git")):
        subprocess.run(["git", *command], check=True, cwd=project)
    assert main(["explain", *where]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nofile.yml", "push:v1"), "bonded: --workflow: nofile.yml cannot be read: No such file"),
        ((".github/workflows/release.yml", "push"), "bonded: --event push wants a tag"),
        (("pyproject.toml", "push:v1"), "bonded: --workflow: pyproject.toml is no workflow"),
        ((".github/workflows/release.yml", "party"), "bonded: --event: 'party' is not known"),
        (
            (".github/workflows/release.yml", "push:v1", "--job", "x"),
            "bonded: --job: there is no job 'x'\n  jobs: build, publish",
        ),
        (("broken.yml", "push:v1"), ".github/workflows/broken.yml:"),
    ],
)
def test_what_cannot_be_predicted(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """Events and files that are none end with 2."""
    Path("broken.yml").write_text("on: push\n")
    file, event, *more = arguments
    named = ("--repository", "octo/widget", *more)

    assert main(["explain", "--workflow", file, "--event", event, *named]) == 2
    assert capsys.readouterr().err.startswith(said)

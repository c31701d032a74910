"""What is proposed for each kind of project, as snapshots and before the judges.

`BONDED_SNAPSHOTS=write` writes the snapshots anew. They name no index by its address and no action by its commit.
"""

import os
import re
import subprocess
import sys
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import pytest

import oracle_node
from bonded import __version__
from bonded.cli.init_world import shipped_pins
from bonded.dists import endpoints
from bonded.workflows.drafting.proposal import Change, Proposal
from bonded.workflows.reading import read_workflow
from project_kinds import KINDS, RELEASE, proposed

SNAPSHOTS = Path(__file__).with_name("snapshots")
NAMES = sorted(KINDS)


def shown(change: Change) -> str:
    """Return a new file whole, and a changed one as its difference."""
    if change.before is None:
        return f"=== {change.path}: {change.why}\n{change.after}"
    lines = unified_diff(change.before.splitlines(), change.after.splitlines(), n=1, lineterm="")
    return f"=== {change.path}: {change.why}\n" + "".join(f"{line}\n" for line in list(lines)[2:])


def snapshot(proposal: Proposal) -> str:
    """Return all that matters of a proposal, without addresses and commits."""
    parts = [shown(change) for change in proposal.changes]
    parts += [f"=== kept {one.path}: {one.why}\n" for one in proposal.kept]
    parts += [f"=== note: {note}\n" for note in proposal.notes]
    parts += [f"=== secret no longer read: {name}\n" for name in proposal.secrets]
    for one in proposal.registrations:
        values = [f"{field.name}: {field.value}\n" for field in one.fields]
        parts.append(
            f"=== register {one.kind} at {one.index.name}, {one.project}\n" + "".join(values)
        )
    text = "\n".join(parts)
    for pin in shipped_pins().actions.values():
        text = text.replace(f"{pin.commit} # {pin.version}", "PIN")
    text = text.replace(f"bonded@{__version__}", "bonded@VERSION")
    for index in endpoints.known():
        name = index.name.upper()
        text = text.replace(index.upload_url, f"{name}-UPLOAD/").replace(index.web_url, f"{name}/")
    return text


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_project_gets_its_files(name: str) -> None:
    """What is written for a kind of project is what its snapshot says."""
    path = SNAPSHOTS / f"{name}.txt"
    said = snapshot(proposed(KINDS[name])[1])
    if os.environ.get("BONDED_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, "utf-8")

    assert path.read_text("utf-8") == said


@pytest.mark.parametrize("name", NAMES)
def test_a_second_time_there_is_nothing_to_do(name: str) -> None:
    """Once its files are written, nothing more is proposed, and the same publishers are named."""
    kind = KINDS[name]
    first = proposed(kind)[1]
    written = {change.path: change.after for change in first.changes}
    pyproject = written.pop("pyproject.toml", kind.pyproject)
    again = proposed(replace(kind, pyproject=pyproject, more={**kind.more, **written}))[1]

    assert [change.path for change in again.changes] == []
    assert {one.index.name for one in again.registrations} == {
        one.index.name for one in first.registrations
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_can_be_read(name: str) -> None:
    """Every workflow is one that our reader takes."""
    for change in proposed(KINDS[name])[1].changes:
        if change.path.startswith(".github/workflows/"):
            assert read_workflow(change.after, change.path).jobs


@pytest.mark.oracle
def test_githubs_own_parser_has_nothing_to_say() -> None:
    """GitHub's parser and its editor support find no fault in any generated or migrated workflow."""
    texts = [
        change.after
        for kind in KINDS.values()
        for change in proposed(kind)[1].changes
        if change.path.startswith(".github/workflows/")
    ]

    assert len(texts) > len(KINDS)
    assert [answer["errors"] for answer in oracle_node.parse_workflows(texts)] == [[]] * len(texts)
    assert [answer["diagnostics"] for answer in oracle_node.lint(texts)] == [[]] * len(texts)


def test_the_auditor_has_nothing_to_say(tmp_path: Path) -> None:
    """Zizmor's most demanding persona finds nothing in what is generated."""
    for name, kind in KINDS.items():
        for change in proposed(kind)[1].changes:
            if change.before is None and change.path.startswith(".github/"):
                path = tmp_path / name / change.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(change.after, "utf-8")
    auditor = str(Path(sys.executable).with_name("zizmor"))
    command = [auditor, "--offline", "--persona=auditor", "--no-progress", "--quiet", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, check=False, text=True)

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("name", NAMES)
def test_only_the_publishing_job_may_ask_for_a_token(name: str) -> None:
    """In a generated release the job with `id-token: write` has no checkout, no build, and an environment."""
    for change in proposed(KINDS[name])[1].changes:
        if change.before is not None or not re.search(r"release[\w-]*\.yml$", change.path):
            continue
        workflow = read_workflow(change.after, change.path)
        assert workflow.permissions is not None
        assert workflow.permissions.scopes == {}
        for job in workflow.jobs:
            assert job.permissions is not None
            if "id-token" not in job.permissions.scopes:
                continue
            assert job.permissions.scopes == {"id-token": "write"}
            assert job.environment is not None
            texts = [node.text for step in job.steps for node in (step.uses, step.run) if node]
            assert not any("checkout" in text or "build" in text for text in texts)


def test_a_workflow_that_publishes_by_identity_stays() -> None:
    """A project that publishes without a token gets no second release workflow."""
    kind = KINDS["uv"]
    rights = "environment: prod, permissions: {id-token: write}"
    text = workflow(f"{rights}, steps: [{{run: uv publish}}]")
    proposal = proposed(kind, **{".github/workflows/ship.yml": text})[1]

    assert RELEASE not in {change.path for change in proposal.changes}
    assert ".github/workflows/ship.yml" in {one.path for one in proposal.kept}
    fields = {field.name: field.value for field in proposal.registrations[0].fields}
    assert (fields["workflow_filename"], fields["environment"]) == ("ship.yml", "prod")


def workflow(job: str, event: str = "push") -> str:
    """Return a workflow of one job in flow style."""
    return f"on: {event}\njobs:\n  go: {{runs-on: x, {job}}}\n"


LOOP = """\
on: push
jobs:
  go:
    runs-on: x
    steps:
      - run: for p in *; do poetry publish; done
"""
PLAIN = "steps: [{run: make}]"
PYPIRC = "steps: [{run: cat x > ~/.pypirc && twine upload dist/*}]"
CORP = "steps: [{run: twine upload -r corp dist/*}]"


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (".github/workflows/bad.yml", "on: push\njobs: {}\n", "GitHub would refuse it"),
        (".github/workflows/test.yml", workflow(PLAIN, "pull_request"), "pull requests"),
        (".github/workflows/ci.yml", workflow(PLAIN), "tests no pull request"),
        (".github/dependabot.yml", "version: 2\nupdates: here\n", "could not be understood"),
        ("renovate.json", "{}", "Renovate renews"),
        (".github/workflows/up.yml", workflow(CORP), "another index"),
        (".github/workflows/up.yml", workflow(PYPIRC), "a token in .pypirc"),
        (".github/workflows/up.yml", workflow("steps: [{run: uv publish}]"), "neither a token nor"),
        (".github/workflows/up.yml", LOOP, "larger command"),
        (".github/workflows/up.yml", workflow("steps: [{run: hatch publish}]"), "is on one line"),
    ],
)
def test_what_is_there_and_meant_stays(path: str, text: str, why: str) -> None:
    """A file that is not understood or does its work is left alone, and the reason is said."""
    proposal = proposed(KINDS["uv"], **{path: text})[1]

    assert path not in {change.path for change in proposal.changes}
    assert [one.path for one in proposal.kept if why in one.why] == [path]


def test_a_release_file_that_publishes_nothing_keeps_its_name() -> None:
    """Where `release.yml` is something else, the new workflow is called `publish.yml`."""
    proposal = proposed(KINDS["uv"], **{RELEASE: workflow(PLAIN)})[1]

    assert ".github/workflows/publish.yml" in {change.path for change in proposal.changes}


def test_a_pipeline_that_is_there_stays() -> None:
    """A `.gitlab-ci.yml` of one's own is not touched."""
    proposal = proposed(KINDS["gitlab"], **{".gitlab-ci.yml": "test: {script: make}\n"})[1]

    assert [change.path for change in proposal.changes] == []
    assert [one.path for one in proposal.kept] == [".gitlab-ci.yml"]

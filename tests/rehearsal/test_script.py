from typing import Any

import pytest

from bonded.errors import BondedError, InvalidInput, UsageError
from bonded.rehearsal.project import Project
from bonded.rehearsal.script import Script, Wishes, run_of, write_script
from bonded.workflows.events import Event
from bonded.workflows.model import Workflow
from bonded.workflows.reading import read_workflow

SHA = "c" * 40
STEP = "    runs-on: ubuntu-latest\n    steps: [{run: uv publish}]\n"
ON_TAG = f"on: {{push: {{tags: ['v*']}}}}\njobs:\n  publish:\n{STEP}"
ON_RELEASE = f"on: {{release: {{types: [published]}}}}\njobs:\n  publish:\n{STEP}"
TO_TEST = STEP.replace("publish", "publish --index testpypi")
ON_MAIN = f"on: {{push: {{branches: [main]}}}}\njobs:\n  publish:\n{TO_TEST}"
ON_DISPATCH = f"""
on:
  workflow_dispatch:
    inputs:
      target: {{type: choice, options: [testpypi, pypi]}}
      dry: {{type: boolean}}
      count: {{type: number, default: 3}}
      note: {{type: string, required: true, default: hello}}
jobs:
  publish:
    if: inputs.target == 'pypi' && !inputs.dry
{STEP}"""
TESTS = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{run: make test}]\n"


def project(version: str = "1.0") -> Project:
    return Project(
        name="tool",
        version=version,
        version_from="pyproject.toml" if version else "git",
        repository="",
        requires_python="",
        registrations=(),
        workflows={},
    )


def written(*texts: str, version: str = "1.0", tags: tuple[str, ...] = (), **wishes: Any) -> Script:
    """Write the script for workflows a.yml, b.yml and so on."""
    workflows = [
        read_workflow(text, f".github/workflows/{name}.yml")
        for name, text in zip("abcd", texts, strict=False)
    ]
    return write_script(
        Wishes(**wishes),
        project=project(version),
        workflows=workflows,
        repository="octo/tool",
        tags=tags,
        sha=SHA,
        branch="main",
    )


@pytest.mark.parametrize(
    ("text", "wishes", "name", "ref"),
    [
        (ON_TAG, {}, "push", "refs/tags/v1.0"),
        (ON_TAG, {"tag": "v2.0rc1"}, "push", "refs/tags/v2.0rc1"),
        (ON_TAG, {"tag": "refs/tags/v2.0"}, "push", "refs/tags/v2.0"),
        (ON_RELEASE, {}, "release", "refs/tags/v1.0"),
        (ON_MAIN, {"branch": "main"}, "push", "refs/heads/main"),
        (ON_MAIN, {"branch": "main", "event": "push"}, "push", "refs/heads/main"),
        (ON_DISPATCH, {"inputs": {"target": "pypi"}}, "workflow_dispatch", "refs/heads/main"),
        (ON_DISPATCH, {"event": "workflow_dispatch"}, "workflow_dispatch", "refs/heads/main"),
        (
            ON_DISPATCH,
            {"event": "workflow_dispatch", "branch": "next"},
            "workflow_dispatch",
            "refs/heads/next",
        ),
        (
            ON_DISPATCH,
            {"event": "workflow_dispatch", "tag": "refs/tags/v3"},
            "workflow_dispatch",
            "refs/tags/v3",
        ),
        (ON_TAG, {"tag": "1.0"}, "push", "refs/tags/1.0"),
    ],
)
def test_the_event_is_chosen(text: str, wishes: dict[str, Any], name: str, ref: str) -> None:
    """The event is the one under which the project is published, unless the user says which."""
    script = written(text, **wishes)

    assert (script.event.name, script.event.ref, script.event.sha) == (name, ref, SHA)
    assert script.event.action == ("published" if name == "release" else "")


def test_the_reason_for_the_event_is_told() -> None:
    """The script says why this event was chosen, and of every workflow what the event does to it."""
    script = written(ON_TAG, TESTS, ON_RELEASE)
    starts = {record.path[-5:]: (record.starts, record.played) for record in script.records}

    assert "whose job 'publish' publishes" in script.why
    assert starts == {"a.yml": (True, True), "b.yml": (True, False), "c.yml": (False, False)}
    assert script.records[1].why_not_played == "it publishes nothing"
    assert [publishing.workflow.filename for publishing in script.publishings] == ["a.yml"]


def test_nothing_may_publish_under_any_event() -> None:
    """Where no event publishes, one that starts the workflow is played, and no reason is claimed."""
    script = written(ON_TAG.replace("  publish:\n", "  publish:\n    if: false\n"))

    assert (script.event.ref, script.why) == ("refs/tags/v1.0", "")
    assert len(script.played) == 1


def test_nothing_may_start_at_all() -> None:
    """Where no event starts a publishing workflow, the likeliest is shown with the rules against it."""
    script = written(ON_TAG.replace("v*", "release-never"))

    assert script.event.ref == "refs/tags/v1.0"
    assert script.played == ()
    assert not script.records[0].starts


@pytest.mark.parametrize(
    ("tag", "prerelease"), [("v1.0rc1", True), ("v1.0", False), ("nightly", False)]
)
def test_a_release_of_a_prerelease_is_one(tag: str, *, prerelease: bool) -> None:
    """GitHub's `prerelease` follows from the version in the tag."""
    assert written(ON_RELEASE, tag=tag).event.prerelease is prerelease


def test_one_workflow_may_be_chosen() -> None:
    """Only the named file is played, by its name or its path."""
    for name in ("b.yml", ".github/workflows/b.yml"):
        script = written(ON_TAG, ON_TAG, workflows=(name,))

        assert [workflow.filename for workflow in script.played] == ["b.yml"]
        assert [record.played for record in script.records] == [False, True]


@pytest.mark.parametrize(
    ("tags", "tag"),
    [
        (("v1.2.3", "v1.10.0", "nightly"), "v1.10.1"),
        (("v2.0rc1", "v1.9"), "v2.1"),
        (("tool-1.0", "nightly"), "tool-1.1"),
    ],
)
def test_a_version_from_git_follows_the_newest_tag(tags: tuple[str, ...], tag: str) -> None:
    """Without a version in the files, the next after the newest tag is rehearsed, in its style."""
    text = ON_TAG.replace("v*", "*")

    assert written(text, version="", tags=tags).event.ref == f"refs/tags/{tag}"


@pytest.mark.parametrize(
    "wishes", [{}, {"event": "release"}, {"event": "release", "branch": "main"}]
)
def test_some_version_must_be_known(wishes: dict[str, str]) -> None:
    """A dynamic version and no tag to follow is a fault that names --tag."""
    with pytest.raises(InvalidInput) as caught:
        written(ON_TAG, version="", tags=("nightly",), **wishes)

    assert "--tag" in str(caught.value)


def test_a_branch_needs_no_version() -> None:
    """A push to a branch and a dispatch are played without any tag."""
    assert written(ON_MAIN, version="", branch="main").tag == ""
    assert written(ON_DISPATCH, version="", event="workflow_dispatch").tag == ""


def test_a_push_to_a_branch_still_has_a_release_before_it() -> None:
    """The tag of the version is known even where a branch is pushed."""
    assert written(ON_MAIN, branch="main").tag == "v1.0"


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ({}, {"target": "testpypi", "dry": False, "count": 3.0, "note": "hello"}),
        (
            {"target": "pypi", "dry": "true", "count": "x", "note": "n"},
            {"target": "pypi", "dry": True, "count": "x", "note": "n"},
        ),
        ({"count": ""}, {"target": "testpypi", "dry": False, "count": 0, "note": "hello"}),
    ],
)
def test_inputs_have_their_types(given: dict[str, str], inputs: dict[str, Any]) -> None:
    """The `inputs` context is typed; the event's own inputs stay texts."""
    script = written(ON_DISPATCH, event="workflow_dispatch", inputs=given)

    assert script.inputs == inputs
    assert all(isinstance(value, str) for value in script.event.inputs.values())


def test_other_events_have_no_inputs() -> None:
    """A push has no inputs, whatever the workflow declares."""
    both = ON_DISPATCH.replace("on:\n", "on:\n  push: {tags: ['v*']}\n")

    assert written(both, event="push").inputs == {}


@pytest.mark.parametrize(
    ("texts", "wishes", "words"),
    [
        ((), {}, ".github/workflows is empty"),
        ((TESTS,), {}, "looked at .github/workflows/a.yml"),
        ((ON_TAG,), {"workflows": ("z.yml",)}, "workflows of this project: a.yml"),
        ((), {"workflows": ("z.yml",)}, "workflows of this project: none"),
        ((ON_DISPATCH,), {"inputs": {"x": "1"}}, "its inputs: target, dry, count, note"),
        ((ON_TAG,), {"inputs": {"x": "1"}}, "its inputs: none"),
        ((ON_DISPATCH,), {"inputs": {"target": "x"}}, "must be one of testpypi, pypi, got 'x'"),
        ((ON_DISPATCH,), {"inputs": {"dry": "yes"}}, "must be true or false, got 'yes'"),
        (
            (ON_DISPATCH,),
            {"event": "workflow_dispatch", "inputs": {"note": ""}},
            "'note' is required",
        ),
    ],
)
def test_what_cannot_be_played_is_refused(
    texts: tuple[str, ...], wishes: dict[str, Any], words: str
) -> None:
    """A wish that GitHub could not fulfil either is an error with what there is."""
    with pytest.raises(UsageError) as caught:
        written(*texts, **wishes)

    assert words in _words(caught.value)


def _words(error: BondedError) -> str:
    return f"{error.message} {error.hint}"


def test_a_run_has_made_up_numbers() -> None:
    """The same repository has the same numbers in every rehearsal, its owner too."""
    event = Event(name="push", ref="refs/heads/main", sha=SHA)
    flow = Workflow(path=".github/workflows/a.yml")
    first, second = (run_of(flow, event, name) for name in ("octo/tool", "Octo/other"))

    assert first.repository_owner_id == second.repository_owner_id == first.actor_id
    assert first.repository_id != second.repository_id
    assert first.repository_id == run_of(flow, event, "OCTO/Tool").repository_id

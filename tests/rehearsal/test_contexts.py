from dataclasses import replace

import pytest

from bonded.rehearsal import contexts
from bonded.rehearsal.payloads import payload
from bonded.rehearsal.script import run_of
from bonded.workflows.claims import Run
from bonded.workflows.events import Event
from bonded.workflows.model import Workflow

# The variables that GitHub documents, without those that differ from step to step.
DOCUMENTED = """
    ACTOR ACTOR_ID API_URL BASE_REF EVENT_NAME GRAPHQL_URL HEAD_REF JOB REF REF_NAME REF_PROTECTED REF_TYPE REPOSITORY
    REPOSITORY_ID REPOSITORY_OWNER REPOSITORY_OWNER_ID RETENTION_DAYS RUN_ATTEMPT RUN_ID RUN_NUMBER SERVER_URL SHA
    TRIGGERING_ACTOR WORKFLOW WORKFLOW_REF WORKFLOW_SHA
"""
TAG = Event(name="push", ref="refs/tags/v1.0", sha="c" * 40)
PATH = ".github/workflows/release.yml"


def run(event: Event = TAG) -> Run:
    return run_of(Workflow(path=PATH, name="Release"), event, "octo/tool")


def test_context_and_environment_agree() -> None:
    """Every documented variable is there, and says what the `github` context says."""
    github = contexts.github_context(run(), event={}, token="secret")
    variables = contexts.github_environment(github, job="publish")
    named = {f"GITHUB_{name}" for name in DOCUMENTED.split()} | {"GITHUB_ACTIONS", "CI"}

    assert set(variables) == named
    for name in DOCUMENTED.split():
        if name.lower() in github:
            assert variables[f"GITHUB_{name}"].lower() == str(github[name.lower()]).lower()
    assert variables["GITHUB_REF_PROTECTED"] == "false"
    assert variables["GITHUB_WORKFLOW_REF"] == f"octo/tool/{PATH}@refs/tags/v1.0"
    assert variables["GITHUB_JOB"] == "publish"
    assert "secret" not in variables.values()


def test_values_become_text() -> None:
    """Booleans are lower case, nothing is empty."""
    variables = contexts.github_environment({"a": None, "b": True, "c": 3}, job="")

    assert [variables[f"GITHUB_{key}"] for key in "ABC"] == ["", "true", "3"]


def test_the_runner_is_githubs() -> None:
    """A job sees a Linux runner of GitHub's; what is empty is no variable."""
    runner = contexts.runner_context(temp="/t", tool_cache="/c")

    assert contexts.runner_environment(runner) == {
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "RUNNER_NAME": "GitHub Actions 1",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_TEMP": "/t",
        "RUNNER_TOOL_CACHE": "/c",
    }


def test_what_ended_is_told_to_what_follows() -> None:
    """Steps show outcome and conclusion, needs a result; a leg knows its place."""
    assert contexts.step_context({"a": "1"}, outcome="failure", conclusion="success") == {
        "outputs": {"a": "1"},
        "outcome": "failure",
        "conclusion": "success",
    }
    assert contexts.need_context("success", {"a": "1"}) == {
        "result": "success",
        "outputs": {"a": "1"},
    }
    assert contexts.strategy_context(index=1, total=4, fail_fast=True, max_parallel=2) == {
        "fail-fast": True,
        "job-index": 1,
        "job-total": 4,
        "max-parallel": 2,
    }


def test_a_push_of_a_tag_has_no_commits() -> None:
    """The payload of a tag push names the ref, the commit and the branch."""
    sent = payload(run(), message="Release", timestamp="2024-01-02T03:04:05Z")

    assert sent["ref"] == "refs/tags/v1.0"
    assert sent["after"] == sent["head_commit"]["id"] == TAG.sha
    assert (sent["created"], sent["commits"]) == (True, [])
    assert sent["base_ref"] == "refs/heads/main"
    assert sent["repository"]["full_name"] == "octo/tool"
    assert sent["repository"]["owner"]["login"] == sent["sender"]["login"] == "octo"
    assert not sent["repository"]["private"]


def test_a_push_to_a_branch_has_its_commit() -> None:
    """The payload of a push to a branch holds the commit."""
    sent = payload(run(replace(TAG, ref="refs/heads/main")), message="Mend", timestamp="")

    assert [commit["message"] for commit in sent["commits"]] == ["Mend"]
    assert (sent["created"], sent["base_ref"]) == (False, None)


@pytest.mark.parametrize("prerelease", [True, False])
def test_a_release_has_its_tag(*, prerelease: bool) -> None:
    """`github.event.release` has what release workflows read."""
    event = replace(TAG, name="release", action="published", prerelease=prerelease)
    sent = payload(run(event), message="Notes", timestamp="2024-01-02T03:04:05Z")

    assert sent["action"] == "published"
    assert sent["release"]["tag_name"] == "v1.0"
    assert sent["release"]["prerelease"] is prerelease
    assert sent["release"]["draft"] is False
    assert sent["release"]["html_url"].endswith("/octo/tool/releases/tag/v1.0")


@pytest.mark.parametrize(("given", "inputs"), [({"dry": "true"}, {"dry": "true"}), ({}, None)])
def test_a_dispatch_has_its_inputs_as_texts(
    given: dict[str, str], inputs: dict[str, str] | None
) -> None:
    """`github.event.inputs` holds texts, and is null without inputs."""
    event = replace(TAG, name="workflow_dispatch", ref="refs/heads/main", inputs=given)
    sent = payload(run(event), message="", timestamp="")

    assert sent["inputs"] == inputs
    assert sent["workflow"] == PATH


def test_any_other_event_has_what_all_have() -> None:
    """An event without a shape of its own still names repository and sender."""
    assert set(payload(run(replace(TAG, name="schedule")), message="", timestamp="")) == {
        "repository",
        "sender",
    }

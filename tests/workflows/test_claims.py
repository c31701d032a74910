from dataclasses import replace

import pytest

import claims_builder
from bonded.workflows.claims import Run, id_token_claims, stamp, subject
from bonded.workflows.events import Event

TAG = Event(name="push", ref="refs/tags/v1.0", sha=claims_builder.SHA)
RUN = Run(
    repository="octo/widget",
    repository_id="7001",
    repository_owner_id="5001",
    actor="octo",
    actor_id="5001",
    run_id="900",
    check_run_id="901",
    workflow_path=".github/workflows/release.yml",
    workflow_title="Release",
    event=TAG,
)
ALWAYS = """
    sub ref sha repository repository_owner repository_id repository_owner_id repository_visibility run_id run_number
    run_attempt actor actor_id workflow event_name ref_type ref_protected head_ref base_ref workflow_ref workflow_sha
    job_workflow_ref job_workflow_sha runner_environment check_run_id
"""
MAIN = "refs/heads/main"


def test_tag_push() -> None:
    """The claims of a tag push are those that the publishers' tests take for complete and valid."""
    claims = stamp(
        id_token_claims(RUN, environment="pypi"),
        issuer=str(claims_builder.claims()["iss"]),
        audience="pypi",
        now=claims_builder.NOW - 10,
        jti="1d9b2d4e-7b1c-4f44-9f0a-000000000001",
    )

    assert claims_builder.claims(check_run_id="901") == claims


@pytest.mark.parametrize("environment", [None, "", "pypi"])
def test_always_there(environment: str | None) -> None:
    """Every token has the same claims; `environment` only with an environment. All values are text."""
    claims = id_token_claims(RUN, environment=environment)

    assert {*ALWAYS.split(), *(["environment"] if environment else [])} == set(claims)
    assert all(isinstance(value, str) for value in claims.values())


@pytest.mark.parametrize(
    ("event", "environment", "expected"),
    [
        (TAG, None, "repo:octo/widget:ref:refs/tags/v1.0"),
        (
            replace(TAG, name="release", action="published"),
            "",
            "repo:octo/widget:ref:refs/tags/v1.0",
        ),
        (replace(TAG, name="workflow_dispatch", ref=MAIN), None, f"repo:octo/widget:ref:{MAIN}"),
        (replace(TAG, name="schedule", ref=MAIN), None, f"repo:octo/widget:ref:{MAIN}"),
        (
            replace(TAG, name="pull_request", ref="refs/pull/1/merge"),
            None,
            "repo:octo/widget:pull_request",
        ),
        (replace(TAG, name="pull_request_target", ref=MAIN), None, f"repo:octo/widget:ref:{MAIN}"),
        (TAG, "pypi", "repo:octo/widget:environment:pypi"),
        (replace(TAG, name="pull_request"), "pypi", "repo:octo/widget:environment:pypi"),
        (TAG, "pypi: live", "repo:octo/widget:environment:pypi%3A live"),
    ],
)
def test_subject(event: Event, environment: str | None, expected: str) -> None:
    """An environment counts before the event, the event before the ref; a colon inside is escaped."""
    run = replace(RUN, event=event)

    assert expected == subject(run, environment=environment)
    assert expected == id_token_claims(run, environment=environment)["sub"]


def test_immutable_subject() -> None:
    """Newer repositories name owner and repository with their ids."""
    claims = id_token_claims(RUN, environment=None, immutable_subject=True)

    assert claims["sub"] == "repo:octo@5001/widget@7001:ref:refs/tags/v1.0"


@pytest.mark.parametrize(
    ("path", "ref"),
    [
        (None, "octo/widget/.github/workflows/release.yml@refs/tags/v1.0"),
        (
            ".github/workflows/publish.yml",
            "octo/widget/.github/workflows/publish.yml@refs/tags/v1.0",
        ),
        (
            "./.github/workflows/publish.yml",
            "octo/widget/.github/workflows/publish.yml@refs/tags/v1.0",
        ),
        (
            "$/.github/workflows/publish.yml",
            "octo/widget/.github/workflows/publish.yml@refs/tags/v1.0",
        ),
        (
            "acme/ci/.github/workflows/p.yml@refs/tags/v3",
            "acme/ci/.github/workflows/p.yml@refs/tags/v3",
        ),
    ],
)
def test_reusable_workflow(path: str | None, ref: str) -> None:
    """In a called workflow `workflow_ref` stays the caller's, `job_workflow_ref` is the called file."""
    claims = id_token_claims(RUN, environment=None, job_workflow_path=path, job_workflow_sha="abc")

    assert claims["workflow_ref"] == "octo/widget/.github/workflows/release.yml@refs/tags/v1.0"
    assert ref == claims["job_workflow_ref"]
    assert claims["job_workflow_sha"] == "abc"


def test_enterprise_and_properties() -> None:
    """What only some repositories have is there only if set."""
    run = replace(RUN, enterprise="acme", enterprise_id="3", properties={"tier": "1"})
    claims = id_token_claims(run, environment=None)

    assert {
        "enterprise": "acme",
        "enterprise_id": "3",
        "repo_property_tier": "1",
    }.items() <= claims.items()


def test_times() -> None:
    """A token is valid from ten minutes before its issue to five minutes after."""
    stamped = stamp({"sub": "a"}, issuer="i", audience="u", now=1000, jti="j")

    assert stamped == {
        "sub": "a",
        "iss": "i",
        "aud": "u",
        "iat": 1000,
        "nbf": 400,
        "exp": 1300,
        "jti": "j",
    }

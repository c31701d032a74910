"""Complete, valid claims of a GitLab job, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.gitlab import ISSUER, GitLabPublisher
from claims_builder import AUDIENCE, NOW, SHA

REF = "refs/tags/v1.0"
CONFIG = "gitlab.com/acme/tasks/widget//.gitlab-ci.yml"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag pipeline in `acme/tasks/widget`, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "nbf": NOW - 15,
        "exp": NOW + 3590,
        "jti": "7a6b1c52-8e0c-4b2b-9f11-000000000001",
        "sub": "project_path:acme/tasks/widget:ref_type:tag:ref:v1.0",
        "namespace_id": "61",
        "namespace_path": "acme/tasks",
        "project_id": "71",
        "project_path": "acme/tasks/widget",
        "project_visibility": "public",
        "job_namespace_id": "61",
        "job_namespace_path": "acme/tasks",
        "job_project_id": "71",
        "job_project_path": "acme/tasks/widget",
        "user_id": "81",
        "user_login": "ada",
        "user_email": "ada@acme.example",
        "user_access_level": "owner",
        "pipeline_id": "900",
        "pipeline_source": "push",
        "job_id": "901",
        "ref": "v1.0",
        "ref_type": "tag",
        "ref_path": REF,
        "ref_protected": "true",
        "environment": "Release/PyPI",
        "environment_protected": "false",
        "deployment_tier": "production",
        "environment_action": "start",
        "runner_id": 1,
        "runner_environment": "gitlab-hosted",
        "sha": SHA,
        "ci_config_ref_uri": f"{CONFIG}@{REF}",
        "ci_config_sha": SHA,
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> GitLabPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {
        "namespace": "acme/tasks",
        "project": "widget",
        "workflow_filepath": ".gitlab-ci.yml",
        "environment": "Release/PyPI",
    }
    return GitLabPublisher(**(fields | bent))

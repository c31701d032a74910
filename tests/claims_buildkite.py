"""Complete, valid claims of a Buildkite job, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.buildkite import ISSUER, BuildkitePublisher
from claims_builder import AUDIENCE, NOW, SHA

ORG = "f892efa9-103e-4d28-97a1-000000000001"
PIPELINE = "0184990a-4782-42b5-afc1-000000000002"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag's build, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 290,
        "jti": "0194b014-8517-7cef-b232-000000000001",
        "sub": f"organization:acme:pipeline:widget:ref:refs/tags/v1.0:commit:{SHA}:step:publish",
        "organization_slug": "acme",
        "organization_id": ORG,
        "pipeline_slug": "widget",
        "pipeline_id": PIPELINE,
        "build_number": 5,
        "build_branch": "main",
        "build_tag": "v1.0",
        "build_commit": SHA,
        "build_source": "webhook",
        "step_key": "publish",
        "job_id": "0184990a-477b-4fa8-9968-000000000003",
        "agent_id": "0184990a-4782-42b5-afc1-000000000004",
        "runner_environment": "buildkite-hosted",
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> BuildkitePublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {
        "organization_slug": "acme",
        "organization_id": ORG,
        "pipeline_slug": "widget",
        "pipeline_id": PIPELINE,
        "step_key": "publish",
        "build_branch": "main",
        "build_tag": "v*",
    }
    return BuildkitePublisher(**(fields | bent))

"""Complete, valid claims of a Forgejo job, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.forgejo import ForgejoPublisher
from claims_builder import AUDIENCE, NOW, REF, SHA

ISSUER = "https://git.acme.example/api/actions"
WORKFLOW = ".forgejo/workflows/release.yml"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag push in `octo/widget`, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 3590,
        "sub": "repo:octo-31/widget-41:ref:refs/tags/v1.0",
        "actor": "ada",
        "actor_id": "21",
        "event_name": "push",
        "ref": REF,
        "ref_protected": "true",
        "ref_type": "tag",
        "repository": "octo/widget",
        "repository_id": "41",
        "repository_owner": "octo",
        "repository_owner_id": "31",
        "run_attempt": "1",
        "run_id": "43",
        "run_number": "7",
        "sha": SHA,
        "workflow": "release.yml",
        "workflow_ref": f"octo/widget/{WORKFLOW}@{REF}",
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> ForgejoPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {
        "issuer_url": ISSUER,
        "repository_owner": "octo",
        "repository_owner_id": "31",
        "repository_name": "widget",
        "workflow_filepath": WORKFLOW,
    }
    return ForgejoPublisher(**(fields | bent))

"""Complete, valid claims of a CircleCI job, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.circleci import ISSUER, CircleCIPublisher
from claims_builder import AUDIENCE, NOW, REF

ORG = "a64b0a19-f221-4291-b000-000000000001"
PROJECT = "5a301f56-eaa7-4cce-9441-000000000002"
DEFINITION = "17c50866-1802-5aeb-874e-000000000003"
CONTEXT = "a74579f1-2e7d-451e-b009-000000000004"
OTHER = "cb32986e-2f6f-4f43-b2bd-000000000005"
ORIGIN = "github.com/octo/widget"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag's pipeline, with some replaced, by the names after the slash; `...` takes one away."""
    own: dict[str, object] = {
        "org-id": ORG,
        "project-id": PROJECT,
        "pipeline-definition-id": DEFINITION,
        "pipeline-id": "cd267951-f409-44fc-a0f0-000000000006",
        "workflow-id": "cd267951-f409-44fc-a0f0-000000000007",
        "job-id": "cd267951-f409-44fc-a0f0-000000000008",
        "context-ids": (OTHER, CONTEXT),
        "ssh-rerun": False,
        "vcs-origin": ORIGIN,
        "vcs-ref": REF,
    }
    whole: dict[str, object] = {
        "iss": f"{ISSUER}/org/{ORG}",
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "exp": NOW + 3590,
        "sub": f"org/{ORG}/project/{PROJECT}/user/{OTHER}/vcs-origin/{ORIGIN}/vcs-ref/{REF}",
    }
    whole |= {f"oidc.circleci.com/{name}": value for name, value in own.items()}
    whole |= {f"oidc.circleci.com/{k}" if k in own else k: v for k, v in bent.items()}
    return {name: value for name, value in whole.items() if value is not ...}


def publisher(**bent: str) -> CircleCIPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {
        "organization_id": ORG,
        "project_id": PROJECT,
        "pipeline_definition_id": DEFINITION,
        "vcs_origin": ORIGIN,
        "vcs_ref": "refs/tags/v*",
        "context_ids": CONTEXT,
    }
    return CircleCIPublisher(**(fields | bent))

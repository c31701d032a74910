"""Complete, valid claims of an ActiveState build, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.activestate import ISSUER, ActiveStatePublisher
from claims_builder import AUDIENCE, NOW

ACTOR_ID = "6ed0a6a2-7a6d-4f43-8d2a-000000000042"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a build of `Acme/widget`, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 890,
        "sub": "org:Acme:project:widget",
        "organization": "Acme",
        "organization_id": "2f1c0000-0000-4000-8000-000000000001",
        "project": "widget",
        "project_id": "2f1c0000-0000-4000-8000-000000000002",
        "project_path": "Acme/widget",
        "project_visibility": "public",
        "actor": "ada",
        "actor_id": ACTOR_ID,
        "artifact_id": "2f1c0000-0000-4000-8000-000000000003",
        "ingredient": "widget",
        "builder": "pypi-publisher",
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> ActiveStatePublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {"organization": "Acme", "project": "widget", "actor": "ada", "actor_id": ACTOR_ID}
    return ActiveStatePublisher(**(fields | bent))

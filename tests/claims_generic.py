"""Complete, valid claims of a service that has no file of its own, and what is registered for it."""

from bonded.publishers.generic import GenericPublisher
from claims_builder import AUDIENCE, NOW, REF

ISSUER = "https://ci.acme.example/oidc"
LINES = "org_id=o-31\nproject=acme/widget\nref=refs/tags/v*"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag's job, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "exp": NOW + 290,
        "jti": "job-900-1",
        "sub": "project:acme/widget:ref:v1.0",
        "org_id": "o-31",
        "project": "acme/widget",
        "ref": REF,
        "job": 900,
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> GenericPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {"issuer_url": ISSUER, "claims": LINES, "immutable_claims": "org_id"}
    return GenericPublisher(**(fields | bent))

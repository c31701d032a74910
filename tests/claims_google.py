"""Complete, valid claims of a Google service account, and what is registered for it; tests bend one thing at a time."""

from bonded.publishers.google import ISSUER, GooglePublisher
from claims_builder import AUDIENCE, NOW

EMAIL = "robot@acme.iam.gserviceaccount.com"
SUBJECT = "104200000000000000042"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a service account, with some replaced; `...` takes a claim away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "exp": NOW + 3590,
        "azp": SUBJECT,
        "sub": SUBJECT,
        "email": EMAIL,
        "email_verified": True,
        "google": {"compute_engine": {"project_id": "acme"}},
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> GooglePublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    return GooglePublisher(**({"email": EMAIL, "sub": SUBJECT} | bent))

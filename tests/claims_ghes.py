"""Complete, valid claims of a job on a GitHub Enterprise Server, and what is registered for it."""

import claims_builder as github
from bonded.publishers.ghes import GhesPublisher

ISSUER = "https://ghe.acme.example/_services/token"


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag push in `octo/widget`, with some replaced; `...` takes a claim away."""
    return github.claims(**({"iss": ISSUER, "runner_environment": "self-hosted"} | bent))


def publisher(**bent: str) -> GhesPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = github.publisher().to_fields() | {"issuer_url": ISSUER}
    return GhesPublisher(**(fields | bent))

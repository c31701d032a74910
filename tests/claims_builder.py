"""Complete, valid claims of a GitHub job, and what is registered for it; tests bend one thing at a time."""

import base64
import json
from collections.abc import Mapping
from functools import cache

from bonded.oidc.issue import SigningKey
from bonded.publishers.github import ISSUER, GitHubPublisher

NOW = 1_800_000_000
AUDIENCE = "pypi"
REF = "refs/tags/v1.0"
SHA = "5e1f" * 10


@cache
def key() -> SigningKey:
    """Return the issuer's key, made once for all tests."""
    return SigningKey.generate()


@cache
def other_key() -> SigningKey:
    """Return a key that the issuer does not know."""
    return SigningKey.generate()


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a tag push in `octo/widget`, with some replaced; `...` takes a claim away."""
    workflow = "octo/widget/.github/workflows/release.yml"
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": NOW - 10,
        "nbf": NOW - 610,
        "exp": NOW + 290,
        "jti": "1d9b2d4e-7b1c-4f44-9f0a-000000000001",
        "sub": "repo:octo/widget:environment:pypi",
        "repository": "octo/widget",
        "repository_owner": "octo",
        "repository_owner_id": "5001",
        "repository_id": "7001",
        "repository_visibility": "public",
        "workflow": "Release",
        "workflow_ref": f"{workflow}@{REF}",
        "workflow_sha": SHA,
        "job_workflow_ref": f"{workflow}@{REF}",
        "job_workflow_sha": SHA,
        "ref": REF,
        "ref_type": "tag",
        "ref_protected": "false",
        "sha": SHA,
        "head_ref": "",
        "base_ref": "",
        "event_name": "push",
        "environment": "pypi",
        "actor": "octo",
        "actor_id": "5001",
        "run_id": "900",
        "run_number": "1",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
    }
    return {name: value for name, value in (whole | bent).items() if value is not ...}


def publisher(**bent: str) -> GitHubPublisher:
    """Return the publisher that these claims speak for, with some fields replaced."""
    fields = {
        "repository_owner": "octo",
        "repository_owner_id": "5001",
        "repository_name": "widget",
        "workflow_filename": "release.yml",
        "environment": "pypi",
    }
    return GitHubPublisher(**(fields | bent))


def segment(value: object) -> str:
    """Return a part of a token: JSON (or bytes as they are) in base64url."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(payload: bytes | Mapping[str, object], **header: object) -> str:
    """Return a token that the issuer's key signed, with any payload and any headers added."""
    raw = payload if isinstance(payload, bytes) else json.dumps(dict(payload)).encode()
    return key().sign(raw, {"typ": "JWT", "kid": key().key_id} | header)

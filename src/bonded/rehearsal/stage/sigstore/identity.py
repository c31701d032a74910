"""What a certificate says of whoever held an ID token of GitHub's: its name, and the facts beside it.

The table is Fulcio's own mapping for the provider `github-workflow` (its `config/identity/config.yaml` and
`docs/oid-info.md`). Two facts are easily confused: the *signer* is the workflow file whose job it was
(`job_workflow_ref`, a reusable workflow's own file; also the certificate's name), the *configuration* is the workflow
that was started (`workflow_ref`; what PyPI compares).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from bonded.rehearsal.stage.sigstore import der

__all__ = ["ARC", "Identity", "IncompleteIdentity", "github_identity"]

ARC = "1.3.6.1.4.1.57264.1"
"""Under this object identifier are the facts of Fulcio."""

SERVER = "https://github.com"

NAME = "{job_workflow_ref}"

# Up to 6, kept for old readers, the values are bare text; from 8 on, DER (UTF8String). 7 is a kind of name.
BARE = {
    1: "{iss}",
    2: "{event_name}",
    3: "{sha}",
    4: "{workflow}",
    5: "{repository}",
    6: "{ref}",
}
ENCODED = {
    8: "{iss}",
    9: SERVER + "/{job_workflow_ref}",  # Build Signer URI
    10: "{job_workflow_sha}",  # Build Signer Digest
    11: "{runner_environment}",  # Runner Environment
    12: SERVER + "/{repository}",  # Source Repository URI
    13: "{sha}",  # Source Repository Digest
    14: "{ref}",  # Source Repository Ref
    15: "{repository_id}",  # Source Repository Identifier
    16: SERVER + "/{repository_owner}",  # Source Repository Owner URI
    17: "{repository_owner_id}",  # Source Repository Owner Identifier
    18: SERVER + "/{workflow_ref}",  # Build Config URI
    19: "{workflow_sha}",  # Build Config Digest
    20: "{event_name}",  # Build Trigger
    21: SERVER + "/{repository}/actions/runs/{run_id}/attempts/{run_attempt}",  # Run Invocation URI
    22: "{repository_visibility}",  # Source Repository Visibility At Signing
    23: "{environment}",  # Deployment Environment; the claim is absent where a job has none
    24: "{sub}",  # Token Subject, since Fulcio 1.8.6
}
OPTIONAL = frozenset({"environment"})


class IncompleteIdentity(ValueError):
    """A token without a claim that the certificate must repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a certificate is for: a URI, and extensions as pairs of object identifier and value (DER)."""

    uri: str
    extensions: tuple[tuple[str, bytes], ...]


def github_identity(claims: Mapping[str, object]) -> Identity:
    """Return what is certified of a job with these verified claims; raises `IncompleteIdentity`."""
    bare = ((number, _fill(text, claims).encode()) for number, text in BARE.items())
    filled = ((number, _fill(text, claims)) for number, text in ENCODED.items())
    encoded = ((number, der.utf8_string(text)) for number, text in filled if text)
    return Identity(
        uri=f"{SERVER}/{_fill(NAME, claims)}",
        extensions=tuple((f"{ARC}.{number}", value) for number, value in (*bare, *encoded)),
    )


def _fill(template: str, claims: Mapping[str, object]) -> str:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return template.format_map({name: _claim(name, claims) for name in names})


def _claim(name: str, claims: Mapping[str, object]) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or not (value or name in OPTIONAL):
        raise IncompleteIdentity(f"the claim {name!r} must be a text, the token says {value!r}")
    return value

"""Whom a job's own attestations must come from: the publisher that its ID token describes.

Right after signing, each attestation is held against this. Whether that publisher is the registered one, the mint has
said by then, from a token of the same job.
"""

from collections.abc import Mapping

from bonded.attestations.identities import Expected, expected_of, identity_of
from bonded.publishers import Claims, InvalidPublisher, Publisher, from_fields
from bonded.publishers.ci_config_ref import config_filepath
from bonded.publishers.circleci import CircleCIPublisher
from bonded.publishers.github import ISSUER as GITHUB

__all__ = ["own_identity"]

_GITLAB, _GOOGLE, _CIRCLECI = (
    "https://gitlab.com",
    "https://accounts.google.com",
    "https://oidc.circleci.com",
)


def own_identity(claims: Claims) -> Expected:
    """Return what is expected of the attestations of whoever has these claims.

    Raises ValueError for identities that PEP 740 has no name for, or that Sigstore's certificates do not show.
    """
    try:
        publisher = _publisher(claims)
        identity = identity_of(publisher) if publisher is not None else None
    except (InvalidPublisher, ValueError) as error:
        raise ValueError(f"this identity cannot attest: {error}") from None
    if publisher is None or identity is None:
        raise ValueError(f"identities of {claims.get('iss')} cannot attest what PEP 740 can show")
    return expected_of(publisher, claims, environment_required=publisher.kind == "github")


def _publisher(claims: Claims) -> Publisher | None:
    said = {name: str(value) for name, value in claims.items() if value is not None}
    issuer = said.get("iss", "")
    if issuer == GITHUB:
        return from_fields("github", _github(said))
    if issuer == _GITLAB:
        return from_fields("gitlab", _gitlab(said))
    if issuer == _GOOGLE:
        return from_fields("google", {"email": said.get("email", "")})
    if issuer == _CIRCLECI:
        return CircleCIPublisher(
            organization_id=said.get("oidc.circleci.com/org-id", ""),
            project_id=said.get("oidc.circleci.com/project-id", ""),
            pipeline_definition_id=said.get("oidc.circleci.com/pipeline-definition-id", ""),
            vcs_origin=said.get("oidc.circleci.com/vcs-origin", ""),
            issuer_url=_CIRCLECI,
        )
    return None


def _github(said: Mapping[str, str]) -> dict[str, str]:
    owner, _, name = said.get("repository", "").partition("/")
    path = said.get("workflow_ref", "").removeprefix(f"{owner}/{name}/").partition("@")[0]
    return {
        "repository_owner": owner,
        "repository_owner_id": said.get("repository_owner_id", ""),
        "repository_name": name,
        "workflow_filename": path.rpartition("/")[2],
        "environment": "",
    }


def _gitlab(said: Mapping[str, str]) -> dict[str, str]:
    namespace, _, project = said.get("project_path", "").rpartition("/")
    return {
        "namespace": namespace,
        "project": project,
        "workflow_filepath": config_filepath(said.get("ci_config_ref_uri", "")),
        "environment": "",
    }

"""Whom a job's own attestations must come from."""

import pytest

import claims_circleci
import claims_gitlab
import claims_google
from bonded.attestations.identities import identity_of
from bonded.attestations.own_identity import own_identity
from claims_builder import claims


def test_a_job_of_github_is_its_calling_workflow() -> None:
    """Repository, workflow and environment are those of the token; the environment must be in the certificate."""
    expected = own_identity(claims())
    identity = identity_of(expected.publisher)

    assert identity is not None
    assert identity.title == "octo/widget release.yml"
    assert (expected.environment, expected.environment_required) == ("pypi", True)


def test_a_job_of_gitlab_is_its_pipeline() -> None:
    """Project and pipeline file are those of the token."""
    given = claims_gitlab.claims()
    expected = own_identity(given)

    assert expected.publisher.kind == "gitlab"
    fields = expected.publisher.to_fields()
    assert f"{fields['namespace']}/{fields['project']}" == given["project_path"]
    assert not expected.environment_required


def test_a_google_account_is_its_address() -> None:
    """The address is what the certificate names."""
    given = claims_google.claims()

    assert own_identity(given).publisher.to_fields()["email"] == given["email"]


def test_a_job_of_circleci_is_its_definition() -> None:
    """Tokens of the shared issuer can attest."""
    given = {**claims_circleci.claims(), "iss": "https://oidc.circleci.com"}

    assert own_identity(given).publisher.kind == "circleci"


@pytest.mark.parametrize(
    "bent",
    [
        {"iss": "https://ci.example"},
        {"iss": None},
        {"repository": ""},
        {"workflow_ref": None},
        {"iss": "https://gitlab.com"},
        {"iss": "https://accounts.google.com"},
        {"iss": "https://oidc.circleci.com"},
    ],
    ids=str,
)
def test_who_has_no_name_there_cannot_attest(bent: dict[str, object]) -> None:
    """A service that PEP 740 does not know, or a token that lacks what its service says, is refused with a reason."""
    with pytest.raises(ValueError, match="cannot attest"):
        own_identity({**claims(), **bent})

import pytest

from bonded.rehearsal.stage.sigstore.identity import (
    ARC,
    IncompleteIdentity,
    github_identity,
)
from claims_builder import REF, SHA, claims

HOME = "https://github.com"
FILE = f"{HOME}/octo/widget/.github/workflows/release.yml@{REF}"
CALLED = "octo/shared/.github/workflows/publish.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"


def facts(**bent: object) -> dict[int, str]:
    """Return the facts in a certificate for these claims, by the last number of their identifiers."""
    found = {}
    for oid, value in github_identity(claims(**bent)).extensions:
        arc, _, number = oid.rpartition(".")
        assert arc == ARC
        if int(number) > 7:
            assert value[0] == 0x0C
        head = 0 if int(number) < 8 else 2 if value[1] < 0x80 else 3
        found[int(number)] = value[head:].decode()
    return found


def test_the_facts_of_a_job() -> None:
    """A certificate holds what Fulcio's holds for GitHub, in Fulcio's order of numbers: bare up to 6, DER from 8 on."""
    assert facts() == {
        1: ISSUER,
        2: "push",
        3: SHA,
        4: "Release",
        5: "octo/widget",
        6: REF,
        8: ISSUER,
        9: FILE,
        10: SHA,
        11: "github-hosted",
        12: f"{HOME}/octo/widget",
        13: SHA,
        14: REF,
        15: "7001",
        16: f"{HOME}/octo",
        17: "5001",
        18: FILE,
        19: SHA,
        20: "push",
        21: f"{HOME}/octo/widget/actions/runs/900/attempts/1",
        22: "public",
        23: "pypi",
        24: "repo:octo/widget:environment:pypi",
    }


def test_a_reusable_workflow_signs() -> None:
    """The name and the signer are the called workflow's, the configuration is the calling one's."""
    called = {"job_workflow_ref": CALLED, "job_workflow_sha": "f" * 40}
    found = facts(**called)

    assert github_identity(claims(**called)).uri == f"{HOME}/{CALLED}"
    assert (found[9], found[10]) == (f"{HOME}/{CALLED}", "f" * 40)
    assert (found[18], found[19]) == (FILE, SHA)


@pytest.mark.parametrize("environment", [..., ""])
def test_a_job_without_environment(environment: object) -> None:
    """The fact of the environment is absent, not empty."""
    assert 23 not in facts(environment=environment)


@pytest.mark.parametrize("bend", [{"ref": ...}, {"sub": ""}, {"sha": 7}, {"environment": ["pypi"]}])
def test_an_incomplete_token(bend: dict[str, object]) -> None:
    """A claim that must be repeated and is absent, empty or no text is named."""
    (name,) = bend

    with pytest.raises(IncompleteIdentity, match=f"the claim '{name}' must be a text"):
        github_identity(claims(**bend))


def test_long_and_foreign_texts() -> None:
    """An environment may have any letters, and a subject more than 127 bytes."""
    environment = "Wüste " * 30

    assert facts(environment=environment)[23] == environment

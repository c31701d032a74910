"""What the mint would say, tried with claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import claims_gitlab
from bonded.errors import BondedError
from bonded.index.trial import Trial
from bonded.minting.policy import Policy
from bonded.minting.ports import Registered
from bonded.oidc.issuers import TrustedIssuer
from bonded.publishers import Publisher
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, claims, publisher
from mint_builder import Mint, registered

OWN = "https://gitlab.acme.example"
POLICY = Policy.strict(AUDIENCE)
BLOCK = ("repository", "repository_owner_id", "job_workflow_ref", "ref", "environment")


@dataclass
class Both(Mint):
    """A mint that trusts a GitLab of one's own beside GitHub."""

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Return what is known of an issuer."""
        return TrustedIssuer(url=url, kind={ISSUER: "github", OWN: "gitlab"}[url])


def tried(said: Mapping[str, object], *have: Registered) -> dict[str, Any]:
    """Return the trial's answer to claims, at an index with these publishers."""
    mint = Both(publishers=have, policy=POLICY)
    issuers = frozenset(one.publisher.issuer for one in have)
    return Trial(policy=POLICY, keys=mint, publishers=mint, issuers=lambda: issuers).claims(
        said, NOW
    )


def pinned(one: Publisher, **pins: str) -> Registered:
    """Return a publisher that was used, and is kept for these ids."""
    (have,) = registered(one)
    return Registered(id=have.id, publisher=one, projects=have.projects, pins=pins)


def test_a_publisher_would_be_disabled() -> None:
    """The id is a row of the table, and nobody says that what was only tried has happened."""
    answer = tried(claims(), pinned(publisher(), repository_id="1"))

    assert "the publisher would be disabled: 'repository_id' was '1'" in answer["summary"]
    assert [row["claim"] for row in answer["table"] if not row["ok"]] == ["repository_id"]
    assert "bonded publisher enable" in answer["advice"][0]["sentence"]


def test_ids_that_are_not_known_are_taken_to_be_the_ones_kept() -> None:
    """The block that a client prints has no `repository_id`, and its owner did not lose the repository by that."""
    said = {name: claims()[name] for name in BLOCK}
    answer = tried(said, pinned(publisher(), repository_id="1"))

    assert answer["accepted"]
    assert answer["summary"].endswith("if what is not known is right (jti, event_name)")


@pytest.mark.parametrize("named", [{}, {"iss": OWN}])
def test_the_issuer_of_a_server_of_ones_own_is_that_of_its_publishers(
    named: dict[str, object],
) -> None:
    """Claims that do not say it may be of any issuer for which there is a publisher."""
    names = ("project_path", "ci_config_ref_uri", "sub", "environment")
    said = {name: claims_gitlab.claims()[name] for name in names} | named
    said["ci_config_ref_uri"] = str(said["ci_config_ref_uri"]).replace("gitlab.com", OWN[8:])
    one = claims_gitlab.publisher(issuer_url=OWN)

    assert tried(said, *registered(publisher(), one))["accepted"]


def test_claims_of_nobody_are_not_judged() -> None:
    """Neither their names nor a publisher tell who would sign them."""
    with pytest.raises(BondedError, match="do not say who would sign them"):
        tried({"a": "b"})

"""What is wrong before any publisher is looked at, and what to do where none is there."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import claims_generic
import claims_gitlab
import claims_google
from bonded.dists.names import parse_project_name
from bonded.minting.diagnosis import Diagnosis, advice_on, diagnose
from bonded.minting.exchange import Refused
from bonded.minting.policy import Policy
from bonded.minting.ports import Refusal, Registered
from bonded.oidc.verify import TokenFault, TokenRefused
from bonded.publishers import select
from bonded.publishers.github import ISSUER
from claims_builder import NOW, publisher
from mint_builder import Mint, refusal_of

LONG = TokenRefused(
    TokenFault.LIFETIME,
    "the token is made for 7200 seconds, from 'iat' to 'exp'",
    claim="exp",
    expected="more than 0 and at most 3600 seconds after 'iat'",
)
FORGED = TokenRefused(TokenFault.SIGNATURE, "the signature is not one of the issuer's key")


def steps(diagnosis: Diagnosis) -> list[tuple[str, str, str]]:
    """Return side, field and new value of each step."""
    return [(step.side, step.field, step.new_value) for step in diagnosis.advice]


def refused(given: Mapping[str, object]) -> Refused:
    """Return a refusal as the mint writes it down."""
    plain = Refusal(at=NOW, audience="pypi", code="invalid-payload", description="no")
    return Refused(refusal=replace(plain, **given))  # type: ignore[arg-type]  # rows of a table


@pytest.mark.parametrize(
    ("given", "step", "phrase"),
    [
        (
            {"code": "invalid-token", "issuer": ISSUER, "status": 503},
            ("GitHub", "token", ""),
            "could not get the keys of GitHub",
        ),
        (
            {"code": "invalid-token", "issuer": "https://ci.example", "status": 503},
            ("provider", "token", ""),
            "try again in a few minutes",
        ),
        (
            {"code": "not-enabled", "issuer": ISSUER},
            ("publisher", "kind", "github"),
            "switched off at this index",
        ),
        (
            {"issuer": "https://ghe.acme.example/_services/token", "audience": "https://pkgs"},
            ("publisher", "kind", "ghes"),
            "let whoever runs the index trust this issuer as 'ghes'",
        ),
        (
            {"code": "invalid-pending-publisher", "issuer": "https://ci.example"},
            ("publisher", "publisher", ""),
            "The project exists by now",
        ),
        (
            {"code": "invalid-token", "fault": LONG, "issuer": "https://gitlab.com"},
            ("workflow", "timeout", "3600 seconds"),
            "`timeout: 3600 seconds`",
        ),
        (
            {"code": "invalid-token", "fault": LONG, "issuer": ISSUER},
            ("GitHub", "exp", "3600"),
            "at most: let GitHub make tokens",
        ),
        (
            {"code": "invalid-token", "fault": LONG, "issuer": "https://ci.example"}
            | {"kind": "buildkite"},
            ("provider", "exp", "3600"),
            "let Buildkite make tokens",
        ),
        (
            {"code": "invalid-reuse-token", "issuer": "https://localhost", "kind": "gitlab"},
            ("workflow", "token", ""),
            "ask GitLab for a new one in every attempt",
        ),
        (
            {"code": "invalid-reuse-token", "issuer": "https://localhost", "kind": "generic"},
            ("workflow", "token", ""),
            "ask the CI service for a new one in every attempt",
        ),
        (
            {"code": "not-enabled", "issuer": "https://localhost", "kind": "forgejo"},
            ("publisher", "kind", "forgejo"),
            "Trusted publishing from Forgejo is switched off",
        ),
        (
            {"issuer": ""},
            ("workflow", "token", ""),
            "the text that the CI service gives to the publishing job",
        ),
        (
            {"code": "invalid-token", "fault": LONG, "issuer": "https://ci.example"},
            ("provider", "exp", "3600"),
            "This index takes 3600 seconds at most",
        ),
        (
            {"code": "invalid-token", "fault": FORGED, "issuer": "https://gitlab.com"},
            ("workflow", "token", ""),
            "ask GitLab for one inside the publishing job, with `id_tokens`",
        ),
        (
            {"code": "invalid-token", "fault": FORGED, "issuer": "https://accounts.google.com"},
            ("workflow", "token", ""),
            "ask Google for one inside the publishing job, and hand it on",
        ),
    ],
)
def test_what_the_mint_refuses_before_it_looks_at_publishers(
    given: dict[str, object], step: tuple[str, str, str], phrase: str
) -> None:
    """Keys, issuers, switches and lifetimes have steps of their own, in the provider's words."""
    diagnosis = diagnose(refused(given))

    assert steps(diagnosis) == [step]
    assert phrase in diagnosis.advice[0].sentence


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        (
            claims_gitlab.claims(),
            "project name 'widget', top-level pipeline file path '.gitlab-ci.yml', environment name 'Release/PyPI'.",
        ),
        (claims_google.claims(), "add one with email 'robot@acme"),
        ({"iss": "https://gitlab.com"}, "No GitLab publisher is registered for this job: add one."),
        ({"iss": "https://ci.example"}, "add one whose issuer is 'https://ci.example'."),
    ],
)
def test_what_to_register_for_other_services(said: dict[str, object], phrase: str) -> None:
    """The form of each service is filled with what the token says."""
    (step,) = advice_on(select([], said), said)

    assert phrase in step.sentence


def test_a_pinned_id_that_changed_is_named() -> None:
    """The id that the token has now is told; the old one is in the summary, for the owner."""
    pinned = Registered(
        id="p0",
        publisher=publisher(),
        projects=(parse_project_name("widget"),),
        pins={"repository_id": "1"},
    )
    mint = Mint(publishers=(pinned,), policy=Policy.strict("pypi"))
    refused = refusal_of(mint.ask_with())
    diagnosis = diagnose(refused)

    assert steps(diagnosis) == [("publisher", "repository_id", "7001")]
    assert "is disabled: 'repository_id' was '1', now it is '7001'" in diagnosis.summary
    assert [row.claim for row in diagnosis.table if not row.ok] == ["repository_id"]
    assert "would be disabled: 'repo" in diagnose(refused, predicted=True).summary
    assert "The publisher would be" in diagnose(refused, predicted=True).advice[0].sentence


@pytest.mark.parametrize("event", ["push", "workflow_run", "pull_request_target"])
def test_each_claim_is_one_row(event: str) -> None:
    """The event is held against two rules, and the stricter one is shown, or the one that it breaks."""
    mint = Mint(policy=Policy.strict("pypi"))
    table = diagnose(refusal_of(mint.ask_with(environment="x", event_name=event))).table
    rows = [(row.registered, row.ok) for row in table if row.claim == "event_name"]

    assert len({row.claim for row in table}) == len(table)
    assert rows[0][1] is (event == "push")
    assert ("workflow_run" in rows[0][0]) is (event != "pull_request_target")


def test_a_pinned_id_counts_beside_other_faults() -> None:
    """Mending the environment alone would disable the publisher."""
    pinned = Registered(
        id="p0",
        publisher=publisher(),
        projects=(parse_project_name("widget"),),
        pins={"repository_id": "1"},
    )
    mint = Mint(publishers=(pinned,), policy=Policy.strict("pypi"))
    diagnosis = diagnose(refusal_of(mint.ask_with(environment="staging")))

    assert [row.claim for row in diagnosis.table if not row.ok] == ["environment", "repository_id"]
    assert steps(diagnosis)[-1] == ("publisher", "repository_id", "7001")


def test_a_claim_of_any_length_is_answered() -> None:
    """What is longer than any field is not tried out, and still has its step."""
    said = claims_generic.claims(project="x" * 5000)
    (first, *_) = advice_on(select([claims_generic.publisher()], said), said)

    assert (first.side, first.field) == ("workflow", "project")

"""Claims that nobody vouched for, judged as the mint would judge them."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import advice_cases_github
import advice_cases_gitlab
import advice_cases_others
import claims_circleci
import claims_gitlab
from advice_case import Case
from bonded.minting.advice.elsewhere import title_of
from bonded.minting.exchange import Refused
from bonded.minting.explaining.cases import Presented
from bonded.minting.explaining.explanation import Explanation, Known, explain
from bonded.minting.policy import Policy
from bonded.oidc.issue import issue
from bonded.oidc.verify import TokenFault, TokenRefused
from bonded.publishers import Publisher, from_fields
from bonded.publishers.providers import PROVIDERS
from claims_builder import AUDIENCE, NOW, REF, claims, key, publisher
from mint_builder import Mint, registered, request

PYPI = Policy(audience="pypi")
OURS = Policy.strict("https://pkgs.example")
CASES = (*advice_cases_github.CASES, *advice_cases_gitlab.CASES, *advice_cases_others.CASES)


def known(*publishers: Publisher) -> tuple[Known, ...]:
    """Return publishers of which nothing else is known."""
    return tuple(Known(publisher=one) for one in publishers)


def explained(
    said: Mapping[str, object],
    *publishers: Publisher,
    policy: Policy = PYPI,
    now: float | None = None,
) -> Explanation:
    """Explain whole claims."""
    return explain(known(*publishers), Presented(claims=said), policy=policy, now=now)


def steps(explanation: Explanation) -> list[tuple[str, str, str]]:
    """Return side, field and new value of each step."""
    return [(step.side, step.field, step.new_value) for step in explanation.advice]


def outcomes(explanation: Explanation) -> dict[str, str]:
    """Return how each check came out."""
    return {one.claim: one.outcome for one in explanation.checks}


def test_what_matches_is_accepted() -> None:
    """The verdict names the publisher, and every check is shown."""
    explanation = explained(claims(), publisher(), now=NOW)

    assert explanation.accepted
    assert explanation.sentence == (
        "PyPI would accept this: it matches release.yml of octo/widget in environment pypi."
    )
    assert (explanation.code, explanation.reason) == ("", "")
    assert set(outcomes(explanation).values()) == {"ok"}
    assert (explanation.advice, explanation.unknown, explanation.notes) == ((), (), ())


@pytest.mark.parametrize("left_out", [(), ("exp", "jti")])
def test_every_environment_that_would_do_is_named(left_out: tuple[str, ...]) -> None:
    """One file may have a publisher for each of several environments."""
    bent = claims(environment="staging")
    said = {name: value for name, value in bent.items() if name not in left_out}
    presented = Presented(claims=said, partial=bool(left_out))
    both = known(publisher(), publisher(environment="other"))
    explanation = explain(both, presented, policy=PYPI)

    named = [step for step in steps(explanation) if step[0] == "workflow"]
    assert named == [("workflow", "environment", "pypi"), ("workflow", "environment", "other")]


VALUES = st.none() | st.text(max_size=8) | st.integers(0, 2**40) | st.booleans()


@given(
    st.dictionaries(
        st.sampled_from(sorted(claims().keys() - {"iss", "iat", "nbf", "exp"})), VALUES, max_size=3
    ),
    st.sampled_from([{}, {"environment": ""}, {"workflow_filename": "other.yml"}]),
)
@settings(max_examples=100, deadline=None)
def test_the_verdict_is_the_mints(bent: dict[str, object], fields: dict[str, str]) -> None:
    """For any claims, the explanation and the mint agree, to the code and the sentence that a client reads."""
    said = {**claims(), **bent}
    one = publisher(**fields)
    outcome = Mint(publishers=registered(one)).ask(request(issue(said, key())))
    explanation = explained(said, one, now=NOW)

    assert explanation.accepted == (not isinstance(outcome, Refused))
    if isinstance(outcome, Refused):
        assert (explanation.code, explanation.reason) == (outcome.code, outcome.description)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_fault_is_explained_by_its_step(case: Case) -> None:
    """The first step is that of the diagnosis, whatever the kind."""
    policy = Policy(audience=AUDIENCE if provider_on_pypi(case.kind) else "x", rules=case.rules)
    explanation = explained(case.presented(aud=policy.audience), case.publisher, policy=policy)

    assert steps(explanation)[0] == case.first
    assert explanation.code == "invalid-publisher"
    assert explanation.known == Known(publisher=case.publisher)


def provider_on_pypi(kind: str) -> bool:
    """Whether PyPI knows a kind."""
    return next(one.on_pypi for one in PROVIDERS if one.kind == kind)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Where the mint stops at the audience, the environment is explained too."""
    explanation = explained(
        claims(aud="testpypi", environment=..., exp=NOW - 90), publisher(), now=NOW
    )

    assert explanation.code == "invalid-token"
    assert [step[1] for step in steps(explanation)] == [
        "audience",
        "token",
        "environment",
        "environment",
    ]
    assert explanation.sentence == (
        "PyPI would refuse this: the audience must be the text 'pypi' alone, the token says 'testpypi'; "
        "the token ended 90 seconds ago; `environment` is absent and must be 'pypi'."
    )
    assert [one.claim for one in explanation.checks][:2] == ["aud", "exp"]


@pytest.mark.parametrize(
    ("bent", "policy", "now", "field", "value"),
    [
        ({"exp": NOW - 100}, PYPI, NOW, "token", ""),
        ({"iat": NOW + 100}, PYPI, NOW, "token", ""),
        ({"nbf": NOW + 100}, PYPI, NOW, "token", ""),
        ({"aud": ["pypi"]}, PYPI, None, "audience", "pypi"),
        ({"aud": ...}, PYPI, None, "token", ""),
        ({"aud": OURS.audience, "exp": NOW + 9000}, OURS, None, "exp", "3600"),
        ({"aud": OURS.audience, "exp": NOW - 99}, OURS, None, "exp", "3600"),
    ],
)
def test_a_token_at_fault(
    bent: dict[str, object], policy: Policy, now: float | None, field: str, value: str
) -> None:
    """Late, early, for others, and made for too long."""
    explanation = explained(claims(**bent), publisher(), policy=policy, now=now)

    assert explanation.code == "invalid-token"
    assert steps(explanation)[0][1:] == (field, value)


@pytest.mark.parametrize("bent", [{"exp": True}, {"exp": "soon"}, {"exp": ...}, {"exp": 1e300}])
def test_a_time_that_is_none_is_not_judged(bent: dict[str, object]) -> None:
    """Without a signature nobody can tell what the token said."""
    assert explained(claims(**bent), publisher(), now=NOW).accepted


def test_the_fault_of_a_verification_comes_first() -> None:
    """What a real verification found stands above what can be seen without one."""
    fault = TokenRefused(TokenFault.SIGNATURE, "the signature is not one of the issuer's key")
    explanation = explain(known(publisher()), Presented(claims=claims()), policy=PYPI, fault=fault)

    assert explanation.code == "invalid-token"
    assert "would refuse this: the signature is not" in explanation.sentence
    assert "aud" not in outcomes(explanation)


# Publishers that are registered elsewhere


def test_a_publisher_at_the_other_index() -> None:
    """Registered at TestPyPI, and the token is for PyPI."""
    one = Known(publisher=publisher(), audience="testpypi")
    explanation = explain([one], Presented(claims=claims()), policy=PYPI)

    assert steps(explanation) == [("publisher", "index", "pypi")]
    assert "is registered at TestPyPI, and this is PyPI" in explanation.advice[0].sentence
    assert explanation.known is None


def test_a_pending_publisher_for_another_project() -> None:
    """The publisher matches, but makes a project of another name."""
    one = Known(publisher=publisher(), project="wodget")
    explanation = explain([one], Presented(claims=claims()), policy=PYPI, project="widget")

    assert steps(explanation) == [("publisher", "project", "widget"), ("project", "name", "wodget")]
    assert explain([one], Presented(claims=claims()), policy=PYPI, project="wodget").accepted
    assert explain([one], Presented(claims=claims()), policy=PYPI).accepted


def test_a_gitlab_of_ones_own() -> None:
    """Registered for gitlab.com, the token comes from another GitLab."""
    own = "https://gitlab.acme.example"
    uri = f"gitlab.acme.example/acme/tasks/widget//.gitlab-ci.yml@{claims_gitlab.REF}"
    said = claims_gitlab.claims(iss=own, ci_config_ref_uri=uri)
    explanation = explained(said, claims_gitlab.publisher())

    assert steps(explanation) == [("publisher", "issuer_url", own)]
    mended = from_fields("gitlab", {**claims_gitlab.publisher().to_fields(), "issuer_url": own})
    assert explained(said, mended).accepted


def test_an_issuer_that_the_publisher_cannot_have() -> None:
    """An address that is no issuer is no way out."""
    said = claims_gitlab.claims(iss="http://gitlab.acme.example")

    assert steps(explained(said, claims_gitlab.publisher()))[0][1] == "issuer_url"
    assert explained(said, claims_gitlab.publisher()).code == "invalid-payload"


def test_nothing_is_registered() -> None:
    """Then the whole form is told."""
    explanation = explained(claims())

    assert explanation.known is None
    assert explanation.checks == ()
    assert steps(explanation)[0][:2] == ("publisher", "publisher")
    assert "no publisher is registered there" in explanation.sentence


# Issuers that the index does not know


@pytest.mark.parametrize(
    ("issuer", "policy", "step"),
    [
        ("https://ci.example", PYPI, ("project", "kind", "GitHub, GitLab, Google, ActiveState")),
        (
            "https://token.actions.githubusercontent.com/acme",
            PYPI,
            ("provider", "include_enterprise_slug", "false"),
        ),
        (
            "https://token.actions.githubusercontent.com/",
            PYPI,
            ("provider", "iss", "https://token.actions.githubusercontent.com"),
        ),
        (
            "https://gitlab.acme.example",
            PYPI,
            ("publisher", "issuer_url", "https://gitlab.acme.example"),
        ),
        ("https://ghe.acme.example/_services/token", OURS, ("publisher", "kind", "ghes")),
        ("https://git.acme.example/api/actions", OURS, ("publisher", "kind", "forgejo")),
        ("https://gitlab.acme.example", OURS, ("publisher", "kind", "gitlab")),
        ("https://ci.acme.example", OURS, ("publisher", "kind", "generic")),
        ("https://agent.buildkite.com", PYPI, ("project", "kind", "GitHub, GitLab, Google, ActiveState")),
    ],
)  # fmt: skip
def test_an_issuer_that_is_not_known(
    issuer: str, policy: Policy, step: tuple[str, str, str]
) -> None:
    """The right kind for it is named, or what PyPI takes instead."""
    explanation = explained(claims(iss=issuer, aud=policy.audience), publisher(), policy=policy)

    assert explanation.code == "invalid-payload"
    assert explanation.reason == "unknown trusted publishing issuer"
    assert steps(explanation) == [step]
    assert step[2] in explanation.advice[0].sentence


def test_a_kind_that_is_switched_off() -> None:
    """Nothing of the owner's is at fault."""
    off = Policy(audience="pypi", disabled_kinds=frozenset({"github"}))
    explanation = explained(claims(), publisher(), policy=off)

    assert explanation.code == "not-enabled"
    assert steps(explanation) == [("publisher", "kind", "github")]
    own = "https://gitlab.acme.example"
    disabled = Policy(audience="x", enabled=False)
    gitlab = claims_gitlab.publisher(issuer_url=own)
    said = claims_gitlab.claims(iss=own, aud="x")
    assert steps(explained(said, gitlab, policy=disabled)) == [("publisher", "kind", "gitlab")]


def test_a_kind_that_pypi_does_not_know() -> None:
    """A publisher that a bonded index has cannot be at PyPI."""
    said = claims_circleci.claims()

    assert explained(said, claims_circleci.publisher()).code == "invalid-payload"
    assert explained(
        claims_circleci.claims(aud="x"), claims_circleci.publisher(), policy=Policy(audience="x")
    ).accepted


# Things to know beside the verdict


def test_notes_on_what_is_accepted() -> None:
    """Attestations of a reusable workflow, an environment that is not demanded, an event that is risky."""
    said = claims(
        job_workflow_ref=f"octo/widget/.github/workflows/upload.yml@{REF}",
        event_name="workflow_run",
    )
    notes = explained(said, publisher(workflow_filename="upload.yml", environment="")).notes

    assert len(notes) == 3
    assert "'upload.yml'" in notes[0]
    assert "attestations" in notes[0]
    assert "set the publisher's environment name to 'pypi'" in notes[1]
    assert "`workflow_run`" in notes[2]


def test_indexes_have_names() -> None:
    """Those that are known by name, and the others by their audience."""
    assert [title_of(name) for name in ("pypi", "testpypi", "x")] == [
        "PyPI",
        "TestPyPI",
        "the index 'x'",
    ]

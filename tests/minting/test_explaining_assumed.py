"""Claims that are known in part, as a log shows them."""

from collections.abc import Mapping

import pytest

import claims_gitlab
import claims_google
from advice_case import module_of
from bonded.minting.explaining.cases import Presented
from bonded.minting.explaining.explanation import Explanation, Known, explain
from bonded.minting.policy import Policy
from bonded.publishers import Publisher
from bonded.publishers.providers import PROVIDERS
from claims_builder import claims, publisher

PYPI = Policy(audience="pypi")


def known(*publishers: Publisher) -> tuple[Known, ...]:
    """Return publishers of which nothing else is known."""
    return tuple(Known(publisher=one) for one in publishers)


def steps(explanation: Explanation) -> list[tuple[str, str, str]]:
    """Return side, field and new value of each step."""
    return [(step.side, step.field, step.new_value) for step in explanation.advice]


def outcomes(explanation: Explanation) -> Mapping[str, str]:
    """Return how each check came out."""
    return {one.claim: one.outcome for one in explanation.checks}


SHOWN = ("sub", "repository", "repository_owner", "repository_owner_id", "job_workflow_ref", "ref")


def part(*names: str, **bent: object) -> Presented:
    """Return the claims that a log shows."""
    return Presented(
        claims={name: value for name, value in claims(**bent).items() if name in names},
        partial=True,
    )


def test_what_a_log_does_not_show_is_not_wrong() -> None:
    """The verdict holds if what is not known is right; the subject tells the environment."""
    explanation = explain(known(publisher()), part(*SHOWN), policy=PYPI)

    assert explanation.accepted
    assert explanation.unknown == ("jti", "event_name")
    assert "if what is not known is right (jti, event_name)" in explanation.sentence
    assert outcomes(explanation)["environment"] == "ok"
    assert outcomes(explanation)["jti"] == "unknown"
    assert next(one for one in explanation.checks if one.claim == "jti").got is None


@pytest.mark.parametrize("shown", [{}, {"project_id": "7"}, {"job_project_id": "7"}])
def test_stricter_rules_hold_if_what_is_not_known_is_right(shown: Mapping[str, object]) -> None:
    """GitLab's job ran in the project that it speaks for, whichever of the two ids is known."""
    names = ("project_path", "ci_config_ref_uri", "sub", "environment")
    said = {name: claims_gitlab.claims()[name] for name in names} | dict(shown)
    explanation = explain(
        known(claims_gitlab.publisher()),
        Presented(claims=said, partial=True),
        policy=Policy.strict("pkgs.example"),
    )

    assert explanation.accepted
    assert "pipeline_source" in explanation.unknown


@pytest.mark.parametrize("ref", [":ref:refs/heads/main", ":pull_request"])
def test_a_subject_without_environment_says_that_there_is_none(ref: str) -> None:
    """GitHub's default subject names the environment, if there is one."""
    shown = part(*SHOWN, sub=f"repo:octo/widget{ref}")
    explanation = explain(known(publisher()), shown, policy=PYPI)

    assert steps(explanation)[0] == ("workflow", "environment", "pypi")
    assert outcomes(explanation)["environment"] == "no"


def test_a_subject_of_ones_own_tells_nothing() -> None:
    """Then the environment is not known, and not said to be wrong."""
    explanation = explain(known(publisher()), part(*SHOWN, sub="octo"), policy=PYPI)

    assert explanation.accepted
    assert "environment" in explanation.unknown


def test_what_a_log_says_to_be_absent_is_absent() -> None:
    """`MISSING` in a log is knowledge."""
    shown = Presented(claims=part(*SHOWN).claims, partial=True, absent=frozenset({"environment"}))

    assert not explain(known(publisher()), shown, policy=PYPI).accepted


def test_little_is_enough() -> None:
    """A repository and a file are enough for a first look; the rest is taken for granted."""
    explanation = explain(known(publisher()), part("repository"), policy=PYPI)

    assert explanation.accepted
    assert {"repository_owner_id", "job_workflow_ref", "environment"} <= {*explanation.unknown}
    other = explain(known(publisher()), part("repository", repository="octo/other"), policy=PYPI)
    assert not other.accepted


def test_of_several_publishers_the_nearest_is_explained() -> None:
    """Accepted before refused, narrow before wide, and else the one that fails last."""
    far = publisher(repository_name="other")
    near = publisher(environment="staging")
    wide = publisher(environment="")
    shown = part(*SHOWN)

    def nearest(*publishers: Publisher) -> Publisher | None:
        found = explain(known(*publishers), shown, policy=PYPI).known
        return found.publisher if found else None

    assert nearest(far, near) == near
    assert nearest(far, near, wide) == wide
    assert nearest(wide, publisher()) == publisher()


@pytest.mark.parametrize("kind", [one.kind for one in PROVIDERS])
def test_any_part_of_good_claims_is_accepted(kind: str) -> None:
    """Of every kind, the compared claims alone are enough, and so is any one of them missing."""
    module = module_of(kind)
    policy = Policy(audience="x")
    one: Publisher = module.publisher()
    compared = {check.claim for check in one.checks()} | {"iss"}
    whole = module.claims()
    for left_out in sorted(compared & whole.keys() - {"iss"}):
        shown = {name: whole[name] for name in compared - {left_out} if name in whole}
        explanation = explain(known(one), Presented(claims=shown, partial=True), policy=policy)
        assert explanation.accepted, left_out
        assert left_out in {*explanation.unknown, "repository_owner"}


def test_claims_of_no_known_shape() -> None:
    """Nothing that says whose token it is: the issuer is not known."""
    explanation = explain((), Presented(claims={"x": "y"}, partial=True), policy=PYPI)

    assert explanation.code == "invalid-payload"
    assert explain((), part("repository"), policy=PYPI).code == "invalid-publisher"


def test_the_shape_tells_the_kind() -> None:
    """A publisher of another kind is not compared with what is plainly another service's."""
    shown = Presented(claims={"email": claims_google.EMAIL}, partial=True)
    found = explain(known(publisher(), claims_google.publisher()), shown, policy=PYPI)

    assert found.accepted
    assert found.known == Known(publisher=claims_google.publisher())


def test_what_is_not_recorded_is_not_compared() -> None:
    """PyPI's form asks for no owner id, so a project need not know it."""
    one = Known(publisher=publisher(), unrecorded=frozenset({"repository_owner_id"}))
    explanation = explain([one], Presented(claims=claims()), policy=PYPI)

    assert explanation.accepted
    assert outcomes(explanation)["repository_owner_id"] == "unknown"
    assert explanation.notes == (
        "Nothing is recorded of repository_owner_id, so that was not compared.",
    )
    nobody = Known(publisher=publisher(repository_owner_id="0"), unrecorded=one.unrecorded)
    fork = claims(repository="cat/widget", repository_owner="cat")
    refused = explain([nobody], Presented(claims=fork), policy=PYPI)
    assert "repository_owner_id" not in {step.field for step in refused.advice}

import pytest

from bonded.publishers.github import GitHubPublisher
from bonded.publishers.rule import (
    PYPI,
    Check,
    FieldFault,
    InvalidPublisher,
    Judgement,
    Mismatch,
    Rules,
    judge,
    shown,
)
from claims_builder import claims, publisher


class Open(GitHubPublisher):
    """A publisher that forgot its checks."""

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Demand nothing."""
        return ()


def test_a_publisher_without_checks_trusts_nobody() -> None:
    """An empty list of checks is an error, never a pass."""
    with pytest.raises(ValueError, match="would trust everyone"):
        judge(Open(**publisher().to_fields()), claims())


def test_every_check_is_run() -> None:
    """One judgement names every fault, in order, with what was expected and what came."""
    verdict = judge(publisher(), claims(repository_owner_id="6", environment=..., event_name=5))

    assert not verdict.accepted
    assert verdict.mismatches == (
        Mismatch(
            claim="repository_owner_id",
            expected="5001",
            got="6",
            how="equal; the number stays when the account is renamed",
        ),
        Mismatch(
            claim="event_name",
            expected="any event but pull_request_target",
            got=None,
            how="not one of these",
        ),
        Mismatch(claim="environment", expected="pypi", got=None, how="equal, letter case aside"),
    )
    assert verdict.reason == "Check failed for required claim 'repository_owner_id'"


def test_an_accepted_judgement_has_no_reason() -> None:
    """Claims that fit pass every check."""
    verdict = judge(publisher(), claims())

    assert verdict.accepted
    assert (verdict.mismatches, verdict.reason) == ((), "")
    assert isinstance(verdict, Judgement)


@pytest.mark.parametrize(
    ("value", "text"), [("x", "x"), ("", ""), (None, None), (1, None), (("x",), None)]
)
def test_only_texts_are_compared(value: object, text: str | None) -> None:
    """A claim of another type counts as absent; a list that holds the text is not the text."""
    assert shown(value) == text


def test_faults_of_fields_are_named_all() -> None:
    """An invalid publisher lists every fault, and cannot be raised without one."""
    faults = (FieldFault(field="a", message="is required"), FieldFault(field="b", message="is odd"))

    assert str(InvalidPublisher(faults)) == "a is required; b is odd"
    with pytest.raises(ValueError, match="would say nothing"):
        InvalidPublisher(())

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import claims_builder
import claims_ghes
import claims_gitlab
from bonded.publishers import PYPI, STRICT, Rules, from_fields, judge, select
from bonded.publishers.rule import shown_json
from claims_kinds import KINDS, Kind

RULES = {
    "deny_risky_events": Rules(deny_risky_events=True),
    "exact_letters": Rules(exact_letters=True),
    "require_environment": Rules(require_environment=True),
    "require_protected_ref": Rules(require_protected_ref=True),
    "require_hosted_runner": Rules(require_hosted_runner=True),
}

FORK = {"pipeline_source": "merge_request_event", "job_project_id": "72"}


def refused(claim: str) -> str:
    """Return PyPI's usual text for a claim that fails."""
    return f"Check failed for required claim '{claim}'"


@pytest.mark.parametrize(
    ("kind", "rule", "bent", "reason"),
    [
        ("github", "deny_risky_events", {}, ""),
        ("github", "deny_risky_events", {"event_name": "workflow_dispatch"}, ""),
        ("github", "deny_risky_events", {"event_name": "workflow_run"}, "'workflow_run' is not"),
        ("github", "deny_risky_events", {"event_name": "issue_comment"}, "'issue_comment' is not"),
        ("github", "require_environment", {}, ""),
        ("github", "require_environment", {"environment": ...}, refused("environment")),
        ("github", "require_environment", {"environment": ""}, refused("environment")),
        ("github", "require_protected_ref", {"ref_protected": "true"}, ""),
        ("github", "require_protected_ref", {}, refused("ref_protected")),
        ("github", "require_protected_ref", {"ref_protected": True}, refused("ref_protected")),
        ("github", "require_protected_ref", {"ref_protected": ...}, refused("ref_protected")),
        ("github", "require_hosted_runner", {}, ""),
        (
            "github",
            "require_hosted_runner",
            {"runner_environment": "self-hosted"},
            refused("runner_environment"),
        ),
        (
            "github",
            "require_hosted_runner",
            {"runner_environment": ...},
            refused("runner_environment"),
        ),
        ("gitlab", "deny_risky_events", {}, ""),
        ("gitlab", "deny_risky_events", {"job_project_id": ...}, ""),
        ("gitlab", "deny_risky_events", {"job_project_id": None}, ""),
        ("gitlab", "deny_risky_events", {"pipeline_source": "web"}, ""),
        ("gitlab", "deny_risky_events", {"pipeline_source": "merge_request_event"}, ""),
        ("gitlab", "deny_risky_events", FORK, refused("job_project_id")),
        ("gitlab", "deny_risky_events", {"job_project_id": "72"}, refused("job_project_id")),
        ("gitlab", "deny_risky_events", {"job_project_id": ""}, refused("job_project_id")),
        ("gitlab", "deny_risky_events", {"job_project_id": 71}, refused("job_project_id")),
        (
            "gitlab",
            "deny_risky_events",
            {"job_project_id": 71, "project_id": 71},
            refused("job_project_id"),
        ),
        (
            "gitlab",
            "deny_risky_events",
            {"pipeline_source": "merge_request_event", "job_project_id": ...},
            refused("pipeline_source"),
        ),
        (
            "gitlab",
            "deny_risky_events",
            {"pipeline_source": "external_pull_request_event"},
            refused("pipeline_source"),
        ),
        ("gitlab", "deny_risky_events", {"pipeline_source": ...}, refused("pipeline_source")),
        ("gitlab", "deny_risky_events", {"pipeline_source": 5}, refused("pipeline_source")),
        ("gitlab", "require_environment", {}, ""),
        ("gitlab", "require_environment", {"environment": ...}, refused("environment")),
        ("gitlab", "require_environment", {"environment": ""}, refused("environment")),
        ("gitlab", "require_protected_ref", {}, ""),
        ("gitlab", "require_protected_ref", {"ref_protected": "false"}, refused("ref_protected")),
        ("gitlab", "require_protected_ref", {"ref_protected": True}, refused("ref_protected")),
        ("gitlab", "require_hosted_runner", {}, ""),
        (
            "gitlab",
            "require_hosted_runner",
            {"runner_environment": "self-hosted"},
            refused("runner_environment"),
        ),
    ],
)
def test_a_rule_beyond_pypis(kind: str, rule: str, bent: dict[str, object], reason: str) -> None:
    """Each named rule refuses what it names and nothing else; PyPI's rules, and all other named ones, let it pass."""
    wide, claims = KINDS[kind].wide, KINDS[kind].claims(**bent)
    choice = select([wide], claims, rules=RULES[rule])

    assert reason in choice.reason
    assert (choice.publisher is None) == bool(reason)
    assert select([wide], claims).publisher is wide
    if reason:
        assert "stricter than PyPI" in choice.mismatches[0].how


@pytest.mark.parametrize(
    ("registered", "claimed", "alike", "exact"),
    [
        ("packages", "packages", True, True),
        ("packages", "Packages", True, True),
        ("packages", "PACKAGES", True, True),
        ("packages", "pac\N{KELVIN SIGN}ages", True, False),
        ("åland", "Åland", True, True),
        ("åland", "\N{ANGSTROM SIGN}land", True, False),
        ("θ", "\N{GREEK CAPITAL THETA SYMBOL}", True, False),
        ("größe", "GRÖße", True, True),
        ("größe", "GRÖSSE", False, False),
        ("数", "数", True, True),
    ],
)
@pytest.mark.parametrize("module", [claims_builder, claims_ghes])
def test_signs_that_only_become_a_letter(
    module: Any,
    registered: str,
    claimed: str,
    *,
    alike: bool,
    exact: bool,
) -> None:
    """Whoever may push makes an environment of any name: in lower case some are that of a protected one."""
    one = from_fields(
        module.publisher().kind, {**module.publisher().to_fields(), "environment": registered}
    )
    claims = module.claims(environment=claimed)

    assert (select([one], claims).publisher is one) == alike
    assert (select([one], claims, rules=RULES["exact_letters"]).publisher is one) == exact


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_pypis_rules_come_first(kind: Kind) -> None:
    """Rules only add: PyPI's checks stay as they are and in their order, so that the first reason is PyPI's."""
    ours = kind.narrow.checks()
    everything = Rules(
        pin_ids=True,
        deny_risky_events=True,
        require_environment=True,
        require_protected_ref=True,
        require_hosted_runner=True,
    )

    assert kind.narrow.checks(PYPI) == ours
    assert kind.narrow.checks(everything)[: len(ours)] == ours
    assert kind.narrow.checks(Rules(pin_ids=True)) == ours


@pytest.mark.parametrize("name", ["google", "activestate"])
def test_rules_for_which_there_is_no_claim_are_left_out(name: str) -> None:
    """Google and ActiveState say nothing of events, environments, refs and machines."""
    kind = KINDS[name]

    for rules in (*RULES.values(), STRICT):
        assert select([kind.narrow], kind.claims(), rules=rules).publisher is kind.narrow


def test_what_is_strict_and_what_is_not() -> None:
    """The default of an index pins ids, denies risky events and reads letters; PyPI's own rules do none of it."""
    assert Rules() == PYPI
    assert Rules(pin_ids=True, deny_risky_events=True, exact_letters=True) == STRICT


@pytest.mark.parametrize(
    ("name", "pinned"),
    [
        ("github", ("repository_id", "repository_owner_id")),
        ("gitlab", ("project_id", "namespace_id")),
        ("google", ("sub",)),
        ("activestate", ("organization_id", "project_id")),
    ],
)
def test_ids_that_are_pinned(name: str, pinned: tuple[str, ...]) -> None:
    """Claims that outlive a rename are named, and valid claims have them."""
    kind = KINDS[name]

    assert kind.provider.immutable_claims == pinned
    assert set(pinned) < kind.claims().keys()


def test_an_honest_release_passes_every_strict_rule() -> None:
    """A tag pipeline of the project itself costs nothing under the default of an index."""
    github, gitlab = claims_builder.publisher(), claims_gitlab.publisher()

    assert judge(github, claims_builder.claims(), STRICT).accepted
    assert judge(gitlab, claims_gitlab.claims(), STRICT).accepted
    assert not judge(gitlab, claims_gitlab.claims(**FORK), STRICT).accepted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (1, "1"),
        ("true", '"true"'),
        (["a"], '["a"]'),
        ((1, {2}), "(1, {2})"),
    ],
)
def test_claims_that_are_no_texts_are_shown_as_json(value: object, text: str | None) -> None:
    """The boolean, the number and the text stay apart; what is not even JSON is shown in some way."""
    assert shown_json(value) == text


PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "trust-rules.md"


def test_every_rule_is_documented_with_its_defaults() -> None:
    """The page names each rule, and says where it is on as the code does."""
    page = PAGE.read_text("utf-8")
    word = {False: "off", True: "**on**"}

    for rule in fields(Rules):
        on_pypi, here = getattr(PYPI, rule.name), getattr(STRICT, rule.name)
        assert f"| `{rule.name}` | {word[on_pypi]} | {word[here]} |" in page


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_check_is_documented_in_its_order(kind: Kind) -> None:
    """The page has one row for each claim that PyPI compares, in PyPI's order, and names every id that is pinned."""
    page = PAGE.read_text("utf-8")
    section = page.partition(f"\n### {kind.provider.title}\n")[2].partition("\n### ")[0]
    rows = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]

    assert rows == [check.claim for check in kind.narrow.checks()]
    assert ", ".join(f"`{name}`" for name in kind.provider.immutable_claims) in page

import pytest

from bonded.publishers import STRICT, InvalidPublisher, Rules, from_fields, select
from bonded.publishers.buildkite import FORM, PROVIDER, REQUIRED_CLAIMS
from claims_buildkite import ORG, PIPELINE, claims, publisher

GOOD = publisher().to_fields()
OTHER = "00000000-0000-0000-0000-000000000009"


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"build_tag": "v2"},
        {"build_source": "schedule", "runner_environment": "self-hosted"},
        {"sub": PIPELINE, "build_number": "x", "agent_id": ...},
    ],
)
def test_buildkite_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """Ids and slugs are equal, and step, branch and tag are as registered."""
    for rules in (Rules(), STRICT):
        assert select([publisher()], claims(**bent), rules=rules).publisher == publisher()


NOT_FOUND = "Publisher with matching claims was not found"


def failed(claim: str, needed: str = "required") -> str:
    """Return the text for a claim that fails."""
    return f"Check failed for {needed} claim '{claim}'"


STEP = failed("step_key", "optional")
BRANCH = failed("build_branch", "optional")
TAG = failed("build_tag", "optional")


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        ({"pipeline_id": OTHER}, NOT_FOUND),
        ({"pipeline_id": PIPELINE.upper()}, NOT_FOUND),
        ({"pipeline_id": "widget"}, NOT_FOUND),
        ({"pipeline_id": 5}, NOT_FOUND),
        ({"organization_id": OTHER}, failed("organization_id")),
        ({"organization_id": "acme"}, failed("organization_id")),
        ({"organization_slug": "Acme"}, failed("organization_slug")),
        ({"organization_slug": "evil"}, failed("organization_slug")),
        ({"pipeline_slug": "gadget"}, failed("pipeline_slug")),
        ({"jti": ""}, failed("jti")),
        ({"jti": 5}, failed("jti")),
        ({"step_key": None}, STEP),
        ({"step_key": "test"}, STEP),
        ({"step_key": ["publish"]}, STEP),
        ({"build_branch": "Main"}, BRANCH),
        ({"build_branch": "main:x"}, BRANCH),
        ({"build_tag": None}, TAG),
        ({"build_tag": ...}, TAG),
        ({"build_tag": ""}, TAG),
        ({"build_tag": "x1"}, TAG),
        ({"build_tag": "v1/x"}, TAG),
        ({"iss": "https://agent.buildkite.com/"}, "unknown trusted publishing issuer"),
    ],
)
def test_buildkite_claims_that_are_refused(bent: dict[str, object], reason: str) -> None:
    """Whoever takes a freed name has other ids; another step, branch or tag is named."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert reason in choice.reason


def test_the_narrowest_publisher_of_a_pipeline_wins() -> None:
    """Without step, branch and tag every job may publish; a publisher that names more comes first."""
    anyone = publisher(step_key="", build_branch="", build_tag="")
    tagged = publisher(step_key="", build_branch="")
    bent = claims(step_key=None, build_tag=None)

    assert select([anyone, tagged], claims()).publisher is tagged
    assert select([tagged, anyone, publisher()], claims()).publisher == publisher()
    assert select([tagged, anyone], bent).publisher is anyone


def test_buildkites_own_machines_can_be_demanded() -> None:
    """The rule asks for Buildkite's word; rules for which there is no claim are left out."""
    hosted = Rules(require_hosted_runner=True)
    absent = Rules(require_environment=True, require_protected_ref=True)

    assert select([publisher()], claims(), rules=hosted).publisher is not None
    assert select([publisher()], claims(), rules=absent).publisher is not None
    for elsewhere in ("self-hosted", "", None, ...):
        bent = claims(runner_environment=elsewhere)
        assert select([publisher()], bent, rules=hosted).publisher is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization_slug", ""),
        ("organization_slug", "Acme"),
        ("organization_slug", "acme/widget"),
        ("organization_slug", "*"),
        ("organization_id", ""),
        ("organization_id", "acme"),
        ("pipeline_slug", "-widget"),
        ("pipeline_id", f"{PIPELINE}0"),
        ("step_key", "publish*"),
        ("step_key", "a b"),
        ("build_branch", "*"),
        ("build_branch", "r*/x"),
        ("build_branch", "a b"),
        ("build_tag", "v*.*.*.*"),
    ],
)
def test_buildkite_fields_that_are_refused(field: str, value: str) -> None:
    """A field that cannot be is named, and only that; stars are for branches and tags."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("buildkite", GOOD | {field: value})
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_buildkite_publisher_says_what_it_is() -> None:
    """Fields, form, title and page come from its data; no attestation is expected."""
    assert list(GOOD) == [field.name for field in FORM]
    assert publisher().form_values() == {"provider": "buildkite", **GOOD}
    assert publisher().title == "acme/widget, step publish, branch main, tag v*"
    assert publisher(step_key="", build_branch="", build_tag="").title == "acme/widget"
    assert [link.url for link in publisher().links()] == ["https://buildkite.com/acme/widget"]
    assert publisher().certificate_facts(claims()) == ()


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"pipeline_slug": "renamed", "step_key": None}, True),
        ({"organization_id": OTHER}, False),
        ({"pipeline_id": OTHER}, False),
        ({"organization_id": ...}, False),
        ({"iss": "https://evil.example"}, False),
    ],
)
def test_whom_buildkite_refusals_are_explained_to(bent: dict[str, object], *, same: bool) -> None:
    """Ids prove the source; the same slugs do not."""
    assert PROVIDER.same_source(publisher(), claims(**bent)) is same


def test_buildkite_near_misses_are_filed_together() -> None:
    """A token that was requested without ids, or a pipeline made anew, shares the name."""
    for bent in ({"organization_id": ..., "pipeline_id": ...}, {"pipeline_id": OTHER}):
        assert set(PROVIDER.sources_of(claims(**bent))) & set(publisher().sources())
    assert publisher().sources()[1] == f"organization {ORG}"

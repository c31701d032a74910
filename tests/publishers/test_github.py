import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.publishers import PYPI as PYPI_RULES
from bonded.publishers import STRICT, Rules, judge, select
from bonded.publishers.github import (
    FORM,
    ISSUER,
    PROVIDER,
    REQUIRED_CLAIMS,
    GitHubPublisher,
)
from bonded.publishers.rule import CertificateFact
from bonded.publishers.workflow_ref import workflow_filename
from claims_builder import REF, SHA, claims, publisher

PATH = "octo/widget/.github/workflows/release.yml"


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"repository": "Octo/WIDGET"},
        {"job_workflow_ref": f"{PATH}@{SHA}"},
        {"ref": "", "job_workflow_ref": f"{PATH}@{SHA}"},
        {"sha": ""},
        {"environment": "PyPI"},
        {"event_name": "release"},
        {"event_name": "pull_request"},
        {"event_name": ""},
        {"sub": ..., "workflow_ref": ..., "actor": 5},
        {"sub": "repo:octo@5001/widget@7001:ref:x"},
        {"ref": "refs/heads/a@b.yml", "job_workflow_ref": f"{PATH}@refs/heads/a@b.yml"},
    ],
)
def test_claims_that_pass_the_checks(bent: dict[str, object]) -> None:
    """What PyPI compares without letter case, or not at all, may differ."""
    assert judge(publisher(), claims(**bent)).accepted


MISMATCH = "The job_workflow_ref claim does not match"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"repository": "octo/gadget"}, "required claim 'repository'"),
        ({"repository": ""}, "required claim 'repository'"),
        ({"repository": ["octo/widget"]}, "required claim 'repository'"),
        ({"repository_owner": "Octo"}, "required claim 'repository_owner'"),
        ({"repository_owner": "5001"}, "required claim 'repository_owner'"),
        ({"repository_owner_id": "octo"}, "required claim 'repository_owner_id'"),
        ({"repository_owner_id": 5001}, "required claim 'repository_owner_id'"),
        ({"repository_owner_id": "05001"}, "required claim 'repository_owner_id'"),
        ({"job_workflow_ref": ""}, "The job_workflow_ref claim is empty"),
        ({"job_workflow_ref": 5}, "The job_workflow_ref claim is empty"),
        ({"ref": "", "sha": ""}, "The ref and sha claims are empty"),
        ({"ref": 5, "sha": None}, "The ref and sha claims are empty"),
        ({"job_workflow_ref": PATH}, MISMATCH),
        ({"job_workflow_ref": f"{PATH}@"}, MISMATCH),
        ({"job_workflow_ref": f"{PATH}@refs/heads/main"}, MISMATCH),
        ({"job_workflow_ref": f"{PATH}@{REF}x"}, MISMATCH),
        ({"job_workflow_ref": f"x/{PATH}@{REF}"}, MISMATCH),
        ({"job_workflow_ref": f"{PATH.upper()}@{REF}"}, MISMATCH),
        ({"job_workflow_ref": f"octo/widget/.github/workflows/evil.yml@{PATH}@{REF}"}, MISMATCH),
        ({"job_workflow_ref": f"evil/x/.github/workflows/release.yml@{REF}"}, MISMATCH),
        ({"jti": ""}, "required claim 'jti'"),
        ({"jti": 7}, "required claim 'jti'"),
        (
            {"event_name": "pull_request_target"},
            "Publishing from a workflow invoked via 'pull_request_target' is not supported.",
        ),
        ({"event_name": None}, "required claim 'event_name'"),
        ({"environment": ""}, "optional claim 'environment'"),
        ({"environment": ...}, "optional claim 'environment'"),
        ({"environment": "pypi "}, "optional claim 'environment'"),
        ({"environment": ("pypi",)}, "optional claim 'environment'"),
    ],
)
def test_claims_that_fail_a_check(bent: dict[str, object], reason: str) -> None:
    """Each check refuses in PyPI's words; ids are never names, and a text is rebuilt whole, never searched."""
    assert reason in judge(publisher(), claims(**bent)).reason


def test_the_text_of_a_wrong_workflow_is_pypis() -> None:
    """The accepted texts are listed in order, then the one that came."""
    reason = judge(publisher(), claims(job_workflow_ref="x.yml@y")).reason

    assert reason == (
        "The job_workflow_ref claim does not match, expecting one of "
        f"['{PATH}@{SHA}', '{PATH}@{REF}'], got 'x.yml@y'"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{PATH}@{REF}", "release.yml"),
        ("o/r/.github/workflows/release.yaml@x", "release.yaml"),
        ("o/r/.github/workflows/nested.yml@evil.yml@refs/heads/main", "nested.yml@evil.yml"),
        ("o/r/.github/workflows/basic.yml@refs/heads/misleading@branch.yml", "basic.yml"),
        ("o/r/.github/workflows/foo.yml.foo.yml@x", "foo.yml.foo.yml"),
        ("o/r/.github/workflows/a.yaml@b.yml@x", "a.yaml@b.yml"),
        ("o/r/.github/workflows/a.yml@b.yaml@x", "a.yml@b.yaml"),
        ("o/r/.github/workflows/.yml@x", ""),
        ("o/r/.github/workflows/@x", ""),
        ("o/r/.github/workflows/release@x", ""),
        ("o/r/.github/workflows/release.yml", ""),
        ("o/r/.github/workflows/release.YML@x", ""),
        ("", ""),
    ],
)
def test_the_file_name_in_a_claim(text: str, name: str) -> None:
    """The file name is read as PyPI reads it, refs and names with tricks in them included."""
    assert workflow_filename(text) == name


@given(st.text("ab/@.ymla", max_size=30))
@settings(deadline=None)
def test_the_file_name_is_the_first_longest_match(text: str) -> None:
    """Reading in linear time finds what the pattern of the rule finds."""
    match = re.search(r"[^/]+\.ya?ml(?=@)", text)

    assert workflow_filename(text) == (match[0] if match else "")


def test_hostile_claims_cost_little() -> None:
    """A claim as long as a token may be is read at once; a search by pattern would take minutes."""
    assert workflow_filename("y" * 10**6) == ""


NOT_FOUND = "Publisher with matching claims was not found"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"repository": "octo/Widget"}, NOT_FOUND),
        ({"repository": "Octo/widget"}, NOT_FOUND),
        ({"repository": "octo"}, NOT_FOUND),
        ({"repository": "octo/widget/x"}, NOT_FOUND),
        ({"repository": "octo/%"}, NOT_FOUND),
        ({"repository": 5}, NOT_FOUND),
        ({"repository_owner_id": "5002"}, NOT_FOUND),
        ({"job_workflow_ref": f"octo/widget/.github/workflows/other.yml@{REF}"}, NOT_FOUND),
        ({"environment": "other"}, NOT_FOUND),
        ({"environment": ...}, NOT_FOUND),
        ({"environment": 5}, NOT_FOUND),
        ({"job_workflow_ref": ""}, "Could not job extract workflow filename from OIDC claims"),
        ({"job_workflow_ref": 7}, "Could not job extract workflow filename from OIDC claims"),
        ({"repository_owner": "other"}, "Check failed for required claim 'repository_owner'"),
        ({"job_workflow_ref": f"evil/x/.github/workflows/release.yml@{REF}"}, MISMATCH),
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
    ],
)
def test_claims_that_no_publisher_is_found_for(bent: dict[str, object], reason: str) -> None:
    """The look-up refuses in PyPI's words, and the nearest publisher tells what to mend, unless a claim is missing."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert reason in choice.reason
    assert choice.mismatches or reason.startswith("Missing claim")


def test_the_stricter_rule_of_the_look_up_is_shown() -> None:
    """Where the check ignores letter case and the look-up does not, the refusal shows the look-up."""
    choice = select([publisher()], claims(repository="octo/Widget"))

    (mismatch,) = choice.mismatches
    assert (mismatch.claim, mismatch.expected, mismatch.got) == (
        "repository",
        "octo/widget",
        "octo/Widget",
    )
    assert "letter case included" in mismatch.how


def test_a_ref_that_looks_like_a_file_is_found_out() -> None:
    """A ref that would change the file name that is looked up is refused, and said."""
    choice = select([publisher()], claims(ref="x.yml@y", job_workflow_ref=f"{PATH}@x.yml@y"))

    assert choice.reason == NOT_FOUND
    assert [miss.claim for miss in choice.mismatches] == ["job_workflow_ref"]


ANY = publisher(environment="")
PYPI = publisher(environment="pypi")
STAGING = publisher(environment="staging")


@pytest.mark.parametrize(
    ("registered", "environment", "chosen"),
    [
        ((ANY, PYPI), "pypi", PYPI),
        ((PYPI, ANY), "PYPI", PYPI),
        ((ANY, PYPI), "staging", ANY),
        ((PYPI, ANY), "", ANY),
        ((STAGING, PYPI), "pypi", PYPI),
        ((STAGING, PYPI), "", None),
        ((STAGING,), "pypi", None),
        ((ANY,), "anything", ANY),
        ((ANY,), ..., ANY),
    ],
)
def test_the_most_specific_environment_wins(
    registered: tuple[GitHubPublisher, ...], environment: object, chosen: GitHubPublisher | None
) -> None:
    """A publisher of the job's environment comes first, one without is for all, one of another is never taken."""
    choice = select(registered, claims(environment=environment))

    assert choice.publisher is chosen
    assert bool(choice.reason) == (chosen is None)
    if chosen is not None:
        assert choice.nearest is not None
        assert choice.nearest.publisher is chosen
        assert choice.mismatches == ()


def test_a_publisher_says_what_it_is() -> None:
    """Fields, form, links and title of a publisher come from its data."""
    assert publisher().to_fields() | {"environment": ""} == ANY.to_fields()
    assert publisher().form_values() == {
        "provider": "github",
        "owner": "octo",
        "repository": "widget",
        "workflow_filename": "release.yml",
        "environment": "pypi",
    }
    assert (publisher().kind, publisher().issuer) == ("github", ISSUER)
    assert (ANY.specificity, PYPI.specificity) == (0, 1)
    assert PYPI.title == "release.yml of octo/widget in environment pypi"
    assert ANY.title == "release.yml of octo/widget"
    assert (
        PYPI.workflow_url()
        == "https://github.com/octo/widget/blob/HEAD/.github/workflows/release.yml"
    )
    assert PYPI.commit_url(SHA) == f"https://github.com/octo/widget/commit/{SHA}"
    assert PYPI.commit_url("") == "https://github.com/octo/widget"
    assert PYPI.environments_url == "https://github.com/octo/widget/settings/environments"


def test_what_a_certificate_must_say() -> None:
    """An attestation's certificate names issuer, repository and the workflow at the commit or the ref."""
    workflow = "https://github.com/octo/widget/.github/workflows/release.yml"

    issuer, repository, build = PYPI.certificate_facts({"ref": REF, "sha": SHA})

    assert issuer == CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.8", accepted=(ISSUER,))
    assert repository.accepted == ("https://github.com/octo/widget",)
    assert build.accepted == (f"{workflow}@{SHA}", f"{workflow}@{REF}")
    assert PYPI.certificate_facts({"ref": "", "sha": SHA})[2].accepted == (f"{workflow}@{SHA}",)


def test_the_form_and_the_fields_agree() -> None:
    """Every field of the form is stored, and every stored field is in the form."""
    assert [field.name for field in FORM] == list(publisher().to_fields())
    assert PROVIDER.form is FORM


UNCHECKED = sorted(
    claims().keys() - {check.claim for check in PYPI.checks()} - {"iss", "ref", "sha"}
)


@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(UNCHECKED), st.from_regex(r"repo_property_[a-z]{1,5}", fullmatch=True)
        ),
        st.none() | st.integers() | st.text(max_size=10),
    )
)
@settings(deadline=None)
def test_unknown_claims_never_matter(extra: dict[str, object]) -> None:
    """Claims that are not checked neither open nor close the door."""
    assert select([PYPI], claims() | extra).publisher is PYPI
    assert select([PYPI], claims(environment="x") | extra).publisher is None


COMPARED = [check.claim for check in PYPI.checks() if check.claim not in {"jti", "event_name"}]


@given(
    st.sampled_from(COMPARED),
    st.one_of(st.none(), st.integers(), st.text(max_size=60), st.lists(st.text())),
)
@settings(deadline=None)
def test_no_change_of_a_compared_claim_is_accepted(name: str, value: object) -> None:
    """Whatever else a compared claim says, the publisher is not chosen."""
    same = isinstance(value, str) and value.lower() == str(claims()[name]).lower()

    assert same or select([PYPI], claims(**{name: value})).publisher is None


@given(
    st.dictionaries(
        st.sampled_from(sorted(claims())),
        st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())),
    )
)
@settings(deadline=None)
def test_any_claims_are_judged(bent: dict[str, object]) -> None:
    """No claims make the choice fail in another way than by a reason."""
    choice = select([PYPI, ANY], claims() | bent)

    assert bool(choice.reason) == (choice.publisher is None)


@pytest.mark.parametrize(
    ("rules", "bent", "accepted"),
    [
        (Rules(deny_risky_events=True), {"event_name": "push"}, True),
        (Rules(deny_risky_events=True), {"event_name": "workflow_run"}, False),
        (Rules(deny_risky_events=True), {"event_name": "issue_comment"}, False),
        (Rules(require_environment=True), {"environment": "anything"}, True),
        (Rules(require_environment=True), {"environment": ""}, False),
        (Rules(require_environment=True), {"environment": ...}, False),
        (Rules(require_environment=True), {"environment": 5}, False),
        (Rules(require_protected_ref=True), {"ref_protected": "true"}, True),
        (Rules(require_protected_ref=True), {"ref_protected": "false"}, False),
        (Rules(require_protected_ref=True), {"ref_protected": True}, False),
        (Rules(require_protected_ref=True), {"ref_protected": ...}, False),
        (Rules(require_hosted_runner=True), {"runner_environment": "github-hosted"}, True),
        (Rules(require_hosted_runner=True), {"runner_environment": "self-hosted"}, False),
        (Rules(require_hosted_runner=True), {"runner_environment": ...}, False),
        (STRICT, {"event_name": "release"}, True),
        (STRICT, {"event_name": "workflow_run"}, False),
        (STRICT, {"ref_protected": "false", "runner_environment": "self-hosted"}, True),
    ],
)
def test_rules_beyond_pypis(rules: Rules, bent: dict[str, object], *, accepted: bool) -> None:
    """Each rule refuses what it is for, and nothing else; by PyPI's rules all of it is taken."""
    assert (select([ANY], claims(**bent), rules=rules).publisher is ANY) is accepted
    assert select([ANY], claims(**bent), rules=PYPI_RULES).publisher is ANY


def test_a_stricter_rule_says_that_it_is_ours() -> None:
    """A refusal that PyPI would not make says so, and names the claim."""
    choice = select([ANY], claims(), rules=Rules(require_protected_ref=True))

    (mismatch,) = choice.mismatches
    assert (mismatch.claim, mismatch.expected, mismatch.got) == ("ref_protected", "true", "false")
    assert "stricter than PyPI" in mismatch.how


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"repository": "octo/gadget"},
        {"repository": "new/widget"},
        {"repository": "new/widget", "repository_owner_id": "6"},
        {"repository": "Octo/WIDGET", "repository_owner_id": ...},
    ],
)
def test_github_near_misses_are_filed_together(bent: dict[str, object]) -> None:
    """A repository that was renamed, moved or spelt otherwise shares a source; a match shares the first."""
    sources = PROVIDER.sources_of(claims(**bent))

    assert set(sources) & set(PYPI.sources())
    assert bent or sources[0] == PYPI.sources()[0]


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"environment": "", "job_workflow_ref": "x", "event_name": "pull_request"}, True),
        ({"repository": "Octo/Widget"}, True),
        ({"repository_owner_id": "6"}, False),
        ({"repository_owner_id": 5001}, False),
        ({"repository_owner_id": ...}, False),
        ({"repository": "octo/gadget"}, False),
        ({"repository": ["octo/widget"]}, False),
        ({"iss": ISSUER + "/octo"}, False),
    ],
)
def test_whom_github_refusals_are_explained_to(bent: dict[str, object], *, same: bool) -> None:
    """A forged owner with the right name is a stranger, and so is another repository of the owner."""
    assert PROVIDER.same_source(PYPI, claims(**bent)) is same

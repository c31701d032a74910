import pytest

from bonded.publishers import PYPI, STRICT, InvalidPublisher, Rules, from_fields, select
from bonded.publishers.forgejo import ALLOWED_EVENTS, FORM, PROVIDER, REQUIRED_CLAIMS
from claims_builder import REF, SHA
from claims_forgejo import WORKFLOW, claims, publisher

PATH = f"octo/widget/{WORKFLOW}"
GOOD = publisher().to_fields()


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"workflow_ref": f"{PATH}@{SHA}"},
        {"ref": "", "workflow_ref": f"{PATH}@{SHA}"},
        {"ref": "refs/heads/a@b.yml", "workflow_ref": f"{PATH}@refs/heads/a@b.yml"},
        {"job_workflow_ref": f"{PATH}@{REF}"},
        {"job_workflow_ref": None},
        {"environment": "anything"},
        {"sub": ..., "jti": ..., "actor": 5, "ref_protected": "false"},
        *({"event_name": name} for name in sorted(ALLOWED_EVENTS)),
    ],
)
def test_forgejo_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """What is compared is equal; what Forgejo does not say may be absent."""
    for rules in (PYPI, STRICT):
        assert select([publisher()], claims(**bent), rules=rules).publisher == publisher()


def failed(claim: str) -> str:
    """Return the text for a claim that fails."""
    return f"Check failed for required claim '{claim}'"


CALLED = "Check failed for optional claim 'job_workflow_ref'"
NOT_FOUND = "Publisher with matching claims was not found"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        ({"repository": "octo/gadget"}, NOT_FOUND),
        ({"repository": "Octo/widget"}, NOT_FOUND),
        ({"repository": 5}, NOT_FOUND),
        ({"repository_owner": "Octo"}, failed("repository_owner")),
        ({"repository_owner_id": "octo"}, failed("repository_owner_id")),
        ({"repository_owner_id": 31}, failed("repository_owner_id")),
        ({"repository_owner_id": "031"}, failed("repository_owner_id")),
        *(({"repository_id": value}, failed("repository_id")) for value in (41, "", True, ["41"])),
        ({"workflow_ref": ""}, failed("workflow_ref")),
        ({"workflow_ref": PATH}, failed("workflow_ref")),
        ({"workflow_ref": f"{PATH}@"}, failed("workflow_ref")),
        ({"workflow_ref": f"{PATH}@refs/heads/main"}, failed("workflow_ref")),
        ({"workflow_ref": f"evil/x/{WORKFLOW}@{REF}"}, failed("workflow_ref")),
        ({"workflow_ref": f"{PATH.replace('forgejo', 'github')}@{REF}"}, failed("workflow_ref")),
        ({"ref": "", "sha": ""}, failed("workflow_ref")),
        ({"ref": "", "sha": "", "workflow_ref": f"{PATH}@"}, failed("workflow_ref")),
        ({"job_workflow_ref": f"evil/x/{WORKFLOW}@{REF}"}, CALLED),
        ({"job_workflow_ref": ""}, CALLED),
        ({"job_workflow_ref": ["x"]}, CALLED),
        ({"event_name": "pull_request"}, "invoked via 'pull_request' is not supported"),
        ({"event_name": "pull_request_target"}, "'pull_request_target' is not supported"),
        ({"event_name": "issue_comment"}, "'issue_comment' is not supported"),
        ({"event_name": "something_new"}, "'something_new' is not supported"),
        ({"event_name": ""}, "'' is not supported"),
        ({"event_name": 5}, failed("event_name")),
    ],
)
def test_forgejo_claims_that_are_refused(bent: dict[str, object], reason: str) -> None:
    """Each claim that does not say what it must is named, and an unknown event is not taken."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert reason in choice.reason


ANY = publisher()
DEPLOY = publisher(environment="Deploy")


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [("Deploy", DEPLOY), ("deploy", ANY), ("", ANY), (..., ANY), (["Deploy"], ANY)],
)
def test_an_environment_is_compared_to_the_letter(environment: object, chosen: object) -> None:
    """A publisher with an environment takes tokens that say it and no others, and comes before one without."""
    assert select([ANY, DEPLOY], claims(environment=environment)).publisher is chosen
    assert (select([DEPLOY], claims(environment=environment)).publisher is None) == (chosen is ANY)


@pytest.mark.parametrize(
    ("protected", "chosen"), [("true", True), ("false", False), (True, False), (..., False)]
)
def test_a_protected_ref_can_be_demanded(protected: object, *, chosen: bool) -> None:
    """The rule asks for the text that Forgejo writes; without the rule it does not matter."""
    given = claims(ref_protected=protected)

    rules = Rules(require_protected_ref=True)
    assert (select([ANY], given, rules=rules).publisher is ANY) is chosen
    assert select([ANY], given).publisher is ANY


def test_rules_without_a_claim_are_left_out() -> None:
    """Environments and hosted machines are no claims of Forgejo."""
    rules = Rules(require_environment=True, require_hosted_runner=True)

    assert select([ANY], claims(), rules=rules).publisher is ANY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer_url", ""),
        ("issuer_url", "https://gitlab.com/api/actions"),
        ("issuer_url", "https://token.actions.githubusercontent.com/octo"),
        ("issuer_url", "https://git.acme.example/api/actions/"),
        ("repository_owner", "-octo"),
        ("repository_owner", "octo/widget"),
        ("repository_owner", "octo*"),
        ("repository_owner_id", ""),
        ("repository_owner_id", "octo"),
        ("repository_name", ".."),
        ("repository_name", "*"),
        ("repository_name", "a b"),
        ("workflow_filepath", "release.yml"),
        ("workflow_filepath", ".forgejo/workflows/../../x.yml"),
        ("workflow_filepath", ".forgejo/workflows/a\nb.yml"),
        ("workflow_filepath", ".gitlab/workflows/x.yml"),
        ("environment", " x"),
    ],
)
def test_forgejo_fields_that_are_refused(field: str, value: str) -> None:
    """A field that cannot be is named, and only that."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("forgejo", GOOD | {field: value})
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_forgejo_publisher_says_what_it_is() -> None:
    """Fields, form, title and pages come from its data; no attestation is expected."""
    assert list(GOOD) == [field.name for field in FORM]
    assert DEPLOY.form_values() == {"provider": "forgejo", **GOOD, "environment": "Deploy"}
    assert DEPLOY.title == f"{WORKFLOW} of octo/widget on git.acme.example in environment Deploy"
    assert [(link.label, link.url) for link in ANY.links()] == [
        ("repository", "https://git.acme.example/octo/widget"),
        ("actions", "https://git.acme.example/octo/widget/actions"),
    ]
    assert publisher(issuer_url="https://id.acme.example").links() == ()
    assert ANY.certificate_facts(claims()) == ()


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"workflow_ref": "x"}, True),
        ({"repository_owner_id": "32"}, False),
        ({"repository": "octo/gadget"}, False),
        ({"repository": "Octo/widget"}, False),
        ({"iss": "https://git.evil.example/api/actions"}, False),
    ],
)
def test_whom_forgejo_refusals_are_explained_to(bent: dict[str, object], *, same: bool) -> None:
    """A forged owner with the right name, or the same names on another server, is a stranger."""
    assert PROVIDER.same_source(ANY, claims(**bent)) is same


def test_forgejo_near_misses_are_filed_together() -> None:
    """A repository that moved or was renamed still shares a source with its publisher."""
    for moved in ({"repository": "octo/gadget"}, {"repository": "new/widget"}):
        assert set(PROVIDER.sources_of(claims(**moved))) & set(ANY.sources())

import pytest

from bonded.publishers import STRICT, InvalidPublisher, Rules, from_fields, select
from bonded.publishers.circleci import FORM, ISSUER, PROVIDER, REQUIRED_CLAIMS
from bonded.publishers.providers import provider_of_issuer
from claims_circleci import CONTEXT, DEFINITION, ORG, ORIGIN, OTHER, PROJECT, claims, publisher

GOOD = publisher().to_fields()
ALL_RULES = Rules(
    pin_ids=True,
    deny_risky_events=True,
    require_environment=True,
    require_protected_ref=True,
    require_hosted_runner=True,
)


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"vcs-ref": "refs/tags/v2"},
        {"context-ids": [CONTEXT]},
        {"context-ids": (CONTEXT, OTHER)},
        {"sub": ..., "job-id": 5, "jti": "anything"},
    ],
)
def test_circleci_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """Ids and repository are equal, the ref is one that the star stands for, the context is among the job's."""
    for rules in (Rules(), STRICT, ALL_RULES):
        assert select([publisher()], claims(**bent), rules=rules).publisher == publisher()


def failed(claim: str, needed: str = "required") -> str:
    """Return the text for a claim that fails."""
    return f"Check failed for {needed} claim 'oidc.circleci.com/{claim}'"


NOT_FOUND = "Publisher with matching claims was not found"
REF, USED = failed("vcs-ref", "optional"), failed("context-ids", "optional")


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        ({"project-id": OTHER}, NOT_FOUND),
        ({"project-id": PROJECT.upper()}, NOT_FOUND),
        ({"project-id": [PROJECT]}, NOT_FOUND),
        ({"org-id": OTHER}, failed("org-id")),
        ({"org-id": ORG.upper()}, failed("org-id")),
        ({"pipeline-definition-id": OTHER}, failed("pipeline-definition-id")),
        ({"vcs-origin": "github.com/fork/widget"}, failed("vcs-origin")),
        ({"vcs-origin": "github.com/Octo/widget"}, failed("vcs-origin")),
        ({"vcs-origin": f"https://{ORIGIN}"}, failed("vcs-origin")),
        ({"ssh-rerun": True}, "Publishing from a job that was rerun with SSH is not supported."),
        ({"ssh-rerun": "false"}, failed("ssh-rerun")),
        ({"ssh-rerun": 0}, failed("ssh-rerun")),
        ({"ssh-rerun": ""}, failed("ssh-rerun")),
        ({"ssh-rerun": [False]}, failed("ssh-rerun")),
        ({"vcs-ref": "refs/heads/main"}, REF),
        ({"vcs-ref": "refs/tags/v1/x"}, REF),
        ({"vcs-ref": "refs/tags/"}, REF),
        ({"vcs-ref": ...}, REF),
        ({"vcs-ref": 5}, REF),
        ({"context-ids": []}, USED),
        ({"context-ids": [OTHER]}, USED),
        ({"context-ids": CONTEXT}, USED),
        ({"context-ids": [CONTEXT, 5]}, USED),
        ({"context-ids": [f"{OTHER} {CONTEXT}"]}, USED),
        ({"context-ids": ...}, USED),
        ({"iss": ISSUER}, NOT_FOUND),
        ({"iss": f"{ISSUER}/org/{OTHER}"}, NOT_FOUND),
        ({"iss": f"{ISSUER}/org/{ORG}/"}, "unknown trusted publishing issuer"),
        ({"iss": f"{ISSUER}/org/{ORG.upper()}"}, "unknown trusted publishing issuer"),
    ],
)
def test_circleci_claims_that_are_refused(bent: dict[str, object], reason: str) -> None:
    """A fork, a job that a person steered, another ref or another context is refused, and the claim is named."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert reason in choice.reason


def test_empty_fields_are_not_compared() -> None:
    """Without ref and contexts every job of the definition may publish; with them a publisher comes first."""
    anyone = publisher(vcs_ref="", context_ids="")
    bent = claims(**{"vcs-ref": ..., "context-ids": ...})

    assert select([anyone], bent).publisher is anyone
    assert select([anyone, publisher()], bent).publisher is anyone
    assert select([anyone, publisher()], claims()).publisher == publisher()


def test_all_contexts_are_demanded() -> None:
    """Several contexts are written in any order and must all be used."""
    made = from_fields("circleci", GOOD | {"context_ids": f"{OTHER.upper()},\n {CONTEXT}"})

    assert made.to_fields()["context_ids"] == f"{CONTEXT} {OTHER}"
    assert select([made], claims()).publisher is made
    assert select([made], claims(**{"context-ids": [CONTEXT]})).publisher is None


def test_the_shared_issuer_is_another_issuer() -> None:
    """A publisher takes tokens of its organisation's issuer, or of the shared one, never of both."""
    shared = publisher(issuer_url=ISSUER)

    assert (publisher().issuer, shared.issuer) == (f"{ISSUER}/org/{ORG}", ISSUER)
    assert select([publisher(), shared], claims(iss=ISSUER)).publisher is shared
    assert select([shared], claims()).publisher is None
    for issuer in (ISSUER, f"{ISSUER}/org/{OTHER}"):
        assert provider_of_issuer(issuer) is PROVIDER


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization_id", ""),
        ("organization_id", "octo"),
        ("project_id", PROJECT[:-1]),
        ("project_id", "*"),
        ("pipeline_definition_id", f"{DEFINITION}\n{DEFINITION}"),
        ("vcs_origin", ""),
        ("vcs_origin", "https://github.com/octo/widget"),
        ("vcs_origin", "github.com/octo"),
        ("vcs_origin", "github.com/octo/*"),
        ("vcs_ref", "main"),
        ("vcs_ref", "refs/*/*/*/*"),
        ("vcs_ref", "*"),
        ("vcs_ref", "refs/heads/a b"),
        ("context_ids", "release"),
        ("issuer_url", f"{ISSUER}/"),
        ("issuer_url", f"{ISSUER}/org/{ORG}"),
        ("issuer_url", "https://ci.acme.example"),
    ],
)
def test_circleci_fields_that_are_refused(field: str, value: str) -> None:
    """A field that cannot be is named, and only that."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("circleci", GOOD | {field: value})
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_circleci_publisher_says_what_it_is() -> None:
    """Fields, form, title and page come from its data."""
    assert list(GOOD) == [field.name for field in FORM]
    assert publisher().form_values() == {"provider": "circleci", **GOOD}
    assert publisher().title == f"pipeline definition {DEFINITION} of {ORIGIN} at refs/tags/v*"
    assert publisher(vcs_ref="").title == f"pipeline definition {DEFINITION} of {ORIGIN}"
    assert [link.url for link in publisher().links()] == [f"https://{ORIGIN}"]
    assert publisher().specificity == 2


def test_what_a_circleci_certificate_must_say() -> None:
    """Sigstore's certificates name issuer, pipeline definition and repository."""
    issuer, signer, source = publisher().certificate_facts(claims())

    assert issuer.accepted == (f"{ISSUER}/org/{ORG}",)
    assert signer.accepted == (
        f"https://circleci.com/api/v2/projects/{PROJECT}/pipeline-definitions/{DEFINITION}",
    )
    assert source.accepted == (ORIGIN,)


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"ssh-rerun": True, "vcs-ref": "refs/heads/x"}, True),
        ({"vcs-origin": "github.com/fork/widget"}, False),
        ({"org-id": OTHER}, False),
        ({"project-id": OTHER}, False),
        ({"iss": ISSUER}, False),
    ],
)
def test_whom_circleci_refusals_are_explained_to(bent: dict[str, object], *, same: bool) -> None:
    """A fork's build is of the same project, and yet a stranger's."""
    assert PROVIDER.same_source(publisher(), claims(**bent)) is same


def test_circleci_near_misses_are_filed_together() -> None:
    """Another project of the organisation shares a source with the publisher."""
    moved = PROVIDER.sources_of(claims(**{"project-id": OTHER}))

    assert set(moved) & set(publisher().sources())

import doctest

import pytest

import bonded.publishers
from bonded.publishers import InvalidPublisher, Publisher, from_fields, select
from bonded.publishers.providers import (
    PROVIDERS,
    provider_like,
    provider_of_issuer,
    provider_of_kind,
)
from claims_kinds import KINDS, Kind

FIELDS = {
    "github": (
        "repository_owner",
        "repository_owner_id",
        "repository_name",
        "workflow_filename",
        "environment",
    ),
    "gitlab": ("namespace", "project", "workflow_filepath", "environment", "issuer_url"),
    "google": ("email", "sub"),
    "activestate": ("organization", "project", "actor", "actor_id"),
}

REQUIRED = {
    "github": {
        "repository",
        "repository_owner",
        "repository_owner_id",
        "job_workflow_ref",
        "jti",
        "event_name",
        "ref",
        "sha",
    },
    "gitlab": {"sub", "project_path", "ci_config_ref_uri", "jti", "ref_path", "sha"},
    "google": {"email", "email_verified"},
    "activestate": {"sub", "organization", "project", "actor_id", "builder"},
}

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def faults(kind: str, fields: dict[str, object]) -> dict[str, str]:
    """Return what is wrong with fields, by field."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields(kind, fields)
    return {fault.field: fault.message for fault in caught.value.faults}


def test_the_examples_in_the_documentation_run() -> None:
    """What the docstrings show is what happens."""
    outcome = doctest.testmod(bonded.publishers)

    assert (outcome.failed, outcome.attempted > 0) == (0, True)


@pytest.mark.parametrize(("kind", "names"), FIELDS.items())
def test_the_stored_fields(kind: str, names: tuple[str, ...]) -> None:
    """The names under which a publisher is stored are PyPI's, and stay."""
    assert tuple(KINDS[kind].narrow.to_fields()) == names
    assert tuple(field.name for field in KINDS[kind].provider.form) == names


@pytest.mark.parametrize(("kind", "claims"), REQUIRED.items())
def test_the_required_claims(kind: str, claims: set[str]) -> None:
    """The claims without which PyPI looks nothing up, and no others; Google and ActiveState give no `jti`."""
    assert set(KINDS[kind].provider.required_claims) == claims


@every_kind
def test_a_publisher_is_made_of_its_fields(kind: Kind) -> None:
    """What was stored comes back as the same publisher, the narrow one and the wide one."""
    for one in (kind.narrow, kind.wide):
        assert from_fields(one.kind, one.to_fields()) == one


@every_kind
def test_an_empty_text_is_not_set(kind: Kind) -> None:
    """A field that is left out and one that is empty are the same, whether it is required or not."""
    fields = kind.narrow.to_fields()
    for field in kind.provider.form:
        left_out = {name: text for name, text in fields.items() if name != field.name}
        empty: dict[str, object] = {**fields, field.name: ""}
        if field.required:
            assert faults(kind.narrow.kind, empty) == {field.name: "is required"}
            assert faults(kind.narrow.kind, {**left_out}) == {field.name: "is required"}
        else:
            assert from_fields(kind.narrow.kind, empty) == from_fields(kind.narrow.kind, left_out)


@every_kind
def test_every_fault_is_named_at_once(kind: Kind) -> None:
    """One error lists every field: those that are missing, those that are no texts, and those that nobody knows."""
    missing = {field.name for field in kind.provider.form if field.required}
    wrong: dict[str, object] = dict.fromkeys(kind.narrow.to_fields(), 5)

    assert faults(kind.narrow.kind, {"colour": "red"}).keys() == {"colour", *missing}
    assert faults(kind.narrow.kind, wrong | {"colour": "red"}).keys() == {"colour", *wrong}
    assert faults(kind.narrow.kind, wrong)[kind.provider.form[0].name] == "is not a text: 5"


def test_unknown_kinds_are_refused() -> None:
    """A kind is known by its short name only."""
    for kind in ("GitLab", "", "gitlab.com"):
        assert faults(kind, {}) == {"kind": f"{kind!r} is not known"}


@every_kind
def test_who_is_chosen_and_who_is_not(kind: Kind) -> None:
    """A choice has a publisher and nothing to mend, or no publisher, a reason and the mismatches of the nearest."""
    chosen = select([kind.narrow], kind.claims())
    check = kind.narrow.checks()[0]
    refused = select([kind.narrow], kind.claims(**{check.claim: "x"}))

    assert (chosen.publisher, chosen.reason, chosen.mismatches) == (kind.narrow, "", ())
    assert refused.publisher is None
    assert refused.reason
    assert [(miss.claim, miss.expected, miss.got, miss.how) for miss in refused.mismatches[:1]] == [
        (check.claim, check.expected, "x", check.how)
    ]


@every_kind
def test_what_every_publisher_can_say(kind: Kind) -> None:
    """Kind, issuer, title, links and the form's values are there for every service, whatever is written about it."""
    one: Publisher = kind.narrow
    typed = {field.form_name for field in kind.provider.form if field.form_name}

    assert provider_of_kind(one.kind) is provider_of_issuer(one.issuer) is kind.provider
    assert kind.provider.on_pypi
    assert one.form_values().keys() == {"provider", *typed}
    assert one.form_values()["provider"] == one.kind
    assert one.title
    assert all(link.label and link.url.startswith("https://") for link in one.links())
    assert all(fact.accepted for fact in one.certificate_facts(kind.claims()))
    assert one.specificity >= kind.wide.specificity
    assert {check.claim for check in one.checks() if check.required} <= {
        *kind.provider.required_claims
    }


def test_pypi_knows_four_services() -> None:
    """A publisher for PyPI is of one of these kinds, with these issuers, without a slash at the end."""
    assert {one.kind: one.issuer for one in PROVIDERS if one.on_pypi} == {
        "github": "https://token.actions.githubusercontent.com",
        "gitlab": "https://gitlab.com",
        "google": "https://accounts.google.com",
        "activestate": "https://platform.activestate.com/api/v1/oauth/oidc",
    }


@pytest.mark.parametrize(
    ("issuer", "kind"),
    [
        ("https://gitlab.com", "gitlab"),
        ("https://GitLab.com", "gitlab"),
        ("https://gitlab.com/", "gitlab"),
        ("https://gitlab.com:443", "gitlab"),
        ("https://gitlab.com.", "gitlab"),
        ("https://platform.activestate.com/API/v1/oauth/oidc/", "activestate"),
        ("https://platform.activestate.com", None),
        ("https://gitlab.com.acme.example", None),
        ("http://gitlab.com", None),
        ("gitlab.com", None),
        ("", None),
    ],
)
def test_issuers_that_only_look_like_a_services_own(issuer: str, kind: str | None) -> None:
    """Another spelling of a service's issuer is known for what it is, and belongs to nobody else."""
    owner = provider_like(issuer)

    assert (owner.kind if owner else None) == kind
    if owner is None:
        return
    for provider in PROVIDERS:
        fault = bonded.publishers._issuer_fault(provider, issuer)
        assert (fault == "") == (owner is provider and owner.issuer == issuer)


@every_kind
def test_bytes_that_are_no_utf8_are_no_field(kind: Kind) -> None:
    """A command line hands them on as halves of a pair, which no database takes; every field says so."""
    for field in kind.provider.form:
        fields: dict[str, object] = {**kind.narrow.to_fields(), field.name: "a\udcff.yml"}

        assert "\\udcff" in faults(kind.narrow.kind, fields)[field.name]

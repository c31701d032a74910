import pytest

from bonded.publishers import STRICT, InvalidPublisher, Rules, from_fields, select
from bonded.publishers.ghes import FORM, PROVIDER, REQUIRED_CLAIMS
from bonded.publishers.github import ISSUER as GITHUB
from claims_builder import REF, SHA
from claims_ghes import ISSUER, claims, publisher

PATH = "octo/widget/.github/workflows/release.yml"
GOOD = publisher().to_fields()


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"job_workflow_ref": f"{PATH}@{SHA}"},
        {"environment": "PyPI"},
        {"event_name": "release"},
        {"sub": ..., "actor": 5, "repository_id": "9"},
    ],
)
def test_claims_of_a_server_that_are_accepted(bent: dict[str, object]) -> None:
    """A server's claims are held against GitHub's checks."""
    for rules in (Rules(), STRICT):
        assert select([publisher()], claims(**bent), rules=rules).publisher == publisher()


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"repository": "octo/gadget"}, "Publisher with matching claims was not found"),
        ({"repository": "Octo/widget"}, "Publisher with matching claims was not found"),
        ({"repository_owner_id": "5002"}, "Publisher with matching claims was not found"),
        ({"environment": "other"}, "Publisher with matching claims was not found"),
        ({"repository_owner": "other"}, "required claim 'repository_owner'"),
        ({"job_workflow_ref": f"{PATH}@refs/heads/x"}, "job_workflow_ref claim does not match"),
        ({"event_name": "pull_request_target"}, "'pull_request_target' is not supported"),
        ({"event_name": "workflow_run"}, "'workflow_run' is not supported"),
        ({"event_name": "issue_comment"}, "'issue_comment' is not supported"),
        ({"jti": ""}, "required claim 'jti'"),
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        ({"iss": GITHUB}, "Publisher with matching claims was not found"),
        ({"iss": f"{GITHUB}/octo"}, "unknown trusted publishing issuer"),
        ({"iss": f"{ISSUER}/"}, "unknown trusted publishing issuer"),
        ({"iss": ISSUER.upper()}, "unknown trusted publishing issuer"),
        ({"iss": ["x"]}, "unknown trusted publishing issuer"),
    ],
)
def test_claims_of_a_server_that_are_refused(bent: dict[str, object], reason: str) -> None:
    """Beside GitHub's checks, the repository's id is demanded, and runs that strangers start are always refused."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert reason in choice.reason


def test_the_repository_id_is_demanded() -> None:
    """Both ids that outlive a rename are in every token, so that they can be pinned."""
    assert set(PROVIDER.immutable_claims) <= set(REQUIRED_CLAIMS)


@pytest.mark.parametrize("number", [7001, "", True, ["7001"]])
def test_an_id_that_cannot_be_pinned_is_refused(number: object) -> None:
    """A number or nothing in place of the text would leave the repository without a pin, and nobody would notice."""
    found = select([publisher()], claims(repository_id=number))

    assert found.reason == "Check failed for required claim 'repository_id'"


@pytest.mark.parametrize(
    ("issuer", "server"),
    [
        ("https://ghe.acme.example/_services/token", "https://ghe.acme.example"),
        ("https://ghe.acme.example:8443/_services/token", "https://ghe.acme.example:8443"),
        (f"{GITHUB}/octo-corp", "https://github.com"),
        ("https://token.actions.octocorp.ghe.com", "https://octocorp.ghe.com"),
        ("https://token.actions.octocorp.ghe.com/octocorp", "https://octocorp.ghe.com"),
    ],
)
def test_issuers_of_ones_own(issuer: str, server: str) -> None:
    """The three documented forms are taken, and pages lie below the server that each belongs to."""
    made = from_fields("ghes", GOOD | {"issuer_url": f" {issuer} "})

    assert made.issuer == issuer
    assert made.links()[0].url == f"{server}/octo/widget"
    assert select([made], claims(iss=issuer)).publisher == made


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        GITHUB,
        f"{GITHUB}/",
        f"{GITHUB}/octo/",
        f"{GITHUB}/octo/widget",
        f"{GITHUB}/_services/token",
        f"{GITHUB}//octo",
        f"{GITHUB}/{'o' * 400}",
        GITHUB.replace("token", "Token") + "/octo",
        "https://gitlab.com/_services/token",
        "https://GitLab.com/_services/token",
        "https://ghe.acme.example",
        "https://ghe.acme.example/_services/token/",
        "https://ghe.acme.example/_services/token?x",
        "https://ghe.acme.example:443/_services/token",
        "https://GHE.acme.example/_services/token",
        "http://ghe.acme.example/_services/token",
        "https://me@ghe.acme.example/_services/token",
        "https://ghe.acme.example/x/_services/token",
        "https://token.actions.octo.ghe.com.evil.example",
        "ghe.acme.example/_services/token",
    ],
)
def test_issuers_that_are_none_of_ones_own(issuer: str) -> None:
    """GitHub's own issuer, other services' hosts, and anything in another spelling are refused."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("ghes", GOOD | {"issuer_url": issuer})
    assert [fault.field for fault in caught.value.faults] == ["issuer_url"]


def test_names_of_managed_users() -> None:
    """An underscore may be in an owner's name, as the names of managed users have it."""
    made = from_fields("ghes", GOOD | {"repository_owner": "octo_corp"})

    assert made.to_fields()["repository_owner"] == "octo_corp"


def test_a_server_publisher_says_what_it_is() -> None:
    """Fields, form and title name the server; no attestation is expected."""
    assert publisher().form_values() == {"provider": "ghes", **GOOD}
    assert set(GOOD) == {field.name for field in FORM}
    assert publisher().title == "release.yml of octo/widget on ghe.acme.example in environment pypi"
    assert publisher(environment="").title == "release.yml of octo/widget on ghe.acme.example"
    assert publisher().certificate_facts({"ref": REF, "sha": SHA}) == ()


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({}, True),
        ({"job_workflow_ref": "x", "environment": ""}, True),
        ({"repository_owner_id": "6"}, False),
        ({"repository": "octo/gadget"}, False),
        ({"iss": "https://ghe.evil.example/_services/token"}, False),
    ],
)
def test_who_is_told_why(bent: dict[str, object], *, same: bool) -> None:
    """A repository of the same name and number on another server, or of another owner, is a stranger's."""
    assert PROVIDER.same_source(publisher(), claims(**bent)) is same

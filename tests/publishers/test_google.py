import pytest

from bonded.publishers import InvalidPublisher, from_fields, judge, select
from bonded.publishers.google import FORM, ISSUER, PROVIDER, REQUIRED_CLAIMS, GooglePublisher
from bonded.publishers.rule import CertificateFact
from claims_google import EMAIL, SUBJECT, claims, publisher

NOT_FOUND = "Publisher with matching claims was not found"


@pytest.mark.parametrize(
    "bent",
    [{}, {"azp": ..., "google": None}, {"jti": ...}, {"jti": 5}, {"hd": "acme.example"}],
)
def test_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """Address and subject are all that is compared; Google's tokens need no `jti`."""
    assert select([publisher()], claims(**bent)).publisher == publisher()


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"email": EMAIL.title()}, "Check failed for required claim 'email'"),
        ({"email": f" {EMAIL}"}, "Check failed for required claim 'email'"),
        ({"email": ""}, "Check failed for required claim 'email'"),
        ({"email": [EMAIL]}, "Check failed for required claim 'email'"),
        ({"email_verified": False}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": ""}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": "true"}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": "True"}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": 1}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": 1.0}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": [True]}, "Check failed for required claim 'email_verified'"),
        ({"email_verified": {}}, "Check failed for required claim 'email_verified'"),
        ({"sub": "77"}, "Check failed for optional claim 'sub'"),
        ({"sub": ""}, "Check failed for optional claim 'sub'"),
        ({"sub": ...}, "Check failed for optional claim 'sub'"),
        ({"sub": int(SUBJECT)}, "Check failed for optional claim 'sub'"),
    ],
)
def test_claims_that_fail_a_check(bent: dict[str, object], reason: str) -> None:
    """Each check refuses in PyPI's words; verified is the boolean, and nothing that is equal to it elsewhere."""
    assert judge(publisher(), claims(**bent)).reason == reason
    assert select([publisher()], claims(**bent)).publisher is None


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"email": "other@acme.example"}, NOT_FOUND),
        ({"email": EMAIL.upper()}, NOT_FOUND),
        ({"email": 5}, NOT_FOUND),
        ({"sub": "77"}, NOT_FOUND),
        ({"sub": 5}, NOT_FOUND),
        ({"email_verified": False}, "Check failed for required claim 'email_verified'"),
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
    ],
)
def test_claims_that_no_publisher_is_found_for(bent: dict[str, object], reason: str) -> None:
    """The look-up refuses in PyPI's words, and the nearest publisher tells what to mend."""
    choice = select([publisher()], claims(**bent))

    assert choice.publisher is None
    assert choice.reason == reason
    assert choice.mismatches


def test_what_came_is_shown_as_it_came() -> None:
    """A text that looks like the boolean keeps its quotes in the refusal."""
    (mismatch,) = judge(publisher(), claims(email_verified="true")).mismatches

    assert (mismatch.expected, mismatch.got) == ("true", '"true"')


ANY = publisher(sub="")
HERE = publisher()
OTHER = publisher(sub="77")


@pytest.mark.parametrize(
    ("registered", "subject", "chosen"),
    [
        ((ANY, HERE), SUBJECT, HERE),
        ((HERE, ANY), SUBJECT, HERE),
        ((HERE, OTHER), "77", OTHER),
        ((HERE, ANY), "5", ANY),
        ((HERE, ANY), ..., ANY),
        ((HERE, ANY), None, ANY),
        ((HERE, OTHER), "5", None),
    ],
)
def test_the_most_specific_subject_wins(
    registered: tuple[GooglePublisher, ...], subject: object, chosen: GooglePublisher | None
) -> None:
    """A publisher of the token's subject comes first, one without is for all, one of another is never taken."""
    assert select(registered, claims(sub=subject)).publisher is chosen


GOOD = publisher().to_fields()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", "a@b.example"),
        ("email", "first.last+tag@sub.acme-tools.example"),
        ("email", "grüße@müller.example"),
        ("email", "Robot@Acme.example"),
        ("sub", ""),
        ("sub", "x" * 255),
    ],
)
def test_fields_that_are_taken(field: str, text: str) -> None:
    """An address stays as it is typed, letter case included, and a subject need not be a number."""
    assert from_fields("google", GOOD | {field: text}).to_fields()[field] == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "robot"),
        ("email", "robot@localhost"),
        ("email", "robot@acme..example"),
        ("email", "robot@-acme.example"),
        ("email", ".robot@acme.example"),
        ("email", "ro bot@acme.example"),
        ("email", "robot@acme@acme.example"),
        ("email", "robot@acme.example\n"),
        ("email", "a" * 250 + "@b.example"),
        ("email", None),
        ("sub", " "),
        ("sub", "1 2"),
        ("sub", "x" * 256),
        ("sub", 5),
    ],
)
def test_fields_that_are_refused(field: str, value: object) -> None:
    """A field that cannot be is named, and only that."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("google", GOOD | {field: value})

    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_publisher_says_what_it_is() -> None:
    """Fields, form and title of a publisher come from its data; an account has no page."""
    assert [field.name for field in FORM] == list(GOOD)
    assert HERE.form_values() == {"provider": "google", "email": EMAIL, "sub": SUBJECT}
    assert (HERE.kind, HERE.issuer, HERE.links()) == ("google", ISSUER, ())
    assert (ANY.specificity, HERE.specificity) == (0, 1)
    assert (ANY.title, HERE.title) == (EMAIL, f"{EMAIL}, subject {SUBJECT}")


def test_what_a_certificate_must_say() -> None:
    """An attestation's certificate names Google, in the extension that PyPI's policy reads, and the address."""
    assert HERE.certificate_facts(claims()) == (
        CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.1", accepted=(ISSUER,)),
        CertificateFact(name="email", oid="2.5.29.17", accepted=(EMAIL,)),
    )


@pytest.mark.parametrize(
    ("registered", "bent", "same"),
    [
        (HERE, {}, True),
        (HERE, {"email": "new@acme.example"}, True),
        (HERE, {"sub": "77"}, False),
        (HERE, {"sub": ...}, False),
        (ANY, {"sub": "77"}, True),
        (ANY, {"email_verified": False}, False),
        (ANY, {"email": "new@acme.example"}, False),
    ],
)
def test_whose_refusals_are_explained(
    registered: GooglePublisher, bent: dict[str, object], *, same: bool
) -> None:
    """A subject stays with the account; without one the verified address is all there is."""
    assert PROVIDER.same_source(registered, claims(**bent)) is same


def test_near_misses_are_filed_together() -> None:
    """An account whose address changed is filed where its old publisher is."""
    moved = PROVIDER.sources_of(claims(email="new@acme.example"))

    assert set(moved) & set(HERE.sources()) == {f"sub {SUBJECT}"}
    assert ANY.sources() == PROVIDER.sources_of(claims(sub=...)) == (f"email {EMAIL}",)


def test_the_keys_are_at_another_host() -> None:
    """Google's keys are not at the issuer's own host, so that host is named."""
    assert PROVIDER.jwks_hosts == {"www.googleapis.com"}

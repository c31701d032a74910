import pytest

from bonded.publishers import InvalidPublisher, from_fields, judge, select
from bonded.publishers.activestate import FORM, ISSUER, PROVIDER, REQUIRED_CLAIMS
from claims_activestate import ACTOR_ID, claims, publisher

NOT_FOUND = "Publisher with matching claims was not found"


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"sub": "org:Acme:project:widget:"},
        {"sub": "org:Acme:project:widget:anything:else"},
        {"actor": "renamed", "ingredient": ..., "project_id": 5},
        {"jti": ...},
    ],
)
def test_claims_that_are_accepted(bent: dict[str, object]) -> None:
    """What follows the fourth part of the subject, the user's name and a `jti` are not looked at."""
    assert select([publisher()], claims(**bent)).publisher == publisher()


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"sub": ""}, "Missing 'subject' claim"),
        ({"sub": 5}, "Missing 'subject' claim"),
        ({"sub": "org:Acme:project"}, "Invalid 'subject' claim. Wrong format"),
        ({"sub": "org:Acme"}, "Invalid 'subject' claim. Wrong format"),
        ({"sub": "widget"}, "Invalid 'subject' claim. Wrong format"),
        ({"sub": "org:Acme:project:gadget"}, "Invalid 'subject' claim"),
        ({"sub": "org:acme:project:widget"}, "Invalid 'subject' claim"),
        ({"sub": "org:Acme:project:widget2"}, "Invalid 'subject' claim"),
        ({"sub": "x:org:Acme:project:widget"}, "Invalid 'subject' claim"),
        ({"sub": ":::"}, "Invalid 'subject' claim"),
        ({"organization": "acme"}, "Check failed for required claim 'organization'"),
        ({"organization": ""}, "Check failed for required claim 'organization'"),
        ({"organization": ["Acme"]}, "Check failed for required claim 'organization'"),
        ({"project": "Widget"}, "Check failed for required claim 'project'"),
        ({"project": 5}, "Check failed for required claim 'project'"),
        ({"actor_id": "ada"}, "Check failed for required claim 'actor_id'"),
        ({"actor_id": ACTOR_ID.upper()}, "Check failed for required claim 'actor_id'"),
        ({"actor_id": 42}, "Check failed for required claim 'actor_id'"),
        ({"builder": "pypi-publisher2"}, "Check failed for required claim 'builder'"),
        ({"builder": "PyPI-publisher"}, "Check failed for required claim 'builder'"),
        ({"builder": ""}, "Check failed for required claim 'builder'"),
    ],
)
def test_claims_that_fail_a_check(bent: dict[str, object], reason: str) -> None:
    """Each check refuses in PyPI's words; nothing is compared without letter case."""
    assert judge(publisher(), claims(**bent)).reason == reason
    assert select([publisher()], claims(**bent)).publisher is None


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"organization": "acme"}, NOT_FOUND),
        ({"project": "gadget"}, NOT_FOUND),
        ({"actor_id": "ada"}, NOT_FOUND),
        ({"sub": "org:Acme:project:gadget"}, "Invalid 'subject' claim"),
        ({"builder": "camel"}, "Check failed for required claim 'builder'"),
        *(({name: ...}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
        *(({name: None}, f"Missing claim '{name}'") for name in REQUIRED_CLAIMS),
    ],
)
def test_claims_that_no_publisher_is_found_for(bent: dict[str, object], reason: str) -> None:
    """The look-up refuses in PyPI's words, and the nearest publisher tells what to mend."""
    choice = select([publisher(), publisher(actor_id="1")], claims(**bent))

    assert choice.publisher is None
    assert choice.reason == reason
    assert choice.mismatches


GOOD = publisher().to_fields()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("organization", "Acme Tools, Inc."),
        ("project", "a.b"),
        ("project", ".-."),
        ("project", "x" * 40),
        ("actor", "ada@acme.example"),
    ],
)
def test_fields_that_pypi_takes(field: str, text: str) -> None:
    """Odd values that PyPI's form takes are taken."""
    assert from_fields("activestate", GOOD | {field: text}).to_fields()[field] == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization", ""),
        ("organization", "a:b"),
        ("organization", "a/b"),
        ("organization", " Acme"),
        ("project", ""),
        ("project", "ab"),
        ("project", "x" * 41),
        ("project", "-abc"),
        ("project", "abc-"),
        ("project", "a--b"),
        ("project", "a_b"),
        ("project", "abc\n"),
        ("actor", ""),
        ("actor", "a\x00b"),
        ("actor_id", ""),
        ("actor_id", "4 2"),
        ("actor_id", 42),
    ],
)
def test_fields_that_are_refused(field: str, value: object) -> None:
    """A field that cannot be is named, and only that."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields("activestate", GOOD | {field: value})

    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_publisher_says_what_it_is() -> None:
    """Fields, form, link and title of a publisher come from its data; the id is not typed into the form."""
    one = publisher()

    assert [field.name for field in FORM] == list(GOOD)
    assert one.form_values() == {
        "provider": "activestate",
        "organization": "Acme",
        "project": "widget",
        "actor": "ada",
    }
    assert (one.kind, one.issuer, one.specificity) == ("activestate", ISSUER, 0)
    assert one.title == "Acme/widget by ada"
    assert [link.url for link in one.links()] == ["https://platform.activestate.com/Acme/widget"]


def test_no_certificate_can_speak_for_it() -> None:
    """ActiveState's identities cannot sign attestations."""
    assert publisher().certificate_facts(claims()) == ()


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({"project": "gadget"}, True),
        ({"organization": "Other"}, False),
        ({"actor_id": "1"}, False),
    ],
)
def test_whose_refusals_are_explained(bent: dict[str, object], *, same: bool) -> None:
    """A refusal is explained to the publisher's user at work for the publisher's organisation."""
    assert PROVIDER.same_source(publisher(), claims(**bent)) is same


def test_near_misses_are_filed_together() -> None:
    """Another project of the organisation and another project of the user are near."""
    elsewhere = PROVIDER.sources_of(claims(organization="Other", project="gadget"))
    sibling = PROVIDER.sources_of(claims(project="gadget", actor_id="1"))

    assert set(elsewhere) & set(publisher().sources()) == {f"actor {ACTOR_ID}"}
    assert set(sibling) & set(publisher().sources()) == {"organization acme"}

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.publishers import InvalidPublisher, from_fields, select
from bonded.publishers.github import ISSUER, GitHubPublisher
from bonded.publishers.providers import PROVIDERS, provider_of_issuer, provider_of_kind
from claims_builder import claims, publisher

GOOD = publisher().to_fields()


def faults(kind: str, fields: dict[str, object]) -> dict[str, str]:
    """Return what is wrong with fields, by field."""
    with pytest.raises(InvalidPublisher) as caught:
        from_fields(kind, fields)
    return {fault.field: fault.message for fault in caught.value.faults}


def test_a_publisher_is_made_of_its_fields() -> None:
    """What was stored comes back as the same publisher."""
    assert from_fields("github", GOOD) == publisher()
    assert from_fields("github", from_fields("github", GOOD).to_fields()) == publisher()


def test_fields_are_normalised_as_pypi_does() -> None:
    """Spaces around a file name go, an environment is in lower case, an absent one is empty."""
    made = from_fields(
        "github", GOOD | {"workflow_filename": " release.yml\n", "environment": "PyPI"}
    )
    without = from_fields("github", {name: GOOD[name] for name in GOOD if name != "environment"})

    assert made == publisher()
    assert without == publisher(environment="")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("repository_owner", "o"),
        ("repository_owner", "octo--cat-"),
        ("repository_name", ".."),
        ("repository_name", "a_b.c-d"),
        ("workflow_filename", ".yml"),
        ("workflow_filename", "a@b.yaml"),
        ("environment", "a b"),
        ("environment", "é" * 255),
        ("environment", "a/b"),
    ],
)
def test_fields_that_pypi_takes(field: str, text: str) -> None:
    """Odd values that PyPI's form takes are taken."""
    assert from_fields("github", GOOD | {field: text}).to_fields()[field] == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repository_owner", ""),
        ("repository_owner", "-octo"),
        ("repository_owner", "octo_cat"),
        ("repository_owner", "octo/widget"),
        ("repository_owner", "octo\n"),
        ("repository_owner", "öcto"),
        ("repository_owner_id", ""),
        ("repository_owner_id", "octo"),
        ("repository_owner_id", "-1"),
        ("repository_owner_id", "\u0661"),
        ("repository_owner_id", 5001),
        ("repository_name", ""),
        ("repository_name", "a/b"),
        ("repository_name", "a b"),
        ("workflow_filename", ""),
        ("workflow_filename", "release.YML"),
        ("workflow_filename", "release"),
        ("workflow_filename", ".github/workflows/release.yml"),
        ("workflow_filename", "a\x00.yml"),
        ("environment", " pypi"),
        ("environment", "pypi "),
        ("environment", "   "),
        ("environment", "a;b"),
        ("environment", "a\nb"),
        ("environment", "x" * 256),
        ("environment", None),
    ],
)
def test_fields_that_are_refused(field: str, value: object) -> None:
    """A field that cannot be is named, and only that."""
    assert list(faults("github", GOOD | {field: value})) == [field]


def test_every_fault_is_named_at_once() -> None:
    """Whoever fills in a form badly hears of all faults, unknown fields included."""
    fields: dict[str, object] = {"workflow_filename": "x", "environment": "a,b", "branch": "main"}

    assert faults("github", fields) == {
        "branch": "is no field of a GitHub publisher",
        "environment": "has no space at its ends, no control characters and none of ' \" ` , ; \\, got 'a,b'",
        "repository_name": "is required",
        "repository_owner": "is required",
        "repository_owner_id": "is required",
        "workflow_filename": "is a file name without '/' that ends in .yml or .yaml, got 'x'",
    }
    assert faults("gitea", fields) == {"kind": "'gitea' is not known"}


@given(st.fixed_dictionaries({name: st.text(max_size=12) for name in GOOD}))
@settings(deadline=None)
def test_any_fields_make_a_publisher_or_faults(fields: dict[str, str]) -> None:
    """No fields make the form fail in another way; what it accepts stays as it is."""
    try:
        made = from_fields("github", fields)
    except InvalidPublisher:
        return
    assert from_fields("github", made.to_fields()) == made


def test_only_publishers_of_the_issuer_are_looked_at() -> None:
    """Claims of an issuer that is not known, or a stranger's that say the same, open nothing."""
    for issuer in (ISSUER + "/octo", ISSUER + "/", "https://evil.example", None, 5, ...):
        choice = select([publisher()], claims(iss=issuer))

        assert choice.publisher is None
        assert choice.reason == "unknown trusted publishing issuer"
        assert choice.nearest is None
        assert choice.mismatches == ()


class Enterprise(GitHubPublisher):
    """A publisher with GitHub's fields and an issuer of its own."""

    @property
    def issuer(self) -> str:
        """Return an issuer that only looks like GitHub's."""
        return ISSUER + "/octo"


def test_a_publisher_of_another_issuer_never_matches() -> None:
    """A server of one's own with the same names is not GitHub, even if it was listed by mistake."""
    choice = select([Enterprise(**GOOD)], claims())

    assert choice.publisher is None
    assert choice.judgements == ()


def test_without_publishers_nothing_is_near() -> None:
    """Where none is registered there is a reason, and nothing to compare with."""
    choice = select([], claims())

    assert choice.reason == "Publisher with matching claims was not found"
    assert (choice.nearest, choice.mismatches) == (None, ())


def test_the_nearest_publisher_comes_first() -> None:
    """Nearest is whose first failing check comes last: the same repository before a stranger's."""
    stranger = publisher(repository_owner="evil", repository_owner_id="9")
    sibling = publisher(repository_name="gadget")
    renamed = publisher(workflow_filename="publish.yml")
    elsewhere = publisher(environment="staging")

    choice = select([stranger, sibling, renamed, elsewhere], claims())

    order = [judgement.publisher for judgement in choice.judgements]
    assert order == [elsewhere, renamed, sibling, stranger]
    assert [miss.claim for miss in choice.mismatches] == ["environment"]


def test_a_publisher_that_was_found_but_refused_comes_first() -> None:
    """The judgement that gave the reason is the first, and appears once."""
    one = publisher(environment="")
    choice = select([publisher(), one], claims(event_name="pull_request_target"))

    assert choice.nearest is not None
    assert choice.nearest.publisher == publisher()
    assert choice.reason == choice.nearest.reason
    assert len(choice.judgements) == 2


def test_every_provider_is_found_by_kind_and_issuer() -> None:
    """No two providers share a kind, or an issuer if they have one for all of their users."""
    owners = [one for one in PROVIDERS if one.issuer]

    assert len({one.kind for one in PROVIDERS}) == len(PROVIDERS)
    assert len({one.issuer for one in owners}) == len(owners)
    for one in PROVIDERS:
        assert provider_of_kind(one.kind) is one
        assert provider_of_issuer(one.issuer) is (one if one.issuer else None)

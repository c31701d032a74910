"""Identities are spelt one way, and say what a certificate must say."""

from typing import Any

import pytest

from attestation_world import GITHUB
from bonded.attestations.certificates import ARC, Signer, unmet
from bonded.attestations.identities import (
    Identity,
    expected_of,
    expected_of_identity,
    identity_of,
    identity_of_signer,
    parse_identity,
    publisher_of,
)
from bonded.publishers import from_fields

GITHUB_ONE: dict[str, Any] = {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"}
EVERY: tuple[dict[str, Any], ...] = (
    GITHUB_ONE,
    {**GITHUB_ONE, "environment": "pypi"},
    {"kind": "GitLab", "repository": "g/s/pp", "workflow_filepath": "ci/x.yml"},
    {"kind": "Google", "email": "robot@acme.example"},
    {"kind": "CircleCI", "project_id": "p", "pipeline_definition_id": "d", "vcs_origin": "x.y/o/r"},
)


def signer(names: tuple[str, ...] = (), **texts: str | None) -> Signer:
    """Return a signer with these extensions, `n12` for number 12."""
    found = {f"{ARC}{name[1:]}": text for name, text in texts.items() if text is not None}
    return Signer(extensions=found, names=names)


@pytest.mark.parametrize("value", EVERY)
def test_an_identity_is_written_as_it_was_read(value: dict[str, Any]) -> None:
    """As an object with every key of its kind, and as a table with those that are set."""
    identity = parse_identity(value)

    assert identity.to_table() == value
    assert parse_identity(identity.to_object()) == identity
    assert identity.title


@pytest.mark.parametrize("value", EVERY)
def test_every_kind_has_a_publisher_and_facts(value: dict[str, Any]) -> None:
    """There is no kind that would be compared with nothing."""
    identity = parse_identity(value)

    expected = expected_of_identity(identity)
    assert len(expected.facts(signer())) >= 2
    assert unmet(expected.facts(signer()), signer())
    assert publisher_of(identity).title


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "github"},
        {"kind": 1},
        {"kind": "GitHub"},
        {**GITHUB_ONE, "workflow": ""},
        {**GITHUB_ONE, "workflow": 1},
        {**GITHUB_ONE, "workflow": "a\nb"},
        {**GITHUB_ONE, "repository": "x" * 1001},
    ],
)
def test_what_is_no_identity_is_refused(value: object) -> None:
    """Unknown kinds, missing keys, values that are no plain text."""
    with pytest.raises(ValueError, match="publisher"):
        parse_identity(value)


def test_keys_that_are_not_known_are_left_aside() -> None:
    """PEP 740 lets an index add some."""
    assert parse_identity({**GITHUB_ONE, "claims": {}, "more": 1}) == parse_identity(GITHUB_ONE)


@pytest.mark.parametrize(
    ("bent", "same"),
    [
        ({"environment": "x"}, True),
        ({"repository": "O/R"}, True),
        ({"repository": "o/x"}, False),
        ({"workflow": "W.yml"}, False),
    ],
)
def test_the_source_is_repository_and_workflow(*, bent: dict[str, str], same: bool) -> None:
    """Case of a repository and the environment do not make another source."""
    assert parse_identity(GITHUB_ONE).same_source(parse_identity({**GITHUB_ONE, **bent})) is same


@pytest.mark.parametrize(
    "value", [{**GITHUB_ONE, "repository": "r"}, {"kind": "Google", "email": "nobody"}]
)
def test_an_identity_that_can_be_nobody_is_refused(value: dict[str, Any]) -> None:
    """A publisher of this kind cannot be registered."""
    with pytest.raises(ValueError, match="publisher"):
        expected_of_identity(parse_identity(value))


GITHUB_FIELDS = {
    "repository_owner": "o",
    "repository_owner_id": "1",
    "repository_name": "r",
    "workflow_filename": "w.yml",
    "environment": "pypi",
}
UUID = "12345678-1234-1234-1234-123456789012"
REGISTERED: tuple[tuple[str, dict[str, str], dict[str, Any] | None], ...] = (
    ("github", GITHUB_FIELDS, {**GITHUB_ONE, "environment": "pypi"}),
    (
        "gitlab",
        {"namespace": "g/s", "project": "pp", "workflow_filepath": "ci/x.yml"},
        {"kind": "GitLab", "repository": "g/s/pp", "workflow_filepath": "ci/x.yml"},
    ),
    ("google", {"email": "r@acme.example"}, {"kind": "Google", "email": "r@acme.example"}),
    (
        "circleci",
        {
            "organization_id": UUID,
            "project_id": UUID,
            "pipeline_definition_id": UUID,
            "vcs_origin": "github.com/o/r",
        },
        {
            "kind": "CircleCI",
            "project_id": UUID,
            "pipeline_definition_id": UUID,
            "vcs_origin": "github.com/o/r",
        },
    ),
    ("activestate", {"organization": "acme", "project": "widget", "actor": "a", "actor_id": "1"}, None),
    (
        "gitlab",
        {
            "namespace": "gg",
            "project": "pp",
            "workflow_filepath": "x.yml",
            "issuer_url": "https://gitlab.example.org",
        },
        None,
    ),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "wanted"), REGISTERED)
def test_a_registered_publisher_is_shown_as_an_identity(
    kind: str, fields: dict[str, str], wanted: dict[str, Any] | None
) -> None:
    """Those that cannot sign have none."""
    found = identity_of(from_fields(kind, fields))

    assert (None if found is None else found.to_table()) == wanted


def test_an_index_expects_the_commit_of_the_token() -> None:
    """A certificate for another commit is another build, whatever its ref says."""
    claims = {"sha": "a" * 40, "ref": "refs/tags/1"}
    expected = expected_of(from_fields("github", GITHUB_FIELDS), claims, environment_required=True)

    assert [fact.name for fact in expected.facts(signer())][-1] == "commit"
    assert expected.environment == "pypi"
    assert expected.environment_required


REPOSITORY = "https://github.com/o/r"
SIGNED: tuple[tuple[Signer, dict[str, Any] | None], ...] = (
    (
        signer(n12=REPOSITORY, n14="refs/tags/1", n18=f"{REPOSITORY}/.github/workflows/w.yml@refs/tags/1", n23="pypi"),
        {**GITHUB_ONE, "environment": "pypi"},
    ),
    (
        signer(n12="https://gitlab.com/g/p", n13="abc", n18="https://gitlab.com/g/p//x.yml@abc"),
        {"kind": "GitLab", "repository": "g/p", "workflow_filepath": "x.yml"},
    ),
    (signer(("r@acme.example",)), {"kind": "Google", "email": "r@acme.example"}),
    (signer(("a", "b")), None),
    (signer(n12="https://codeberg.org/o/r"), None),
    (signer(n12=f"{REPOSITORY}\n"), None),
)  # fmt: skip


@pytest.mark.parametrize(("who", "wanted"), SIGNED)
def test_a_certificate_describes_who_signed(who: Signer, wanted: dict[str, Any] | None) -> None:
    """For attestations that lie beside a file without a publisher."""
    found = identity_of_signer(who)

    assert (None if found is None else found.to_table()) == wanted


def test_a_signer_has_a_word_for_every_extension() -> None:
    """What is absent is empty."""
    found = Signer(extensions={f"{ARC}{n}": text for n, text in GITHUB.items()}, names=("x",))

    assert (found.issuer, found.trigger, found.runner) == (GITHUB["8"], "push", "github-hosted")
    assert (found.build_signer, found.run) == (GITHUB["9"], GITHUB["21"])
    assert (found.values("2.5.29.17"), found.values("1.2.3")) == (("x",), ())
    assert signer().repository == ""
    with pytest.raises(ValueError, match="trust everyone"):
        unmet((), found)


def test_circleci_is_named_by_its_project_where_it_has_no_repository() -> None:
    """A pipeline that a webhook starts has none."""
    fields = (("project_id", "p"), ("pipeline_definition_id", "d"))

    assert Identity(kind="CircleCI", fields=fields).title == "CircleCI p, definition d"

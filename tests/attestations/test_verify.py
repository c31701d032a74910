"""One verifier: what it takes, from whom, and what it then proves."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography import x509

from attestation_outcome import ARTIFACT, OURS, expected, good, outcome, reasons, stranger, world
from attestation_world import DIGEST, FILENAME, GITHUB, PUBLISH, SHA, WORKFLOW, statement
from bonded.attestations.identities import expected_of, expected_of_identity, parse_identity
from bonded.attestations.provenance import (
    Provenance,
    read_attestation,
    read_provenance,
    write_provenance,
)
from bonded.attestations.refusal import Reason, Refusal
from bonded.attestations.verify import SLSA, Artifact, Verified, verify_all, verify_provenance
from bonded.publishers import from_fields


def test_a_good_attestation_proves_who_built_the_file() -> None:
    """Repository, workflow, commit, ref, environment and place in the log come out of it."""
    found = outcome(good())

    assert isinstance(found, Verified)
    assert found.predicate_type == PUBLISH
    assert found.signer.repository == "https://github.com/octo/greeter"
    assert found.signer.workflow == f"{WORKFLOW}@refs/tags/v1.0"
    assert (found.signer.commit, found.signer.ref) == (SHA, "refs/tags/v1.0")
    assert (found.signer.environment, found.signer.owner_id) == ("pypi", "99")
    assert found.log_index == 5
    assert found.time == 1_793_534_405


def test_another_trust_root_refuses() -> None:
    """What a Sigstore of strangers vouches for is not believed, however well it is made."""
    assert reasons(outcome(stranger().attest())) == {"certificate"}


@pytest.mark.parametrize(
    ("filename", "digest", "wanted"),
    [
        (FILENAME, "0" * 64, "digest"),
        (FILENAME, "not a digest", "digest"),
        ("greeter-1.1-py3-none-any.whl", DIGEST, "subject"),
        ("other-1.0-py3-none-any.whl", DIGEST, "subject"),
        ("greeter-1.0.tar.gz", DIGEST, "subject"),
        ("greeter", DIGEST, "subject"),
    ],
)
def test_a_good_attestation_of_another_file_is_refused(
    filename: str, digest: str, wanted: str
) -> None:
    """Name and bytes must both be the file's."""
    artifact = Artifact(filename=filename, sha256=digest)

    assert reasons(outcome(good(), artifact=artifact)) == {wanted}


@pytest.mark.parametrize("name", ["greeter-1.0-py3-none-any.whl", "Greeter-1.0.0-py3-none-any.whl"])
def test_names_are_compared_as_pypi_compares_them(name: str) -> None:
    """The same project, version and tags are the same name, however they are spelt."""
    artifact = Artifact(filename=name, sha256=DIGEST)

    assert isinstance(outcome(good(), artifact=artifact), Verified)


def test_a_source_distribution_has_attestations_too() -> None:
    """Its name is compared by project and version."""
    attestation = world().attest(statement=statement("greeter-1.0.tar.gz"))
    artifact = Artifact(filename="greeter-1.0.tar.gz", sha256=DIGEST)

    assert isinstance(outcome(attestation, artifact=artifact), Verified)


@pytest.mark.parametrize(
    ("bent", "wanted"),
    [
        ({"repository": "octo/other"}, {"identity"}),
        ({"repository": "OCTO/greeter"}, {"identity"}),
        ({"workflow": "other.yml"}, {"identity"}),
        ({"environment": "other"}, {"environment"}),
        ({"environment": "PyPI"}, set()),
        ({"environment": None}, set()),
        ({"repository": "octo/other", "environment": "other"}, {"identity", "environment"}),
    ],
)
def test_every_mismatch_is_named(bent: Mapping[str, Any], wanted: set[str]) -> None:
    """Identity and environment are compared each for itself; an environment without letter case, as at GitHub."""
    assert reasons(outcome(good(), whom=expected(**bent))) == wanted


def test_a_refusal_says_what_was_expected_and_what_came() -> None:
    """The sentence has both, so that nobody has to guess."""
    found = outcome(good(), whom=expected(repository="octo/other", workflow="release.yml"))

    assert isinstance(found, tuple)
    assert str(found[0]) == (
        "the certificate names another source repository: expected https://github.com/octo/other, "
        "got https://github.com/octo/greeter"
    )


def test_a_certificate_without_environment_passes_unless_one_is_required() -> None:
    """Certificates of before the environment was certified cannot prove one."""
    attestation = world().attest(extensions={"23": None})
    identity = parse_identity(OURS)

    strict = expected_of_identity(identity, environment_required=True)
    assert reasons(outcome(attestation)) == set()
    assert reasons(outcome(attestation, whom=strict)) == {"environment"}


def _github(**bent: str) -> Any:
    fields = {
        "repository_owner": "octo",
        "repository_owner_id": "99",
        "repository_name": "greeter",
        "workflow_filename": "release.yml",
        "environment": "",
    }
    return from_fields("github", {**fields, **bent})


@pytest.mark.parametrize(
    ("claims", "wanted"),
    [
        ({"sha": SHA, "ref": "refs/tags/v1.0"}, set()),
        ({"sha": SHA, "ref": "refs/tags/v1.0", "environment": "pypi"}, set()),
        ({"sha": SHA, "ref": "refs/tags/v1.0", "environment": "other"}, {"environment"}),
        ({"sha": "d" * 40, "ref": "refs/tags/v1.0"}, {"identity"}),
        ({"sha": SHA, "ref": "refs/tags/v2.0"}, {"identity"}),
        ({}, {"identity"}),
    ],
)
def test_an_index_compares_with_the_token_that_was_shown(
    claims: Mapping[str, str], wanted: set[str]
) -> None:
    """Ref, commit and environment are those of the run that uploads; what no claim says cannot be matched."""
    assert reasons(outcome(good(), whom=expected_of(_github(), claims))) == wanted


def test_a_publishers_own_environment_counts_before_the_tokens() -> None:
    """The registered environment is what must be certified."""
    claims = {"sha": SHA, "ref": "refs/tags/v1.0", "environment": "pypi"}

    whom = expected_of(_github(environment="other"), claims)
    assert reasons(outcome(good(), whom=whom)) == {"environment"}


def test_kinds_that_cannot_sign_are_refused() -> None:
    """An identity without certificate facts must not pass for want of checks."""
    builder = {"organization": "acme", "project": "widget", "actor": "a", "actor_id": "1"}
    publisher = from_fields("activestate", {name: builder[name] for name in builder})

    assert reasons(outcome(good(), whom=expected_of(publisher, {}))) == {"publisher"}


def test_an_attestation_that_is_too_large_is_refused_unread() -> None:
    """A bound stands before the parser."""
    attestation = good()
    attestation["padding"] = "x" * 200_000

    assert reasons(outcome(attestation)) == {"oversized"}


def test_a_google_account_is_its_address_and_issuer() -> None:
    """Its certificates hold an address as alternative name."""
    google = "https://accounts.google.com"
    made: dict[str, Any] = {
        "extensions": {**dict.fromkeys(GITHUB), "1": google, "8": google},
        "names": (x509.RFC822Name("robot@acme.example"),),
    }
    right = expected_of_identity(parse_identity({"kind": "Google", "email": "robot@acme.example"}))
    wrong = expected_of_identity(parse_identity({"kind": "Google", "email": "robot2@acme.example"}))

    attestation = world().attest(**made)
    assert reasons(outcome(attestation, whom=right)) == set()
    assert reasons(outcome(attestation, whom=wrong)) == {"identity"}


def test_gitlab_and_circleci_are_what_their_certificates_say() -> None:
    """Each kind is compared by its own extensions."""
    project, file = "https://gitlab.com/grp/proj", ".gitlab-ci.yml"
    gitlab = {"8": "https://gitlab.com", "12": project, "14": "refs/heads/main"}
    signer = "https://circleci.com/api/v2/projects/p1/pipeline-definitions/d1"
    circle = {
        "8": "https://oidc.circleci.com",
        "9": signer,
        "12": "github.com/o/r",
        "14": "refs/tags/1",
    }
    group = {**gitlab, "18": f"{project}//{file}@refs/heads/main"}
    pipeline = {"kind": "GitLab", "repository": "grp/proj", "workflow_filepath": file}
    definition = {"kind": "CircleCI", "project_id": "p1", "pipeline_definition_id": "d1"}
    table: list[tuple[dict[str, str], dict[str, str], set[str]]] = [
        (group, pipeline, set()),
        (group, {**pipeline, "repository": "grp/other"}, {"identity"}),
        (circle, definition, set()),
        (circle, {**definition, "vcs_ref": "refs/tags/2"}, {"identity"}),
        (circle, {**definition, "vcs_origin": "github.com/x/r"}, {"identity"}),
        (circle, {**definition, "project_id": "p2"}, {"identity"}),
    ]
    for extensions, identity, wanted in table:
        attestation = world().attest(extensions=extensions)
        whom = expected_of_identity(parse_identity(identity))

        assert reasons(outcome(attestation, whom=whom)) == wanted, identity


def test_one_attestation_of_each_predicate() -> None:
    """Publish and SLSA stand beside each other; two of one kind are refused, though both are good."""
    slsa = world().attest(
        statement=statement(predicateType=SLSA, predicate={"buildDefinition": {}})
    )
    publish, again, built = (
        read_attestation(json.dumps(one).encode()) for one in (good(), world().attest(), slsa)
    )
    verifier = world().root.verifier

    both = verify_all((publish, built), ARTIFACT, expected(), verifier)
    twice = verify_all((publish, again), ARTIFACT, expected(), verifier)
    assert [one.predicate_type for one in both if isinstance(one, Verified)] == [PUBLISH, SLSA]
    assert [one.reason for one in twice if isinstance(one, Refusal)] == [Reason.REPEATED]
    with pytest.raises(ValueError, match="prove nothing"):
        verify_all((), ARTIFACT, expected(), verifier)


def _served(publisher: Mapping[str, Any], *attestations: Mapping[str, Any]) -> Provenance:
    document = {
        "version": 1,
        "attestation_bundles": [{"publisher": publisher, "attestations": attestations}],
    }
    return read_provenance(json.dumps(document).encode())


def test_provenance_must_hold_together() -> None:
    """Each attestation is by the publisher to whom the index ascribes it."""
    verifier = world().root.verifier
    right = verify_provenance(_served(OURS, good()), ARTIFACT, verifier)
    wrong = verify_provenance(_served({**OURS, "repository": "o/x"}, good()), ARTIFACT, verifier)
    odd = verify_provenance(_served({**OURS, "workflow": "a/b.yml"}, good()), ARTIFACT, verifier)

    assert [getattr(one, "publisher", None) for one in right] == [parse_identity(OURS)]
    assert [getattr(one, "reason", None) for one in wrong] == [Reason.IDENTITY, Reason.IDENTITY]
    assert [getattr(one, "reason", None) for one in odd] == [Reason.PUBLISHER]


def test_what_we_write_is_what_pypi_attestations_reads() -> None:
    """Provenance written here is the reference implementation's object, and the other way round."""
    from pypi_attestations import Provenance as Reference

    written = write_provenance(_served(OURS, good()).bundles)
    reference = Reference.model_validate_json(written)

    assert reference.attestation_bundles[0].publisher.kind == "GitHub"
    assert read_provenance(reference.model_dump_json().encode()) == read_provenance(written)

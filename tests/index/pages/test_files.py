"""One file as a page shows it, and what its attestations proved."""

from dataclasses import replace

import pytest

from bonded.attestations.identities import Identity
from bonded.index.pages.files import Fact, proof_of, shown_file
from pages_world import COMMIT, PROOF, PROVED, file


def test_a_wheel_is_shown() -> None:
    """Kind, tag, size, day, both hashes, and where its metadata is."""
    shown = shown_file(file("greeter-1.0-py3-none-any.whl", size=2048))
    digest = shown.hashes[1][1]

    assert (shown.kind, shown.python, shown.size) == ("Wheel", "py3", "2.0 KiB")
    assert shown.url == (
        f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/greeter-1.0-py3-none-any.whl"
    )
    assert shown.metadata_url == f"{shown.url}.metadata"
    assert [label for label, _ in shown.hashes] == ["SHA-256", "BLAKE2b-256"]
    assert (shown.uploaded.text, shown.uploaded.iso) == ("15 January 2027", "2027-01-15T08:00:00Z")
    assert (shown.proof, shown.provenance_url) == (None, "")


@pytest.mark.parametrize(
    ("bent", "told"),
    [
        ({"packagetype": "sdist"}, ("Source", "")),
        ({"packagetype": "bdist_egg"}, ("Egg", "py3")),
        ({"packagetype": "bdist_other"}, ("bdist_other", "py3")),
    ],
)
def test_kinds(bent: dict[str, str], told: tuple[str, str]) -> None:
    """A source distribution has no tag of Python; a kind that nobody knows is shown as it is."""
    shown = shown_file(file("greeter-1.0-py3-none-any.whl", **bent))

    assert (shown.kind, shown.python) == told


def test_provenance_is_shown() -> None:
    """Service, repository, workflow and environment, then commit, ref, run and log entry of each attestation."""
    shown = shown_file(file("greeter-1.4.0.tar.gz", proof=PROOF))
    home = "https://github.com/octo/greeter"
    assert shown.proof is not None

    assert shown.provenance_url == "/integrity/greeter/1.4.0/greeter-1.4.0.tar.gz/provenance"
    assert (shown.proof.source, len(shown.proof.attestations)) == ("octo/greeter", 2)
    assert shown.proof.identity == (
        Fact(label="Service", text="GitHub"),
        Fact(label="Repository", text="octo/greeter", url=home, code=True),
        Fact(label="Workflow", text="release.yml", code=True),
        Fact(label="Environment", text="pypi", code=True),
    )
    assert shown.proof.attestations[0] == (
        Fact(label="Kind", text="docs.example/attestations/publish/v1"),
        Fact(label="Commit", text=COMMIT, url=f"{home}/commit/{COMMIT}", code=True),
        Fact(label="Ref", text="refs/tags/v1.4.0", code=True),
        Fact(label="Run", text=f"{home}/actions/runs/811/attempts/1",
             url=f"{home}/actions/runs/811/attempts/1", code=True),
        Fact(label="Log entry", text="104729, 15 January 2027, 08:00 UTC"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "links"),
    [
        (
            "GitLab",
            (("repository", "a/b/c"), ("workflow_filepath", ".gitlab-ci.yml")),
            {"https://gitlab.com/a/b/c", f"https://gitlab.com/a/b/c/-/commit/{COMMIT}"},
        ),
        ("Google", (("email", "ci@x.example"),), set()),
        ("CircleCI", (("project_id", "1"), ("pipeline_definition_id", "2")), set()),
        ("GitHub", (("repository", "../../evil?x"), ("workflow", "w.yml")), set()),
        ("GitHub", (("repository", "nobody"), ("workflow", "w.yml")), set()),
    ],
)
def test_only_addresses_that_are_known_are_linked(
    kind: str, fields: tuple[tuple[str, str], ...], links: set[str]
) -> None:
    """Repository and commit lead to the two services whose addresses are known, if they look like what they are."""
    proof = replace(
        PROOF,
        publisher=Identity(kind=kind, fields=fields),
        attestations=(replace(PROVED, run="javascript:alert(1)"),),
    )
    shown = proof_of(proof)

    facts = [*shown.identity, *(fact for one in shown.attestations for fact in one)]
    assert {fact.url for fact in facts} - {""} == links
    assert shown.source == (dict(fields).get("repository") or proof.publisher.title)


def test_what_a_certificate_does_not_say_is_left_out() -> None:
    """An attestation without commit, ref and run has only its kind and its log entry."""
    bare = replace(PROVED, commit="", ref="", run="", predicate_type="urn:x")
    (facts,) = proof_of(replace(PROOF, attestations=(bare,))).attestations

    assert facts[0] == Fact(label="Kind", text="urn:x")
    assert [fact.label for fact in facts] == ["Kind", "Log entry"]

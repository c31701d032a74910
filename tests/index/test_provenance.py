"""What attestations of an upload prove, kind by kind of publisher."""

import json
from typing import Any

import pytest

import claims_activestate
import claims_gitlab
from attestation_world import SHA as WORLDS_SHA
from attested_world import artifact, attest, sigstore
from bonded.index.provenance import Attested, prove, read_proof
from bonded.publishers import Claims, Publisher
from claims_builder import SHA, claims, publisher

GITLAB = "https://gitlab.com/acme/tasks/widget"


def proved(
    attestation: dict[str, Any], by: Publisher | None = None, said: Claims | None = None
) -> Attested | str:
    """Return what an attestation proves of the upload."""
    whom = publisher() if by is None else by
    told = claims() if said is None else said
    return prove(json.dumps([attestation]), artifact(), whom, told, sigstore().root.verifier)


def of_gitlab(**more: str | None) -> dict[str, Any]:
    """Return an attestation by a job of GitLab's."""
    extensions = {
        "8": "https://gitlab.com",
        "12": GITLAB,
        "13": SHA,
        "14": claims_gitlab.REF,
        "18": f"{GITLAB}//.gitlab-ci.yml@{claims_gitlab.REF}",
        "23": None,
    }
    return attest(extensions={**extensions, **{name[1:]: text for name, text in more.items()}})


def test_a_proof_is_read_back_as_it_was_written() -> None:
    """The book keeps publisher, commit, ref, run, log entry and time."""
    found = proved(attest())

    assert isinstance(found, Attested)
    assert read_proof(json.dumps(found.proof.to_object())) == found.proof
    (one,) = found.proof.attestations
    assert (one.commit, one.ref) == (SHA, "refs/tags/v1.0")
    assert one.log_index > 0
    assert one.time == 1_793_534_405
    assert one.run.startswith("https://github.com/")


def test_gitlab_needs_no_environment_in_the_certificate() -> None:
    """Sigstore certifies GitHub's environments; of GitLab's only a wrong one is refused."""
    whom, told = claims_gitlab.publisher(), claims_gitlab.claims()

    assert isinstance(proved(of_gitlab(), whom, told), Attested)
    assert "expected Release/PyPI, got Other" in str(proved(of_gitlab(n23="Other"), whom, told))
    assert "another commit" in str(proved(of_gitlab(n13=WORLDS_SHA), whom, told))


@pytest.mark.parametrize(
    "whom",
    [
        claims_activestate.publisher(),
        claims_gitlab.publisher(issuer_url="https://gitlab.example"),
        publisher(workflow_filename="x" * 1001),
    ],
    ids=["activestate", "a GitLab of one's own", "one that no certificate can name"],
)
def test_what_cannot_sign_is_told_so(whom: Publisher) -> None:
    """In PyPI's words, before anything is read."""
    words = f"Attestations are not currently supported with {whom.kind} publishers"

    assert proved({}, whom) == words


@pytest.mark.parametrize("told", [{}, {"sha": ""}, {"sha": 1, "ref": None}])
def test_a_token_without_commit_and_ref_proves_nothing(told: Claims) -> None:
    """What is not known cannot be compared, so nothing is believed; the certificate's own word is not taken."""
    assert "Could not verify" in str(proved(attest(), said=told))


def test_a_refusal_is_of_bounded_length() -> None:
    """However long a name somebody has signed, the sentence ends."""
    subject = [{"name": "x" * 50_000, "digest": {}}]
    found = proved(
        attest(statement={"_type": "https://in-toto.io/Statement/v1", "subject": subject})
    )

    assert isinstance(found, str)
    assert len(found) == 1000

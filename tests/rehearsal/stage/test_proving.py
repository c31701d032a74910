"""What attestations of published files prove, against the publisher that was granted the right to them."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from bonded.attestations.identities import identity_of
from bonded.attestations.provenance import Bundle, read_attestation, write_provenance
from bonded.attestations.verify import SLSA
from bonded.publishers import Publisher, from_fields
from bonded.rehearsal.stage.proving import Delivery, prove
from bonded.rehearsal.stage.signing import Signing
from claims_builder import claims
from sigstore_world import Evening, attestation, evening, wheel


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """An evening's Sigstore."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


@pytest.fixture(scope="module")
def signing(at: Evening) -> Signing:
    """What verifies by its root."""
    made = Future()  # type: ignore[var-annotated]  # of a Sigstore
    made.set_result(at.sigstore)
    loaded = Signing(made, authorities=at.bundle)
    loaded.load()
    return loaded


def publisher(**bent: str) -> Publisher:
    """Return the registered publisher of the tests' job, or one near."""
    said = claims()
    fields = {
        "repository_owner": "octo",
        "repository_owner_id": str(said["repository_owner_id"]),
        "repository_name": "widget",
        "workflow_filename": "release.yml",
        "environment": "pypi",
    }
    return from_fields("github", {**fields, **bent})


def served(*attestations: str) -> bytes:
    """Return attestations as an index serves them."""
    identity = identity_of(publisher())
    assert identity is not None
    read = tuple(read_attestation(one.encode()) for one in attestations)
    return write_provenance([Bundle(publisher=identity, attestations=read)])


def delivery(at: Evening, folder: Path, **bent: Any) -> Delivery:
    """Return an attested wheel as an index has it."""
    import hashlib

    file = wheel(folder)
    signed = attestation(at, file).model_dump_json()
    base: dict[str, Any] = {
        "index": "pypi",
        "filename": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "provenance": served(signed),
        "publisher": publisher(),
        "claims": claims(),
    }
    return Delivery(**(base | bent))


def test_what_the_publisher_signed_is_verified(
    at: Evening, signing: Signing, tmp_path: Path
) -> None:
    """A genuine attestation proves repository, workflow, environment and commit."""
    record = prove(delivery(at, tmp_path), signing.root)

    assert record.state == "verified"
    assert record.publisher == "octo/widget release.yml"
    assert (record.environment, record.commit) == ("pypi", claims()["sha"])
    assert len(record.predicates) == 1
    assert SLSA not in record.predicates


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"publisher": None}, "publisher"),
        ({"publisher": publisher(repository_name="other")}, "identity"),
        ({"publisher": publisher(workflow_filename="other.yml")}, "identity"),
        ({"publisher": publisher(environment="production")}, "environment"),
        ({"claims": {**claims(), "sha": "f" * 40}}, "identity"),
        ({"sha256": "0" * 64}, "digest"),
        ({"filename": "other-1.0-py3-none-any.whl"}, "subject"),
        ({"provenance": b"{}"}, "malformed"),
    ],
)
def test_what_proves_something_else_is_refused(
    at: Evening, signing: Signing, tmp_path: Path, bent: dict[str, Any], reason: str
) -> None:
    """An attestation for another publisher, environment, commit, file or of no form at all is refused."""
    record = prove(delivery(at, tmp_path, **bent), signing.root)

    assert record.state == "refused"
    assert record.predicates == []
    assert record.reasons[0].partition(":")[0] == reason


def test_a_certificate_may_name_no_environment(
    at: Evening, signing: Signing, tmp_path: Path
) -> None:
    """What was signed in a job outside of the publisher's environment holds, as at PyPI, and that is said."""
    file = wheel(tmp_path)
    outside = attestation(at, file, environment=...).model_dump_json()
    record = prove(delivery(at, tmp_path, provenance=served(outside)), signing.root)

    assert (record.state, record.environment) == ("verified", "")
    assert record.reasons == ["environment: signed outside of environment pypi"]


def test_nothing_is_asked_where_nothing_came(signing: Signing) -> None:
    """A file without attestations proves nothing, and no trust root is made for it."""

    def root() -> Any:
        raise AssertionError("a trust root was asked for")

    bare = Delivery(index="pypi", filename="a.whl", sha256="0" * 64)

    assert prove(bare, root).state == "none"

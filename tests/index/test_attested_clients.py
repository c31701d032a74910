"""Attested releases as people make and check them: uv, `bonded serve`, `bonded verify`, pypi-attestations."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypi_attestations import Attestation, Provenance

from attestation_index import by
from attestation_world import World as SmallSigstore
from attestation_world import statement
from attested_world import OFFER, artifact, attesting, certified, send, sigstore
from bonded.attestations.provenance import read_provenance
from bonded.attestations.trust_root import TrustRoot, root_of
from bonded.attestations.verify import Attributed, verify_provenance
from index_world import World
from served_world import Served, distributions, served
from sigstore_world import Evening, attestation, evening, publisher, verify

PAGE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore of one evening, asked over the wire by clients that nobody changed."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


def root_of_evening(at: Evening) -> TrustRoot:
    """Return what verifies by it."""
    return root_of(at.sigstore.trusted_root_json().encode(), source="the evening")


@pytest.fixture
def index(standing: Evening, tmp_path: Path) -> Iterator[World]:
    """An index that believes it."""
    with attesting(tmp_path, root=lambda: root_of_evening(standing)) as opened:
        yield opened


def written(folder: Path) -> Path:
    """Write the upload down as a file."""
    path = folder / artifact().filename
    path.write_bytes(OFFER.data)
    return path


def test_what_pypi_attestations_signs_is_taken_and_given_back(
    standing: Evening, index: World, tmp_path: Path
) -> None:
    """Signed by the reference implementation, verified by the index, read and verified by both again."""
    signed = attestation(standing, written(tmp_path))
    response = send(index, json.loads(signed.model_dump_json()))
    body = index.index.provenance(artifact().filename)

    assert (response.status_code, response.text) == (200, "")
    assert body is not None
    (bundle,) = Provenance.model_validate_json(body).attestation_bundles
    assert bundle.publisher == publisher()
    (given,) = bundle.attestations
    assert verify(standing.sigstore, given, publisher()).endswith("/publish/v1")
    root = root_of_evening(standing)
    (proof,) = verify_provenance(read_provenance(body), artifact(), root.verifier)
    assert isinstance(proof, Attributed)
    assert proof.proof.time <= time.time()


@pytest.mark.parametrize(
    "bent",
    [
        {"repository": "octo/other"},
        {"environment": "test"},
        {"sha": "0" * 40},
        {"workflow_ref": "octo/widget/.github/workflows/ci.yml@refs/tags/v1.0"},
    ],
    ids=lambda bent: next(iter(bent)),
)
def test_what_another_job_signs_is_refused(
    standing: Evening, index: World, tmp_path: Path, bent: dict[str, str]
) -> None:
    """The same client, the same Sigstore, the same file; only the job is another one."""
    signed: Attestation = attestation(standing, written(tmp_path), **bent)

    response = send(index, json.loads(signed.model_dump_json()))

    assert response.status_code == 400
    assert "Could not verify the uploaded artifact" in response.text
    assert index.index.files() == []


def test_what_another_evening_signed_is_refused(standing: Evening, tmp_path: Path) -> None:
    """A Sigstore whose root is not in the settings vouches for nothing."""
    signed = attestation(standing, written(tmp_path))
    with attesting(tmp_path / "index", root=lambda: sigstore().root) as opened:
        response = send(opened, json.loads(signed.model_dump_json()))

        assert (response.status_code, opened.index.files()) == (400, [])


JOB = certified(n13="a" * 40, n14="refs/tags/v1", n23="release") | {
    **by("octo/greeter"),
    "18": "https://github.com/octo/greeter/.github/workflows/release.yml@refs/tags/v1",
}
"""What a certificate says of the job that `served_world` plays."""


@pytest.fixture
def signer(tmp_path: Path) -> SmallSigstore:
    """A private Sigstore with its root in a file."""
    made = SmallSigstore()
    (tmp_path / "root.json").write_text(json.dumps(made.trusted_root()))
    return made


@pytest.fixture
def server(tmp_path: Path, signer: SmallSigstore) -> Iterator[Served]:
    """`bonded serve` over TLS, which believes that Sigstore."""
    assert signer.leaves
    with served(tmp_path, '[attestations]\npolicy = "verify"\ntrust-root = "root.json"') as running:
        running.register("--pending", "--environment", "release")
        yield running


EVERYTHING = "greeter-1.0*"
"""What uv is told to publish; attestations must be among it, then it sends them with their files."""


def attest_beside(signer: SmallSigstore, path: Path, **bent: str) -> None:
    """Write an attestation beside a distribution, as uv and gh-action-pypi-publish name it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    extensions = JOB | {name.removeprefix("n"): text for name, text in bent.items()}
    made = signer.attest(statement=statement(path.name, digest), extensions=extensions)
    path.with_name(f"{path.name}.publish.attestation").write_text(json.dumps(made))


@pytest.mark.play
def test_uv_publishes_and_bonded_verify_proves(
    server: Served, signer: SmallSigstore, tmp_path: Path
) -> None:
    """Attestations beside the files go up with them; whoever installs proves who built both."""
    files = distributions(tmp_path)
    for path in files:
        attest_beside(signer, path)

    done = server.uv(tmp_path / EVERYTHING)
    checked = server.run(
        *("bonded", "verify", "greeter==1.0", "--index", f"{server.address}/simple/"),
        *("--trust-root", "root.json", "--expect", "repository=octo/greeter", "--json"),
    )

    assert done.returncode == 0, done.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    report = json.loads(checked.stdout)
    assert [one["state"] for one in report["releases"]] == ["verified"], report
    with server.client() as client:
        page = client.get("/simple/greeter/", headers={"accept": PAGE}).json()
        links = [one["provenance"] for one in page["files"]]
        assert [client.get(link).status_code for link in links] == [200, 200]
    assert all(link.startswith(f"{server.address}/integrity/greeter/1.0/") for link in links)


@pytest.mark.play
def test_uv_is_told_what_another_job_signed(
    server: Served, signer: SmallSigstore, tmp_path: Path
) -> None:
    """The refusal reaches the log of the release: what was expected and what came; nothing is published."""
    wheel, _ = distributions(tmp_path)
    attest_beside(signer, wheel, n23="staging")

    wheel.with_name("greeter-1.0.tar.gz").unlink()
    done = server.uv(tmp_path / EVERYTHING)

    assert done.returncode != 0
    assert "Could not verify the uploaded artifact" in done.stderr
    assert "expected release, got staging" in done.stderr
    with server.client() as client:
        assert client.get("/simple/greeter/").status_code == 404


@pytest.mark.play
def test_an_index_without_a_root_takes_the_file_alone(
    tmp_path: Path, signer: SmallSigstore
) -> None:
    """Who publishes is told to leave attestations behind, and can."""
    wheel, sdist = distributions(tmp_path)
    sdist.unlink()
    attest_beside(signer, wheel)
    with served(tmp_path, '[attestations]\ntrust-root = "none"') as running:
        running.register("--pending", "--environment", "release")
        refused = running.uv(tmp_path / EVERYTHING)
        done = running.uv(wheel)

    assert "does not take attestations; upload without them" in refused.stderr
    assert done.returncode == 0, done.stderr

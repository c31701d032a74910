import base64
import hashlib
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from bonded.rehearsal.stage.sigstore.entries import canonical
from bonded.rehearsal.stage.sigstore.evening import REKOR, Sigstore
from bonded.rehearsal.stage.sigstore.faults import Fault
from sigstore_world import Signer, sigstore

ENTRIES = "/api/v1/log/entries"


@pytest.fixture
def made() -> Sigstore:
    """A Sigstore with an empty log."""
    return sigstore()


@pytest.fixture
def client(made: Sigstore) -> Iterator[TestClient]:
    """A client of its log."""
    with TestClient(made.rekor.app()) as opened:
        yield opened


def test_an_entry(made: Sigstore, client: TestClient) -> None:
    """A new entry is answered with its place, and is found there, by its leaf alone, and by its index."""
    answer = client.post(ENTRIES, json=Signer(made).statement())
    ((uuid, entry),) = answer.json().items()
    proof = entry["verification"]["inclusionProof"]
    leaf = hashlib.sha256(b"\0" + base64.b64decode(entry["body"])).hexdigest()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ENTRIES}/{uuid}"
    assert uuid.endswith(leaf)
    assert (entry["logIndex"], proof["logIndex"], proof["treeSize"]) == (1, 1, 2)
    for path in (f"{ENTRIES}/{uuid}", f"{ENTRIES}/{leaf}", f"{ENTRIES}?logIndex=1"):
        assert client.get(path).json()[uuid]["body"] == entry["body"]


def test_the_promise_is_kept(made: Sigstore, client: TestClient) -> None:
    """The promise of an entry stays when the log grows, its proof is made anew for the larger tree."""
    signer = Signer(made)
    ((uuid, first),) = client.post(ENTRIES, json=signer.file(b"one")).json().items()
    client.post(ENTRIES, json=signer.file(b"two"))
    later = client.get(f"{ENTRIES}/{uuid}").json()[uuid]
    promised = {k: first[k] for k in ("body", "integratedTime", "logID", "logIndex")}
    public = serialization.load_pem_public_key(client.get("/api/v1/log/publicKey").content)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    promise = base64.b64decode(first["verification"]["signedEntryTimestamp"])
    public.verify(promise, canonical(promised), ec.ECDSA(hashes.SHA256()))

    assert later["verification"]["signedEntryTimestamp"] == base64.b64encode(promise).decode()
    assert later["verification"]["inclusionProof"]["treeSize"] == 3


def test_the_same_entry_again(made: Sigstore, client: TestClient) -> None:
    """A second entry of the same content is refused with the place of the first, and nothing is added."""
    proposed = Signer(made).statement()
    first = client.post(ENTRIES, json=proposed)
    second = client.post(ENTRIES, json=proposed)
    (uuid,) = first.json()

    assert second.status_code == 409
    assert second.headers["location"] == f"{ENTRIES}/{uuid}"
    assert second.json() == {
        "code": 409,
        "message": f"an equivalent entry already exists in the transparency log with UUID {uuid}",
    }
    assert client.get("/api/v1/log").json()["treeSize"] == 2


def test_the_head(client: TestClient) -> None:
    """The log describes itself: its size, root and signed checkpoint."""
    head = client.get("/api/v1/log").json()
    note = head["signedTreeHead"].split("\n")

    assert note[0] == f"{REKOR} - {head['treeID']}"
    assert note[1:3] == ["1", base64.b64encode(bytes.fromhex(head["rootHash"])).decode()]
    assert head["inactiveShards"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ENTRIES}?logIndex=1", 404),
        (f"{ENTRIES}?logIndex=-1", 404),
        (f"{ENTRIES}?logIndex=\N{SUPERSCRIPT TWO}", 404),
        (ENTRIES, 404),
        (f"{ENTRIES}/{'0' * 64}", 404),
        (f"{ENTRIES}/xyz", 400),
    ],
)
def test_what_is_not_there(client: TestClient, path: str, status: int) -> None:
    """An entry that does not exist is not found, and Rekor's kind of answer says so."""
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, status)


def test_a_refusal(client: TestClient) -> None:
    """What is no entry is refused with the reason."""
    answer = client.post(ENTRIES, json={"kind": "rekord", "apiVersion": "0.0.1"})

    assert answer.json() == {
        "code": 400,
        "message": "entries of kind rekord 0.0.1 are not on the stage",
    }


def test_a_log_without_proof() -> None:
    """With the fault, an entry has its promise alone."""
    made = sigstore(Fault.MISSING_PROOF)
    index = made.rekor.create(Signer(made).file())
    assert isinstance(index, int)
    ((_, entry),) = made.rekor.entry(index).items()

    assert list(entry["verification"]) == ["signedEntryTimestamp"]

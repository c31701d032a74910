import base64
import hashlib
from collections.abc import Iterator

import pytest
from rfc3161_client import (
    TimestampRequestBuilder,
    VerifierBuilder,
    decode_timestamp_response,
)
from starlette.testclient import TestClient

from bonded.rehearsal.stage.sigstore import der
from bonded.rehearsal.stage.sigstore.faults import Conditions
from bonded.rehearsal.stage.sigstore.timestamps import PATH, TimestampAuthority

NOW = 1_800_000_000.7


@pytest.fixture(scope="module")
def clock() -> TimestampAuthority:
    """An authority for whom it is always the same moment."""
    return TimestampAuthority(Conditions(clock=lambda: NOW))


@pytest.fixture
def client(clock: TimestampAuthority) -> Iterator[TestClient]:
    """A client of it."""
    with TestClient(clock.app()) as opened:
        yield opened


@pytest.mark.parametrize("nonce", [True, False])
def test_a_timestamp(clock: TimestampAuthority, client: TestClient, *, nonce: bool) -> None:
    """The answer to a request, with a nonce or without, verifies with the authority's chain and says the second."""
    request = TimestampRequestBuilder().data(b"signature").nonce(nonce=nonce).build()
    answer = client.post(PATH, content=request.as_bytes())
    response = decode_timestamp_response(answer.content)
    own, above, root = clock.chain
    builder = VerifierBuilder().tsa_certificate(own).add_intermediate_certificate(above)
    verifier = builder.add_root_certificate(root).build()
    verifier.verify_message(response, b"signature")

    assert (answer.status_code, answer.headers["content-type"]) == (
        201,
        "application/timestamp-reply",
    )
    assert response.tst_info.gen_time.timestamp() == int(NOW)
    assert response.tst_info.nonce == request.nonce


def test_a_request_in_json(client: TestClient) -> None:
    """sigstore-js asks in JSON and is answered alike."""
    digest = hashlib.sha256(b"signature").digest()
    asked = {"artifactHash": base64.b64encode(digest).decode(), "hashAlgorithm": "sha256"}
    response = decode_timestamp_response(client.post(PATH, json=asked).content)

    assert response.tst_info.message_imprint.message == digest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"0",
        b"\x04\x00",
        der.sequence(),
        der.sequence(der.integer(1), der.integer(2)),
        der.octet_string(der.integer(1) + der.sequence()),
    ],
)
def test_what_is_no_request(client: TestClient, body: bytes) -> None:
    """Anything else is refused."""
    answer = client.post(PATH, content=body)

    assert (answer.status_code, answer.text) == (400, "this is no timestamp request")


def test_another_digest(client: TestClient) -> None:
    """Only SHA-256 is taken in JSON."""
    answer = client.post(PATH, json={"artifactHash": "AAAA", "hashAlgorithm": "sha512"})

    assert answer.text == "the stage's clock takes SHA-256 only"

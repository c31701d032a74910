import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from bonded.oidc.issue import issue
from bonded.publishers.github import ISSUER
from bonded.rehearsal.stage.sigstore.fulcio import Fulcio
from claims_builder import claims, other_key
from sigstore_world import bent, identity_token, signing_request, sigstore

SIGNING = "/api/v2/signingCert"


@pytest.fixture(scope="module")
def fulcio() -> Fulcio:
    """A Fulcio of one evening."""
    return sigstore().fulcio


@pytest.fixture
def client(fulcio: Fulcio) -> Iterator[TestClient]:
    """A client of it."""
    with TestClient(fulcio.app()) as opened:
        yield opened


def key() -> ec.EllipticCurvePrivateKey:
    """Return a new key."""
    return ec.generate_private_key(ec.SECP256R1())


def encoded(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def with_request(pem: bytes | None = None) -> dict[str, Any]:
    """Return a request as sigstore-python sends it."""
    return {"certificateSigningRequest": encoded(pem or signing_request(key()))}


def with_challenge(token: str, private: Any = None, subject: str | None = None) -> dict[str, Any]:
    """Return a request as sigstore-js sends it."""
    private = private or key()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = private.sign((subject or str(claims()["sub"])).encode(), ec.ECDSA(hashes.SHA256()))
    return {
        "credentials": {"oidcIdentityToken": token},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": public.decode()},
            "proofOfPossession": encoded(signed),
        },
    }


def chain_of(answer: Any) -> list[x509.Certificate]:
    """Return the certificates in an answer."""
    assert answer.status_code == 200, answer.text
    texts = answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    return [x509.load_pem_x509_certificate(text.encode()) for text in texts]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_request_of_python(client: TestClient, scheme: str) -> None:
    """A signing request with a bearer token gives a certificate for the request's key, and the chain above it."""
    private = key()
    headers = {"Authorization": f"{scheme} {identity_token()}"}
    leaf, *above = chain_of(
        client.post(SIGNING, json=with_request(signing_request(private)), headers=headers)
    )

    assert leaf.public_key() == private.public_key()
    assert len(above) == 2


def test_a_request_of_javascript(client: TestClient) -> None:
    """A key with a signature over the token's subject, and the token beside it, gives a certificate for that key."""
    private = key()
    leaf, *_ = chain_of(client.post(SIGNING, json=with_challenge(identity_token(), private)))

    assert leaf.public_key() == private.public_key()


def forged() -> str:
    """Return a token that the issuer never signed."""
    now = int(time.time())
    return issue(claims(aud="sigstore", iat=now, nbf=now, exp=now + 300), other_key())


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (lambda: identity_token(aud="pypi"), "the audience must be the text 'sigstore' alone"),
        (
            lambda: identity_token(aud=["sigstore"]),
            "the audience must be the text 'sigstore' alone",
        ),
        (lambda: identity_token(iss="https://issuer.example"), "is not on the stage"),
        (lambda: identity_token(exp=1), "the token ended"),
        (
            lambda: identity_token(job_workflow_ref=...),
            "the claim 'job_workflow_ref' must be a text",
        ),
        (forged, "the issuer has no key"),
        (lambda: "no token", "a signed token has three parts"),
    ],
)
def test_a_token_that_is_no_good(client: TestClient, token: Callable[[], str], why: str) -> None:
    """A token is verified as an index verifies it, for Sigstore's audience; the refusal is Fulcio's with the reason."""
    headers = {"Authorization": f"Bearer {token()}"}
    answer = client.post(SIGNING, json=with_request(), headers=headers)
    body = answer.json()

    assert (answer.status_code, body["code"], body["details"]) == (400, 3, [])
    assert body["message"].startswith("There was an error processing the identity token: ")
    assert why in body["message"]


def tampered() -> bytes:
    """Return a signing request whose signature is of something else."""
    pem = signing_request(key())
    der = bytearray(x509.load_pem_x509_csr(pem).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    text = base64.encodebytes(bytes(der)).decode()
    return (
        f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n".encode()
    )


NO_POSSESSION = "could not be verified"


def other_curve() -> ec.EllipticCurvePrivateKey:
    """Return a key that no client makes."""
    return ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (lambda: b"no request", "signing request could not be parsed"),
        (tampered, NO_POSSESSION),
        (lambda: signing_request(other_curve()), "only keys on P-256"),
    ],
)
def test_a_request_that_proves_nothing(
    client: TestClient, pem: Callable[[], bytes], why: str
) -> None:
    """A signing request must be signed by its own key, on the one curve that is certified."""
    headers = {"Authorization": f"Bearer {identity_token()}"}
    answer = client.post(SIGNING, json=with_request(pem()), headers=headers)

    assert answer.status_code == 400
    assert why in answer.json()["message"]


@pytest.mark.parametrize(
    ("request_for", "why"),
    [
        (lambda token: with_challenge(token, subject="somebody else"), NO_POSSESSION),
        (lambda token: with_challenge(token, other_curve()), "only keys on P-256"),
        (
            lambda token: bent(
                with_challenge(token), "publicKeyRequest", "publicKey", "content", to="PEM"
            ),
            "public key supplied in the request could not be parsed",
        ),
        (
            lambda token: bent(with_challenge(token), "publicKeyRequest", to=...),
            "no publicKeyRequest",
        ),
        (
            lambda token: with_challenge(token) | {"certificateSigningRequest": "!"},
            "not base64",
        ),
    ],
)
def test_a_challenge_that_proves_nothing(
    client: TestClient, request_for: Callable[[str], dict[str, Any]], why: str
) -> None:
    """A signature over the subject must be there, be of this subject and of the key that is to be certified."""
    answer = client.post(SIGNING, json=request_for(identity_token()))

    assert answer.status_code == 400
    assert why in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "code", "why"),
    [
        (b"", 400, 3, "not strict JSON"),
        (b"[]", 400, 3, "not a JSON object"),
        (b"{}", 400, 3, "no credentials.oidcIdentityToken"),
        (b" " * (5 * 1024 * 1024), 413, 8, "at most"),
    ],
)
def test_a_request_that_is_none(
    client: TestClient, body: bytes, status: int, code: int, why: str
) -> None:
    """Whatever is sent, the answer has a code and says why."""
    answer = client.post(SIGNING, content=body, headers={"Authorization": "Basic x"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert why in answer.json()["message"]


def test_what_is_public(client: TestClient) -> None:
    """Anybody may read the authorities, and for whose tokens there are certificates."""
    (chain,) = client.get("/api/v2/trustBundle").json()["chains"]
    (described,) = client.get("/api/v2/configuration").json()["issuers"]

    assert len(chain["certificates"]) == 2
    assert (described["issuerUrl"], described["audience"]) == (ISSUER, "sigstore")
    assert described["challengeClaim"] == "sub"

"""A Sigstore of one evening and an issuer beside it, behind the stage's proxy and TLS, and what is signed there."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pypi_attestations import Attestation, Distribution, GitHubPublisher
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier

from bonded.oidc.issue import issue
from bonded.publishers.github import ISSUER
from bonded.rehearsal.stage.backstage import Backstage
from bonded.rehearsal.stage.environment import environment
from bonded.rehearsal.stage.github import GitHub
from bonded.rehearsal.stage.sigstore.clients import signing_context
from bonded.rehearsal.stage.sigstore.evening import Sigstore
from bonded.rehearsal.stage.sigstore.faults import Fault
from claims_builder import claims, key
from index_world import zipped
from proxy_world import authority

REPOSITORY = "octo/widget"
WORKFLOW = "release.yml"
WHEEL = "widget-1.0-py3-none-any.whl"
STAMPED = frozenset({"iss", "aud", "iat", "nbf", "exp", "jti"})


def issuer() -> GitHub:
    """Return the stage's GitHub with the tests' key."""
    made: Future[object] = Future()
    made.set_result(key())
    return GitHub(made)  # type: ignore[arg-type]  # a future of exactly such a key


def sigstore(*faults: Fault) -> Sigstore:
    """Return a Sigstore with these faults, that nobody serves yet."""
    return Sigstore(issuer(), ISSUER, faults=frozenset(faults), delay=0.0)


def identity_token(*, at: float | None = None, **bent: object) -> str:
    """Return a job's ID token for Sigstore, made now; `...` takes a claim away."""
    now = int(at or time.time())
    times = {"iat": now - 1, "nbf": now - 600, "exp": now + 300}
    return issue(claims(**{"aud": "sigstore", **times, **bent}), key())


def wheel(folder: Path, name: str = WHEEL) -> Path:
    """Write a small wheel, the same bytes whenever, and return its path."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    members = {
        f"{project}.py": b"",
        f"{info}/METADATA": text.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    path = folder / name
    path.write_bytes(zipped(members))
    return path


@dataclass(frozen=True, kw_only=True)
class Evening:
    """The services as they stand, and the variables that lead a client's process to them.

    `job` are those by which a job of GitHub's asks for its ID token.
    """

    sigstore: Sigstore
    backstage: Backstage
    bundle: Path
    variables: Mapping[str, str]
    job: Mapping[str, str]


@contextmanager
def evening(folder: Path, *faults: Fault) -> Iterator[Evening]:
    """Serve a Sigstore over TLS on the loopback, under the hosts of the real one; nothing else can be reached."""
    bundle = folder / "authorities.pem"
    bundle.write_bytes(authority().pem)
    github = issuer()
    made = Sigstore(github, ISSUER, faults=frozenset(faults), delay=0.0)
    with Backstage(made.apps(), authority(), offline=True, desk=github.desk) as backstage:
        backstage.wait_ready()
        github.address = backstage.proxy_url
        plain = {name: str(value) for name, value in claims().items()}
        access = github.admit({name: plain[name] for name in plain.keys() - STAMPED})
        yield Evening(
            sigstore=made,
            backstage=backstage,
            bundle=bundle,
            variables=environment(backstage.proxy_url, bundle),
            job={
                "GITHUB_ACTIONS": "true",
                "ACTIONS_ID_TOKEN_REQUEST_URL": access.request_url,
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": access.request_token,
            },
        )


class Signer:
    """A client by hand: a key, the certificate that a Sigstore gave it, and what it proposes to a log."""

    def __init__(self, made: Sigstore) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        request = {
            "certificateSigningRequest": base64.b64encode(signing_request(self.key)).decode()
        }
        token = identity_token(at=made.conditions.clock())
        self.certificate, *self.chain = made.fulcio.certify(request, token)

    def pem(self) -> str:
        """Return the certificate as logs are told it."""
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.PEM)).decode()

    def sign(self, data: bytes) -> str:
        """Return a signature in base64."""
        return base64.b64encode(self.key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()

    def statement(self, payload: bytes = b"{}") -> dict[str, Any]:
        """Return the proposal of a signed statement."""
        kind = "application/vnd.in-toto+json"
        signed = b"DSSEv1 28 " + kind.encode() + b" %d " % len(payload) + payload
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"keyid": "", "sig": self.sign(signed)}],
        }
        content = {"envelope": json.dumps(envelope), "verifiers": [self.pem()]}
        return {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": content}}

    def file(self, data: bytes = b"data") -> dict[str, Any]:
        """Return the proposal of a signed file."""
        digest = {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}
        signature = {"content": self.sign(data), "publicKey": {"content": self.pem()}}
        spec = {"data": {"hash": digest}, "signature": signature}
        return {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}

    def file_v2(self, data: bytes = b"data") -> dict[str, Any]:
        """Return the same for a log of version 2."""
        raw = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        details = "PKIX_ECDSA_P256_SHA_256"
        verifier = {"keyDetails": details, "x509Certificate": {"rawBytes": raw}}
        signed = {
            "digest": base64.b64encode(hashlib.sha256(data).digest()).decode(),
            "signature": {"content": self.sign(data), "verifier": verifier},
        }
        return {"hashedRekordRequestV002": signed}


def signing_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate signing request, PEM."""
    building = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return building.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def bent(data: dict[str, Any], *path: str | int, to: object) -> dict[str, Any]:
    """Return a deep copy of JSON with the value at a path replaced; `...` takes it away."""
    whole = json.loads(json.dumps(data))
    *way, last = path
    place = whole
    for step in way:
        place = place[step]
    if to is ...:
        del place[last]
    else:
        place[last] = to
    return dict(whole)


def publisher(repository: str = REPOSITORY, workflow: str = WORKFLOW) -> GitHubPublisher:
    """Return whom attestations of this job are from, or somebody near."""
    return GitHubPublisher(repository=repository, workflow=workflow, environment="pypi")


def attestation(at: Evening, file: Path, **bent: object) -> Attestation:
    """Return what pypi-attestations signs of a file, over the wire; `bent` are claims of the token."""
    with context(at).signer(IdentityToken(identity_token(at=None, **bent))) as signer:
        return Attestation.sign(signer, Distribution.from_file(file))


def context(at: Evening) -> SigningContext:
    """Return what signs by the services of an evening."""
    config = at.sigstore.trust_config
    return signing_context(config, proxy=at.backstage.proxy_url, authorities=at.bundle)


def verify(made: Sigstore, signed: Attestation, by: GitHubPublisher) -> str:
    """Return the predicate type of what a publisher signed; raises what sigstore-python raises."""
    verifier = Verifier(trusted_root=made.trust_config.trusted_root)
    _, payload = verifier.verify_dsse(signed.to_bundle(), by._as_policy())
    return str(json.loads(payload)["predicateType"])

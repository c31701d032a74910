"""The small Sigstore of the tests over HTTP: Fulcio and Rekor v1, as far as sigstore-python asks them."""

import base64
import datetime as dt
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import attestation_world as world_module
from attestation_world import ISSUER, Making, World, b64, canonical, sha256
from bonded.attestations.trust_root import SigningTrust, signing_of

CLAIMS: Mapping[str, Any] = {
    "iss": ISSUER,
    "aud": "sigstore",
    "sub": "repo:octo/greeter:environment:pypi",
    "repository": "octo/greeter",
    "repository_id": "1234",
    "repository_owner_id": "99",
    "ref": "refs/tags/v1.0",
    "sha": world_module.SHA,
    "workflow_ref": "octo/greeter/.github/workflows/release.yml@refs/tags/v1.0",
    "job_workflow_ref": "octo/greeter/.github/workflows/release.yml@refs/tags/v1.0",
    "event_name": "push",
    "run_id": "7",
    "run_attempt": "1",
    "runner_environment": "github-hosted",
    "environment": "pypi",
}


def token(**bent: Any) -> str:
    """Return an ID token; nobody here checks who signed it."""
    now = int(dt.datetime.now(dt.UTC).timestamp())
    times = {"iat": now - 5, "nbf": now - 5, "exp": now + 300}
    return jwt.encode({**CLAIMS, **times, **bent}, "k" * 32, algorithm="HS256")


@dataclass(kw_only=True)
class Services:
    """Fulcio and Rekor of a world; `fails` names a path that answers 503, after so many good answers."""

    world: World
    making: Making = field(default_factory=Making)
    rekor: tuple[int, ...] = (1,)
    fails: str = ""
    after: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return status and JSON of one request."""
        self.asked.append(path)
        if self.fails and path.endswith(self.fails) and self.asked.count(path) > self.after:
            return 503, {"code": 14, "message": "down for the tests"}
        return 201, self._certified(body) if "signingCert" in path else self._logged(body)

    def _certified(self, body: dict[str, Any]) -> Any:
        request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        leaf = self.world.certificate(self.making, key)
        pems = [
            one.public_bytes(serialization.Encoding.PEM).decode() for one in (leaf, self.world.ca)
        ]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}

    def _logged(self, body: dict[str, Any]) -> Any:
        proposed = body["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        spec = {
            "envelopeHash": {
                "algorithm": "sha256",
                "value": sha256(proposed["envelope"].encode()).hex(),
            },
            "payloadHash": {
                "algorithm": "sha256",
                "value": sha256(base64.b64decode(envelope["payload"])).hex(),
            },
            "signatures": [
                {"signature": one["sig"], "verifier": verifier}
                for one, verifier in zip(envelope["signatures"], proposed["verifiers"], strict=True)
            ],
        }
        raw = canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        entry = self.world.entry(raw, dt.datetime.now(dt.UTC), "0.0.1")
        proof = entry["inclusionProof"]
        hexed = [base64.b64decode(one).hex() for one in proof["hashes"]]
        return {
            "f" * 64: {
                "body": b64(raw),
                "integratedTime": int(entry["integratedTime"]),
                "logID": base64.b64decode(entry["logId"]["keyId"]).hex(),
                "logIndex": int(entry["logIndex"]),
                "verification": {
                    "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
                    "inclusionProof": {
                        "logIndex": int(proof["logIndex"]),
                        "treeSize": int(proof["treeSize"]),
                        "rootHash": base64.b64decode(proof["rootHash"]).hex(),
                        "hashes": hexed,
                        "checkpoint": proof["checkpoint"]["envelope"],
                    },
                },
            }
        }


def trust_config(services: Services, url: str) -> bytes:
    """Return the client trust configuration that leads to the services."""

    def service(version: int = 1) -> dict[str, Any]:
        valid = {"start": "2020-01-01T00:00:00Z"}
        return {"url": url, "majorApiVersion": version, "validFor": valid, "operator": "tests"}

    signing = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service()],
        "oidcUrls": [service()],
        "rekorTlogUrls": [service(version) for version in services.rekor],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": [],
        "tsaConfig": {"selector": "ANY"},
    }
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": services.world.trusted_root(),
            "signingConfig": signing,
        }
    ).encode()


@contextmanager
def serving(services: Services) -> Iterator[SigningTrust]:
    """Serve on loopback, certify from now on, and yield what leads there."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            status, value = services.answer(self.path, json.loads(raw))
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    since = dt.datetime.now(dt.UTC).replace(microsecond=0) - world_module.NOW
    services.making.begins += since
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield signing_of(trust_config(services, url), source="the Sigstore of the tests")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

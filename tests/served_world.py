"""`bonded serve` as a process over TLS, a job of GitHub's beside it, and the clients that people use."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bonded.oidc.issue import issue
from bonded.publishers.github import ISSUER
from index_world import sdist_offer, signing_key, wheel_offer

BIN = Path(sys.executable).parent
REQUEST_TOKEN = "of-this-job"


def measured() -> dict[str, str]:
    """Return the variables by which a run under coverage goes on in other processes."""
    return {name: text for name, text in os.environ.items() if name.startswith("COVERAGE_")}


@dataclass(frozen=True)
class Certificate:
    """Files in PEM form: a chain, its key, and the authority that vouches for it."""

    chain: Path
    key: Path
    authority: Path


def certificate(folder: Path, *names: str) -> Certificate:
    """Make an authority and a certificate for these hosts; without a host it names none."""
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    titles = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("tests", "leaf")
    ]

    def made(which: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(titles[which])
            .issuer_name(titles[0])
            .public_key(keys[which].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=not which, path_length=None), critical=True)
        )

    leaf = made(1)
    if names:
        leaf = leaf.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    found = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    for path, builder in ((found.authority, made(0)), (found.chain, leaf)):
        signed = builder.sign(keys[0], hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return found


@dataclass
class Job:
    """A job of GitHub Actions that may ask for ID tokens; `claims` can be bent between two runs."""

    url: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    given: int = 0

    def environ(self) -> dict[str, str]:
        """Return what GitHub sets for a job with `id-token: write`."""
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        }

    def token(self, audience: str) -> str:
        """Return a new ID token."""
        self.given += 1
        now = int(time.time())
        workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
        complete: dict[str, object] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": "repo:octo/greeter:environment:release",
            "jti": f"job-{now}-{self.given}",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "repository": "octo/greeter",
            "repository_id": "2",
            "repository_owner": "octo",
            "repository_owner_id": "1",
            "workflow_ref": workflow,
            "job_workflow_ref": workflow,
            "ref": "refs/tags/v1",
            "sha": "a" * 40,
            "event_name": "push",
            "environment": "release",
        }
        return issue({**complete, **self.claims}, signing_key())


@contextmanager
def job() -> Iterator[Job]:
    """Answer requests for ID tokens while the block runs."""
    running = Job()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Give a token to whoever has the request token."""
            known = self.headers.get("authorization", "").lower() == f"bearer {REQUEST_TOKEN}"
            asked = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
            body = json.dumps({"value": running.token(asked)} if known else {}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    running.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Served:
    """An index that is served, and everything around it."""

    home: Path
    data: Path
    said: Mapping[str, Any]
    process: subprocess.Popen[str]
    job: Job
    tls: Certificate

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.said["address"])

    def environ(self) -> dict[str, str]:
        """Return an environment that trusts the certificate, and has nothing of this machine's settings."""
        trusted = str(self.tls.authority)
        return {
            **measured(),
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "COLUMNS": "300",
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
            "NO_PROXY": "*",
        }

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a client."""
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.home,
            env=self.environ() | environ,
            text=True,
            capture_output=True,
            check=False,
        )

    def publisher(self, *words: str) -> dict[str, Any]:
        """Run `bonded publisher` on the folder while the index is served, and read its JSON."""
        done = self.run(
            "bonded", "publisher", words[0], "--data", str(self.data), "--json", *words[1:]
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict)
        return answer

    def register(self, *more: str) -> str:
        """Let the job publish `greeter`, and return the publisher's id."""
        form = "--owner octo --repository-owner-id 1 --repository greeter --workflow-filename release.yml"
        words = ("add", "greeter", "--kind", "github", *form.split(), *more)
        return str(self.publisher(*words)["id"])

    def uv(self, *files: Path) -> subprocess.CompletedProcess[str]:
        """Publish as a job does with uv."""
        where = f"{self.address}/legacy/"
        return self.run(
            "uv",
            "publish",
            "--trusted-publishing",
            "always",
            "--publish-url",
            where,
            *map(str, files),
            **self.job.environ(),
        )

    def twine(self, token: str, *files: Path) -> subprocess.CompletedProcess[str]:
        """Publish with twine and a token."""
        return self.run(
            "twine",
            "upload",
            "--verbose",
            "--non-interactive",
            "--repository-url",
            f"{self.address}/legacy/",
            *("-u", "__token__", "-p", token),
            *map(str, files),
        )

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """Give a client that trusts the certificate."""
        import ssl

        context = ssl.create_default_context(cafile=str(self.tls.authority))
        with httpx2.Client(base_url=self.address, verify=context, trust_env=False) as client:
            yield client

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """End the server and return its exit code and what it said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


def distributions(folder: Path) -> tuple[Path, Path]:
    """Return a wheel and a source distribution of `greeter`."""
    paths = []
    for offer in (wheel_offer(), sdist_offer()):
        assert offer.filename is not None
        paths.append(folder / offer.filename)
        paths[-1].write_bytes(offer.data)
    wheel, sdist = paths
    return wheel, sdist


def started(
    folder: Path, *options: str, environ: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start `bonded serve` and wait until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bonded", "serve", "--json", *options],
        cwd=folder,
        # Lines about requests would fill the pipe, which nobody reads before the end.
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "BONDED_LOG_REQUESTS": "false",
            **measured(),
            **(environ or {}),
        },
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, err = process.communicate(timeout=30)
        raise AssertionError(err)
    return process, json.loads(line)


@contextmanager
def served(folder: Path, settings: str = "") -> Iterator[Served]:
    """Serve an index with a certificate and the pinned keys of GitHub's issuer, and play a job."""
    tls = certificate(folder, "localhost")
    (folder / "keys.json").write_text(json.dumps(signing_key().jwks()))
    (folder / "bonded.toml").write_text(
        f'{settings}\n[[issuers]]\nurl = "{ISSUER}"\nkind = "github"\nkeys = "keys.json"\n'
    )
    data = folder / "data"
    tls_options = ("--tls-cert", str(tls.chain), "--tls-key", str(tls.key))
    process, said = started(
        folder,
        *("--data", str(data), "--config", str(folder / "bonded.toml"), "--port", "0"),
        *tls_options,
    )
    try:
        with job() as running:
            yield Served(folder, data, said, process, running, tls)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

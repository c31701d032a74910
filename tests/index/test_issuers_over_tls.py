"""An issuer behind an authority of one's own: asked for its keys over TLS by a server that is told whom to believe."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bonded.oidc.issue import issue
from claims_gitlab import REF, claims
from index_world import signing_key
from issuer_server import answer, authority_bundle, server_tls
from issuer_server import serving as issuer_serving
from served_world import measured

FORM = (
    *("--kind", "gitlab", "--namespace", "acme/tasks", "--project", "widget"),
    *("--workflow-filepath", ".gitlab-ci.yml"),
)


@dataclass
class Index:
    """A served index, and what its owner and its clients do with it."""

    folder: Path
    issuer: str
    environ: dict[str, str]
    address: str = ""
    log: str = ""

    def owner(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `bonded` as the owner."""
        return subprocess.run(
            [sys.executable, "-m", "bonded", *words],
            cwd=self.folder,
            env=self.environ,
            text=True,
            capture_output=True,
            check=False,
            **options,
        )

    def token(self) -> str:
        """Return a token of the issuer."""
        now = int(time.time())
        bent = {"iss": self.issuer, "aud": "here", "iat": now, "nbf": now, "exp": now + 300}
        host = self.issuer.removeprefix("https://")
        file = f"{host}/acme/tasks/widget//.gitlab-ci.yml@{REF}"
        return issue(claims(**bent, ci_config_ref_uri=file), signing_key())

    def exchange(self) -> httpx2.Response:
        """Present a token."""
        where = f"{self.address}/_/oidc/mint-token"
        return httpx2.post(where, json={"token": self.token()}, trust_env=False, timeout=30)


@contextmanager
def issuer(folder: Path) -> Iterator[str]:
    """Run an issuer on this machine with a certificate of the tests' authority; give its address."""
    with issuer_serving(tls=server_tls(folder, "localhost")) as server:
        url = f"https://localhost:{server.port}"
        document = {"issuer": url, "jwks_uri": f"{url}/keys"}
        server.answers["/.well-known/openid-configuration"] = answer(json.dumps(document).encode())
        server.answers["/keys"] = answer(json.dumps(signing_key().jwks()).encode())
        yield url


@contextmanager
def index(folder: Path, url: str, *, top: str = "", own: str = "", **more: str) -> Iterator[Index]:
    """Serve an index that trusts the issuer as a GitLab, with a publisher of it; at the end there is its log."""
    (folder / "own.toml").write_text(
        f'issuers-only = true\n{top}\n[[issuers]]\nurl = "{url}"\nkind = "gitlab"\n'
        f"private-network = true\n{own}\n"
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), **measured(), **more}
    options = ("--data", "data", "--port", "0", "--config", "own.toml", "--audience", "here")
    process = subprocess.Popen(
        [sys.executable, "-m", "bonded", "serve", "--json", *options],
        cwd=folder,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    found = Index(folder, url, environ)
    try:
        assert process.stdout is not None
        found.address = json.loads(process.stdout.readline())["address"]
        words = ("publisher", "add", "widget", "--pending", "--data", "data", "--issuer-url", url)
        added = found.owner(*words, *FORM)
        assert added.returncode == 0, added.stderr
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        found.log = process.communicate(timeout=30)[1]


@pytest.mark.parametrize("by", ["top", "own", "SSL_CERT_FILE"])
def test_keys_come_over_a_private_authority(tmp_path: Path, by: str) -> None:
    """The authority is named for all issuers, for one, or by SSL_CERT_FILE: its keys come, a token is minted."""
    bundle = authority_bundle(tmp_path)
    named = str(bundle) if by == "SSL_CERT_FILE" else f'ca-bundle = "{bundle.name}"'
    with issuer(tmp_path) as url, index(tmp_path, url, **{by: named}) as served:
        response = served.exchange()
        tested = served.owner("publisher", "test", "--data", "data", "--token", served.token())

    assert response.status_code == 200, response.text
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_why_keys_cannot_be_had_is_told_to_the_owner_alone(tmp_path: Path) -> None:
    """Whoever asks learns that there are no keys now; the log, the list of exchanges and a test say why."""
    with issuer(tmp_path) as url, index(tmp_path, url) as served:
        response = served.exchange()
        tested = served.owner("publisher", "test", "--data", "data", "--token", served.token())

    assert response.status_code == 503
    assert "CERTIFICATE" not in response.text
    assert "CERTIFICATE_VERIFY_FAILED" in tested.stdout
    (line,) = [line for line in served.log.splitlines() if "refused" in line]
    assert url in line
    assert "CERTIFICATE_VERIFY_FAILED" in line
    assert served.token() not in served.log

"""A private index over TLS, with the clients that people use: uv, pip and twine, unmodified."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from served_world import Served, distributions, served

pytestmark = pytest.mark.play

Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a private index that has a wheel and a source distribution, uploaded by twine with an API token."""
    folder = tmp_path_factory.mktemp("private")
    with served(folder, '[access]\nread = "token"\n') as running:
        words = ("token", "add", "ci", "--scope", "upload", "--project", "greeter", "--create")
        run(running, "bonded", *words, "--out", "ci", "--data", str(running.data))
        secret = (folder / "ci").read_text().strip()
        done = running.twine(secret, *distributions(folder))
        assert done.returncode == 0, done.stdout
        run(running, *_add("reader"))
        yield running


def _add(name: str, scope: str = "read") -> tuple[str, ...]:
    return ("bonded", "token", "add", name, "--scope", scope, "--out", name, "--data", "data")


def run(index: Served, *command: str, **environ: str) -> Run:
    """Run a program that must succeed."""
    done = index.run(*command, **environ)
    assert done.returncode == 0, done.stderr
    return done


def secret(index: Served, name: str = "reader") -> str:
    """Return a token."""
    return (index.home / name).read_text().strip()


def simple(index: Served, credentials: str = "") -> str:
    """Return the index's address for installers."""
    return f"https://{credentials}{urlsplit(index.address).netloc}/simple/"


def with_uv(index: Served, url: str, **environ: str) -> Run:
    """Install `greeter` with uv into a folder of its own."""
    target = index.home / "by-uv"
    shutil.rmtree(target, ignore_errors=True)
    words = ("pip", "install", "--no-cache", "--target", str(target), "--python", sys.executable)
    return index.run("uv", *words, "--index-url", url, "greeter", **environ)


def with_pip(index: Served, url: str, **environ: str) -> Run:
    """Install `greeter` with pip into a folder of its own."""
    target = index.home / "by-pip"
    shutil.rmtree(target, ignore_errors=True)
    words = ("install", "--no-input", "--no-cache-dir", "--disable-pip-version-check")
    more = ("--target", str(target), "--index-url", url, "greeter")
    return index.run("pip", *words, *more, PIP_CERT=str(index.tls.authority), **environ)


INSTALLERS = [pytest.param(with_uv, id="uv"), pytest.param(with_pip, id="pip")]
Install = Callable[..., Run]


@pytest.mark.parametrize("install", INSTALLERS)
def test_a_token_in_the_url_installs(index: Served, install: Install) -> None:
    """The page, the metadata and the file all come with it."""
    done = install(index, simple(index, f"__token__:{secret(index)}@"))

    assert done.returncode == 0, done.stderr
    assert secret(index) not in done.stdout + done.stderr


@pytest.mark.parametrize("install", INSTALLERS)
def test_a_token_in_netrc_installs(index: Served, install: Install, tmp_path: Path) -> None:
    """Where the address is in a lock file, the token is not."""
    netrc = tmp_path / "netrc"
    host = urlsplit(index.address).hostname
    netrc.write_text(f"machine {host} login __token__ password {secret(index)}\n")
    netrc.chmod(0o600)
    done = install(index, simple(index), NETRC=str(netrc))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("install", INSTALLERS)
def test_a_token_in_the_keyring_installs(index: Served, install: Install) -> None:
    """Both ask the program `keyring` for the password of `__token__`."""
    bin_ = index.home / "bin"
    bin_.mkdir(exist_ok=True)
    program = bin_ / "keyring"
    program.write_text(f'#!/bin/sh\n[ "$3" = __token__ ] && echo {secret(index)}\n')
    program.chmod(0o755)
    path = f"{bin_}:{index.environ()['PATH']}"
    done = install(
        index,
        simple(index, "__token__@"),
        PATH=path,
        UV_KEYRING_PROVIDER="subprocess",
        PIP_KEYRING_PROVIDER="subprocess",
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("install", INSTALLERS)
@pytest.mark.parametrize("credentials", ["", "__token__:bonded-nonsense@", "someone:else@"])
def test_nobody_else_installs(index: Served, install: Install, credentials: str) -> None:
    """Neither without a token nor with a wrong one; the client says that it is not let in."""
    done = install(index, simple(index, credentials))

    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "401" in said or "credentials" in said.lower() or "no matching" in said.lower(), said


@pytest.mark.parametrize("install", INSTALLERS)
def test_a_revoked_token_installs_nothing(index: Served, install: Install) -> None:
    """At the next request, while the server runs."""
    run(index, *_add("short"))
    url = simple(index, f"__token__:{secret(index, 'short')}@")
    before = install(index, url).returncode
    run(index, "bonded", "token", "revoke", "short", "--data", "data")
    after = install(index, url).returncode
    (index.home / "short").unlink()

    assert before == 0
    assert after != 0


def test_a_job_publishes_without_reading(index: Served) -> None:
    """Trusted publishing needs no token to read with; what it mints does not read."""
    index.register()
    wheel, _ = distributions(index.home)
    with index.client() as client:
        audience = client.get("/_/oidc/audience").json()["audience"]
        minted = client.post("/_/oidc/mint-token", json={"token": index.job.token(audience)})
        token = minted.json()["token"]
        closed = client.get("/simple/greeter/", auth=("__token__", token))
    again = index.uv(wheel)

    assert minted.status_code == 200
    assert closed.status_code == 401
    assert again.returncode == 0, again.stderr

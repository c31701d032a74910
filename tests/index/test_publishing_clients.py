"""Every client that people publish with, unmodified, over TLS; and installers that check what they get."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from served_world import Served, distributions, served

pytestmark = pytest.mark.play

PYPROJECT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "greeter"
version = "1.0"
description = "Greets"
"""

AS = {"pdm": "pdm[locked]", "python": "setuptools==65.5.0"}
"""What is asked for where it is not the name alone: pdm 2.29 fails with the newest of its dependencies. This setuptools
is the one that Python 3.11 brought, with distutils' `upload`."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Served]:
    """Serve an index, to whose project `greeter` the job may publish."""
    with served(tmp_path) as running:
        running.register("--pending", "--environment", "release")
        yield running


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return what installs a client into an environment of its own, as users have it, and returns its program."""
    folder = tmp_path_factory.mktemp("clients")

    def install(name: str) -> str:
        home = folder / name
        if not home.exists():
            uv = str(Path(sys.executable).parent / "uv")
            subprocess.run([uv, "venv", "-q", str(home)], check=True)
            python = str(home / "bin" / "python")
            done = subprocess.run(
                [uv, "pip", "install", "-q", "--python", python, AS.get(name, name)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                pytest.skip(f"{name} cannot be had here: {done.stderr}")
        return str(home / "bin" / name)

    return install


def minted(index: Served) -> str:
    """Exchange an ID token of the job for an upload token, as every client with a token of its own needs it."""
    with index.client() as client:
        audience = client.get("/_/oidc/audience").json()["audience"]
        answer = client.post("/_/oidc/mint-token", json={"token": index.job.token(audience)})
        return str(answer.json()["token"])


def published(index: Served) -> dict[str, str]:
    """Return the files that installers see, with their SHA-256."""
    with index.client() as client:
        page = client.get(
            "/simple/greeter/", headers={"accept": "application/vnd.pypi.simple.v1+json"}
        )
        return {one["filename"]: one["hashes"]["sha256"] for one in page.json()["files"]}


def project(folder: Path, *, is_built: bool) -> Path:
    """Make a project, with two distributions unless its client builds them itself, and return its folder."""
    home = folder / "project"
    (home / "dist").mkdir(parents=True)
    (home / "pyproject.toml").write_text(PYPROJECT)
    (home / "greeter.py").write_text('"""Greets."""\n')
    if is_built:
        distributions(home / "dist")
    return home


def commands(name: str, program: str, home: Path, url: str, ca: str) -> list[list[str]]:
    """Return how a client is told to publish a project that is built; the token is in its environment."""
    files = [str(path) for path in sorted((home / "dist").iterdir())]
    return {
        "uv": [[program, "publish", "--publish-url", url, *files]],
        "twine": [[program, "upload", "--non-interactive", "--repository-url", url, *files]],
        "pdm": [[program, "publish", "-p", str(home), "--no-build", "-r", url, "--ca-certs", ca]],
        "hatch": [[program, "publish", "-n", "-r", url, "--ca-cert", ca, *files]],
        "flit": [[program, "-f", str(home / "pyproject.toml"), "publish"]],
        "poetry": [
            [program, "config", "-n", "repositories.ours", url],
            [program, "config", "-n", "certificates.ours.cert", ca],
            [program, "publish", "-n", "-C", str(home), "-r", "ours"],
        ],
    }[name]


def environ(url: str, token: str) -> dict[str, str]:
    """Return the variables in which each client looks for its token, and flit for the index."""
    pairs = (
        ("TWINE_USERNAME", "TWINE_PASSWORD"),
        ("PDM_PUBLISH_USERNAME", "PDM_PUBLISH_PASSWORD"),
        ("HATCH_INDEX_USER", "HATCH_INDEX_AUTH"),
        ("FLIT_USERNAME", "FLIT_PASSWORD"),
        ("POETRY_HTTP_BASIC_OURS_USERNAME", "POETRY_HTTP_BASIC_OURS_PASSWORD"),
    )
    given = {
        name: text for pair in pairs for name, text in zip(pair, ("__token__", token), strict=True)
    }
    return {
        **given,
        "UV_PUBLISH_TOKEN": token,
        "FLIT_INDEX_URL": url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@pytest.mark.parametrize("name", ["uv", "twine", "pdm", "hatch", "flit", "poetry"])
def test_it_publishes_and_uv_installs(
    index: Served, client: Callable[[str], str], tmp_path: Path, name: str
) -> None:
    """Both files arrive as they were sent, under what they are, and can be installed at once."""
    home, url = project(tmp_path, is_built=name != "flit"), f"{index.address}/legacy/"
    program = name if name in {"uv", "twine"} else client(name)
    token = minted(index)
    for command in commands(name, program, home, url, str(index.tls.authority)):
        done = index.run(*command, **environ(url, token))
        assert done.returncode == 0, done.stdout + done.stderr
    sent = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (home / "dist").iterdir()
    }

    assert published(index) == sent
    assert installed(index, tmp_path, "greeter==1.0").returncode == 0
    whole = index.run("bonded", "fsck", "--data", str(index.data))
    assert (whole.returncode, "2 files" in whole.stdout) == (0, True)


def test_setup_py_uploads(index: Served, client: Callable[[str], str], tmp_path: Path) -> None:
    """`setup.py sdist upload`: its form calls itself 1.0, has classifiers, and says None where there is nothing."""
    home = tmp_path / "old"
    home.mkdir()
    (home / "greeter.py").write_text('"""Greets."""\n')
    (home / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='greeter', version='1.0', description='Greets', py_modules=['greeter'],\n"
        "      python_requires='>=3.8', classifiers=['Programming Language :: Python :: 3'])\n"
    )
    (tmp_path / ".pypirc").write_text(
        f"[distutils]\nindex-servers = ours\n[ours]\nrepository = {index.address}/legacy/\n"
        f"username = __token__\npassword = {minted(index)}\n"
    )
    done = subprocess.run(
        [client("python"), "setup.py", "-q", "sdist", "upload", "-r", "ours"],
        cwd=home,
        env={**os.environ, "HOME": str(tmp_path), "SSL_CERT_FILE": str(index.tls.authority)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert list(published(index)) == ["greeter-1.0.tar.gz"]
    with index.client() as asking:
        (file,) = asking.get("/pypi/greeter/1.0/json").json()["urls"]
        info = asking.get("/pypi/greeter/json").json()["info"]
    assert file["requires_python"] == ">=3.8"
    assert (info["author"], info["classifiers"]) == (None, ["Programming Language :: Python :: 3"])


def test_setuptools_old_form(index: Served, tmp_path: Path) -> None:
    """The form of setuptools' and distutils' `upload`: a misspelt field, only an MD5, UNKNOWN, long hyphens."""
    wheel, _ = distributions(tmp_path)
    data = wheel.read_bytes()
    boundary = "--------------GHSKFJDLGDS7543FJKLFHRE75642756743254"
    fields = {
        ":action": "file_upload",
        "protcol_version": "1",
        "metadata_version": "2.1",
        "name": "greeter",
        "version": "1.0",
        "summary": "UNKNOWN",
        "home_page": "",
        "author": "UNKNOWN",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "md5_digest": hashlib.md5(data).hexdigest(),
        "comment": "",
    }
    parts = [(f'name="{name}"', text.encode()) for name, text in fields.items()]
    parts.append((f'name="content"; filename="{wheel.name}"', data))
    body = b""
    for head, content in parts:
        body += f"\r\n--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
        body += content
    body += f"\r\n--{boundary}--\r\n".encode()

    with index.client() as client:
        answer = client.post(
            "/legacy/",
            content=body,
            headers={"content-type": f"multipart/form-data; boundary={boundary}"},
            auth=httpx2.BasicAuth("__token__", minted(index)),
        )

    assert (answer.status_code, list(published(index))) == (200, [wheel.name]), answer.text


def installed(
    index: Served, folder: Path, *what: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Install with uv, from the index alone."""
    where = ("--python", sys.executable, "--target", str(folder / "out"))
    return index.run(
        *("uv", "pip", "install", "--no-cache", *where),
        *("--index-url", f"{index.address}/simple/", *what),
        **environ,
    )


def pip(index: Served, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pip of an environment of its own, against the index alone."""
    home = folder / "pip"
    if not home.exists():
        assert index.run("uv", "venv", "--seed", "-q", str(home), **machine()).returncode == 0
    where = ("--index-url", f"{index.address}/simple/", "--cert", str(index.tls.authority))
    return index.run(
        str(home / "bin" / "pip"), "--isolated", "install", "--no-cache-dir", *where, *words
    )


def machine() -> dict[str, str]:
    """Return this machine's own environment, to fetch pip with."""
    return dict(os.environ) | {"SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE", "")}


LOCKS = {
    "requirements.txt": "greeter==1.0 --hash=sha256:{sha256}\n",
    "pylock.toml": """\
lock-version = "1.0"
created-by = "tests"

[[packages]]
name = "greeter"
version = "1.0"
wheels = [{{ url = "{url}", hashes = {{ sha256 = "{sha256}" }} }}]
""",
}


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("lock", LOCKS)
def test_installers_check_the_hash(
    index: Served, tmp_path: Path, installer: str, lock: str
) -> None:
    """With the right hash in a lock file the wheel is installed, with another one it is refused."""
    wheel, sdist = distributions(tmp_path)
    assert index.uv(wheel, sdist).returncode == 0
    with index.client() as client:
        kind = "application/vnd.pypi.simple.v1+json"
        page = client.get("/simple/greeter/", headers={"accept": kind}).json()
    (url,) = (one["url"] for one in page["files"] if one["filename"] == wheel.name)
    good, bad = published(index)[wheel.name], "0" * 64
    codes, told = [], ""
    for sha256 in (bad, good):
        (tmp_path / lock).write_text(
            LOCKS[lock].format(sha256=sha256, url=httpx2.URL(index.address).join(url))
        )
        where = str(tmp_path / lock)
        hashed = ("--require-hashes",) if lock.endswith(".txt") else ()
        if installer == "uv":
            done = installed(index, tmp_path, *hashed, "-r", where)
        else:
            done = pip(index, tmp_path, *hashed, "--only-binary", ":all:", "-r", where)
        codes.append(done.returncode == 0)
        told += done.stdout + done.stderr

    assert codes == [False, True], told
    assert "hash" in told.lower()


def test_uv_locks_and_syncs(index: Served, tmp_path: Path) -> None:
    """`uv lock` writes our hashes into its lock, and `uv sync` installs by it, refusing what differs from it."""
    wheel, sdist = distributions(tmp_path)
    assert index.uv(wheel, sdist).returncode == 0
    home = tmp_path / "app"
    home.mkdir()
    (home / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.11"\n'
        'dependencies = ["greeter"]\n[[tool.uv.index]]\n'
        f'url = "{index.address}/simple/"\ndefault = true\n'
    )
    where = ("--project", str(home), "--python", sys.executable, "--no-cache")
    locked = index.run("uv", "lock", *where)
    sha256 = published(index)[wheel.name]
    lock = home / "uv.lock"
    text = lock.read_text()
    synced = index.run("uv", "sync", "--locked", *where)
    lock.write_text(text.replace(sha256, "0" * 64))
    refused = index.run("uv", "sync", "--frozen", "--reinstall", *where)

    assert (locked.returncode, synced.returncode) == (0, 0), locked.stderr + synced.stderr
    assert f"sha256:{sha256}" in text
    assert list((home / ".venv").glob("lib/*/site-packages/greeter/__init__.py"))
    assert refused.returncode != 0
    assert "hash" in refused.stderr.lower()

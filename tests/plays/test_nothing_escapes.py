"""Nothing that a step does brings a byte to the real indexes: not by addresses, configuration or variables.

The rehearsal runs where the real hosts lead to a canary. With the kernel's namespaces a step may throw its proxy away
and still arrive nowhere; without them, every tool that is told another address is still led to the stage.
"""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bonded.dists import endpoints
from plays.conftest import Play

pytestmark = pytest.mark.play

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"

[project]
name = "runaway"
version = "1.0.0"
requires-python = ">=3.11"

[project.urls]
Source = "https://github.com/octo/runaway"
"""

HEAD = """\
on:
  push:
    tags: ["v*"]
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: uv build
"""

TOKEN = "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMAACKlszLCIwMDAw"  # looks like one


def polite() -> dict[str, str]:
    """Return scripts that try other addresses and settings, but leave the proxy's variables alone."""
    pypi, test = endpoints.pypi(), endpoints.testpypi()
    real = f"--publish-url {pypi.upload_url}"
    return {
        "default address": f"uv publish --token {TOKEN}",
        "address of PyPI": f"uv publish {real} --token {TOKEN}",
        "address of TestPyPI": f"uv publish --publish-url {test.upload_url} --token {TOKEN}",
        "letter case": f"uv publish --publish-url {_shouted(pypi.upload_url)} --token {TOKEN}",
        "trailing dot": f"uv publish --publish-url {pypi.upload_url.replace('/legacy', './legacy', 1)} --token {TOKEN}",
        "port": f"uv publish --publish-url {pypi.upload_url.replace('/legacy', ':443/legacy', 1)} --token {TOKEN}",
        "plain http": f"uv publish --publish-url {pypi.upload_url.replace('https', 'http')} --token {TOKEN}",
        "user information": f"uv publish --publish-url {pypi.upload_url.replace('//', '//__token__:x@')}",
        "UV_PUBLISH_URL": f"UV_PUBLISH_URL={test.upload_url} UV_PUBLISH_TOKEN={TOKEN} uv publish",
        "UV_INDEX": (
            f"UV_INDEX=x={pypi.simple_url} UV_DEFAULT_INDEX={pypi.simple_url} "
            "uv pip install --target t --no-deps runaway"
        ),
        "UV_CONFIG_FILE": (
            f"printf 'publish-url = \"{pypi.upload_url}\"\\n' > /tmp/uv.toml; "
            f"UV_CONFIG_FILE=/tmp/uv.toml uv publish --token {TOKEN}"
        ),
        "UV_NATIVE_TLS": f"UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 uv publish --token {TOKEN}",
        "UV_INSECURE_HOST": f"UV_INSECURE_HOST='*' uv publish --token {TOKEN}",
        "PIP variables": (
            f"PIP_INDEX_URL={pypi.simple_url} PIP_EXTRA_INDEX_URL={test.simple_url} PIP_TRUSTED_HOST='*' "
            "PIP_CONFIG_FILE=/dev/null python -m pip download --no-deps runaway"
        ),
        "PIP_PROXY": f"PIP_PROXY= PIP_INDEX_URL={pypi.simple_url} python -m pip download --no-deps runaway",
        "curl": f"curl -sS -F :action=file_upload -u __token__:{TOKEN} {pypi.upload_url}",
        "python": f"python -c \"import urllib.request as u; u.urlopen('{pypi.upload_url}', b'x')\"",
        ".pypirc": (
            f"printf '[distutils]\\nindex-servers = evil\\n[evil]\\nrepository = {pypi.upload_url}\\n"
            f"username = __token__\\npassword = {TOKEN}\\n' > ~/.pypirc; "
            f"{shlex.quote(sys.executable)} -m twine upload -r evil dist/*"
        ),
        "TWINE variables": (
            f"TWINE_REPOSITORY_URL={pypi.upload_url} TWINE_USERNAME=__token__ TWINE_PASSWORD={TOKEN} "
            f"TWINE_CERT= {shlex.quote(sys.executable)} -m twine upload dist/*"
        ),
    }


def _shouted(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host.upper()}/{path}"


def rude() -> dict[str, str]:
    """Return scripts that throw the proxy away."""
    upload = endpoints.pypi().upload_url
    none = "env -u HTTPS_PROXY -u https_proxy -u HTTP_PROXY -u http_proxy -u ALL_PROXY -u all_proxy"
    return {
        "no proxy variables": f"{none} uv publish --token {TOKEN}",
        "NO_PROXY": f"NO_PROXY='*' no_proxy='*' uv publish --token {TOKEN}",
        "empty environment": f"env -i PATH=$PATH HOME=/tmp uv publish --token {TOKEN} dist/*",
        "curl without proxy": f"curl -sS --noproxy '*' -k -d x {upload}",
        "a socket": "python -c \"import socket; socket.create_connection(('127.0.0.1', 443), 5)\"",
        "a look-up": f"python -c \"import socket; socket.create_connection(('{upload.split('/')[2]}', 443), 5)\"",
        "root": f"sudo -n curl -sS --noproxy '*' -k -d x {upload} || unshare -n true",
        "the way back": "nsenter --target 1 --net curl -sS -k https://localhost || true; nsenter -t $PPID -n true",
    }


@dataclass(frozen=True)
class Caught:
    """What came of a rehearsal with the canary beside it."""

    data: dict[str, Any]
    seen: list[int]


def trapped(tmp_path: Path, scripts: dict[str, str], *options: str) -> Caught:
    """Rehearse a project whose steps are these scripts, each allowed to fail."""
    folder = tmp_path / "runaway"
    (folder / "src" / "runaway").mkdir(parents=True)
    (folder / "src" / "runaway" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    steps = "".join(
        f"      - name: {json.dumps(name)}\n        continue-on-error: true\n        timeout-minutes: 1\n"
        f"        run: {json.dumps(script)}\n"
        for name, script in scripts.items()
    )
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "release.yml").write_text(HEAD + steps)
    result = tmp_path / "result.json"
    hosts = sorted({host for one in endpoints.known() for host in one.hosts})
    namespaces = ["unshare", "--net", "--mount"] + (
        [] if os.geteuid() == 0 else ["--map-root-user"]
    )
    command = [
        sys.executable,
        "-m",
        "bonded",
        "rehearse",
        str(folder),
        "--offline",
        "--json",
        *options,
    ]
    canary = [sys.executable, str(Path(__file__).with_name("canary.py")), str(result), *hosts, "--"]
    subprocess.run([*namespaces, *canary, *command], check=True, timeout=300)
    data = json.loads(result.read_text())
    assert data["out"], data["err"]
    return Caught(json.loads(data["out"]), data["seen"])


@pytest.fixture
def warm(play: Play, tmp_path: Path) -> None:
    """Fill the cache with what a build needs, because the trap has no way out."""
    folder = tmp_path / "warm"
    folder.mkdir()
    (folder / "src" / "runaway").mkdir(parents=True)
    (folder / "src" / "runaway" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "release.yml").write_text(
        HEAD + "      - run: uv publish\n"
    )
    assert play(folder).data["verdict"] == "READY"


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("options", [(), ("--no-isolation",)], ids=["namespaces", "proxy only"])
def test_addresses_and_settings_lead_to_the_stage(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whatever address, configuration file or variable a tool is given, the canary never sees it."""
    caught = trapped(tmp_path, polite(), *options)

    assert caught.data["isolation"] == ("proxy only" if options else "namespaces")
    assert caught.seen == [80]  # the trap's own proof that it works
    hosts = {host for one in endpoints.known() for host in one.hosts}
    went = {c["went"] for c in caught.data["connections"] if c["host"].rstrip(".").lower() in hosts}
    assert went <= {"stage", "refused"}
    assert "stage" in went
    assert caught.data["published"] == []  # and no invented token opens the stage's index


@pytest.mark.usefixtures("warm")
def test_a_step_without_the_proxy_arrives_nowhere(tmp_path: Path) -> None:
    """In the namespaces, a step that throws the proxy away cannot reach the canary, nor leave in another way."""
    caught = trapped(tmp_path, rude())

    assert caught.data["isolation"] == "namespaces"
    assert caught.seen == [80]
    assert caught.data["published"] == []

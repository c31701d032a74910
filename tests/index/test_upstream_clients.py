"""Installs through an index that has another one behind it: real clients, two real indexes, TLS between all of them."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from index_world import GREETER, serving, wheel, wheel_offer, world
from served_world import Served, distributions, served
from upstream_world import at

pytestmark = pytest.mark.play

PIP = (
    Path(sys.executable).name,
    "-m",
    "pip",
    "install",
    "--isolated",
    "--no-cache-dir",
    "--no-input",
    "--quiet",
)
UV = ("uv", "pip", "install", "--no-config", "--no-cache", "--python", sys.executable)
JSON = {"accept": "application/vnd.pypi.simple.v1+json"}


def program(client: Sequence[str]) -> Sequence[str]:
    """Return the command of a client, with where its program is."""
    return (str(Path(sys.executable).with_name(client[0])), *client[1:])


@dataclass
class Two:
    """The index that has `greeter`, and ours before it."""

    far: Served
    near: Served

    def install(self, client: Sequence[str], *what: str) -> "subprocess.CompletedProcess[str]":
        """Install from ours into a folder of its own."""
        index = ("--index-url", f"{self.near.address}/simple/")
        cert = {"PIP_CERT": str(self.near.tls.authority)}
        return subprocess.run(
            [*program(client), "--target", "out", *index, *what],
            cwd=self.near.home,
            env=self.near.environ() | cert,
            text=True,
            capture_output=True,
            check=False,
        )

    @property
    def is_installed(self) -> bool:
        """Whether the project came."""
        return (self.near.home / "out" / "greeter" / "__init__.py").is_file()


def two(stack: ExitStack, folder: Path, settings: str = "", **upstream: str) -> Two:
    """Serve the far index, publish to it as a job does, and serve ours before it."""
    homes = folder / "far", folder / "near"
    for home in homes:
        home.mkdir()
    far = stack.enter_context(served(homes[0]))
    far.register("--pending", "--environment", "release")
    done = far.uv(*distributions(homes[0]))
    assert done.returncode == 0, done.stderr
    (homes[1] / "far.pem").write_bytes(far.tls.authority.read_bytes())
    more = "\n".join(f"{key.replace('_', '-')} = {text}" for key, text in upstream.items())
    near = served(
        homes[1],
        f'{settings}\n[upstream]\nurl = "{far.address}/simple/"\nprivate-network = true\n'
        f'ca-bundle = "far.pem"\n{more}\n',
    )
    return Two(far, stack.enter_context(near))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give a stack that ends what was begun."""
    with ExitStack() as made:
        yield made


def hashed(indexes: Two) -> str:
    """Return a requirement with the digests of all its files, as ours shows them."""
    with indexes.near.client() as client:
        files = client.get("/simple/greeter/", headers=JSON).json()["files"]
    return "greeter==1.0 " + " ".join(f"--hash=sha256:{one['hashes']['sha256']}" for one in files)


@pytest.mark.parametrize("client", [PIP, UV], ids=["pip", "uv"])
def test_installs_with_hash_checking(
    stack: ExitStack, tmp_path: Path, client: Sequence[str]
) -> None:
    """The right files come through ours with every digest checked, and other digests are refused by the client."""
    indexes = two(stack, tmp_path)
    (indexes.near.home / "wrong.txt").write_text(f"greeter==1.0 --hash=sha256:{'0' * 64}\n")
    (indexes.near.home / "right.txt").write_text(hashed(indexes) + "\n")

    wrong = indexes.install(client, "--require-hashes", "-r", "wrong.txt")
    refused = wrong.returncode != 0 and not indexes.is_installed
    right = indexes.install(client, "--require-hashes", "-r", "right.txt")

    assert refused
    assert right.returncode == 0, right.stderr
    assert indexes.is_installed


def test_a_lock_file_is_installed_while_the_other_index_is_down(
    stack: ExitStack, tmp_path: Path
) -> None:
    """Uv locks through ours; what was fetched once is there when the other index is not."""
    indexes = two(stack, tmp_path)
    near = indexes.near
    (near.home / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["greeter"]\n'
        f'[[tool.uv.index]]\nurl = "{near.address}/simple/"\ndefault = true\n'
    )
    cached = {"UV_CACHE_DIR": str(near.home / "uv-cache")}
    locked = near.run("uv", "lock", "--python", sys.executable, **cached)
    first = near.run("uv", "sync", "--frozen", "--python", sys.executable, **cached)
    indexes.far.process.kill()
    lock = (near.home / "uv.lock").read_text()
    again = near.run(
        *("uv", "sync", "--frozen", "--reinstall", "--no-cache", "--python", sys.executable)
    )

    assert (locked.returncode, first.returncode) == (0, 0), locked.stderr + first.stderr
    assert f"{near.address}/upstream/greeter/" in lock
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("client", [PIP, UV], ids=["pip", "uv"])
def test_what_is_too_young_is_installed_by_nobody(
    stack: ExitStack, tmp_path: Path, client: Sequence[str]
) -> None:
    """A release of today does not come through a rule of days: not by its name, and not by its address."""
    indexes = two(stack, tmp_path, min_age='"7d"')
    digest = hashed(Two(indexes.far, indexes.far)).split("sha256:")[1][:64]

    by_name = indexes.install(client, "greeter")
    address = f"{indexes.near.address}/upstream/greeter/{digest}/greeter-1.0-py3-none-any.whl"
    by_address = indexes.install(client, f"greeter @ {address}")

    assert by_name.returncode != 0
    assert by_address.returncode != 0
    assert "403" in by_address.stderr + by_address.stdout
    assert not indexes.is_installed
    _, _, log = indexes.near.stop()
    assert "held back" in log
    assert "min-age" in log


def test_what_is_exempt_is_installed_at_once(stack: ExitStack, tmp_path: Path) -> None:
    """An owner lets one release through, for instance one that mends a hole."""
    indexes = two(stack, tmp_path, min_age='"7d"', min_age_except='["greeter==1.0"]')

    done = indexes.install(UV, "greeter")

    assert done.returncode == 0, done.stderr
    assert indexes.is_installed


def test_a_reserved_name_is_not_there_for_any_client(stack: ExitStack, tmp_path: Path) -> None:
    """Whatever the other index has under a name that is kept at home, no client gets it."""
    indexes = two(stack, tmp_path, '[names]\nown = ["Greeter"]\n')

    for client in (PIP, UV):
        assert indexes.install(client, "greeter").returncode != 0
    assert not indexes.is_installed


@pytest.mark.parametrize("client", [PIP, UV], ids=["pip", "uv"])
def test_an_install_takes_from_both(tmp_path: Path, client: Sequence[str]) -> None:
    """A project of ours that needs one of the other index is installed from one address."""
    metadata = b"Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\nRequires-Dist: helper\n"
    with world(tmp_path / "other") as far:
        far.token = far.index.issue_token([ProjectName("helper")], lifetime=900)
        assert far.upload(wheel_offer("helper")).status_code == 200
        with (
            serving(far.index.app) as address,
            world(tmp_path / "ours", upstream=at(f"{address}/simple/")) as stage,
            serving(stage.index.app) as here,
        ):
            offer = wheel_offer().with_data(wheel(metadata=metadata))
            assert stage.upload(offer).status_code == 200
            where = ("--target", str(tmp_path / "out"), "--index-url", f"{here}/simple/", GREETER)
            subprocess.run([*program(client), *where], check=True, cwd=tmp_path)

    assert {"greeter", "helper"} <= {path.name for path in (tmp_path / "out").iterdir()}

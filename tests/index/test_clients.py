"""The clients that people use, against a whole index on loopback."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from index_world import GREETER, World, sdist_offer, serving, wheel, wheel_offer, world

pytestmark = pytest.mark.play

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Played:
    """An index that is served, and a folder with two distributions."""

    stage: World
    address: str
    dist: Path
    home: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a client away from any configuration of this machine."""
        env = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "COLUMNS": "300",
        }
        program = str(BIN / command[0])
        return subprocess.run(
            [program, *command[1:]],
            cwd=self.home,
            env=env,
            text=True,
            capture_output=True,
            check=False,
        )

    def publish(self, token: str) -> subprocess.CompletedProcess[str]:
        """Publish the folder with uv."""
        return self.run(
            "uv",
            "publish",
            "--publish-url",
            f"{self.address}/legacy/",
            "--token",
            token,
            *self.files(),
        )

    def twine(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Publish the folder with twine."""
        where = ("--repository-url", f"{self.address}/legacy/")
        who = ("-u", "__token__", "-p", self.stage.token)
        return self.run(
            "twine", "upload", "--non-interactive", *where, *who, *options, *self.files()
        )

    def files(self) -> list[str]:
        """Return the paths of the distributions."""
        return sorted(str(path) for path in self.dist.iterdir())


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    """Serve an index, with a wheel and a source distribution to publish."""
    dist, home = tmp_path / "dist", tmp_path / "home"
    for folder in (dist, home):
        folder.mkdir()
    for offer in (wheel_offer(), sdist_offer()):
        assert offer.filename is not None
        (dist / offer.filename).write_bytes(offer.data)
    with world(tmp_path / "index") as stage, serving(stage.index.app) as address:
        yield Played(stage, address, dist, home)


def test_uv_publishes_and_publishes_again(played: Played) -> None:
    """`uv publish` puts both files on the index; done again, nothing changes and nothing fails."""
    first, second = (played.publish(played.stage.token) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert [file.filename for file in played.stage.index.files()] == [
        wheel_offer().filename,
        sdist_offer().filename,
    ]
    assert played.stage.index.uploads_refused() == []


def test_uv_tells_the_reason(played: Played) -> None:
    """A refusal's sentence reaches who runs uv."""
    refused = played.publish("bonded-" + "x" * 43)

    assert refused.returncode != 0
    assert "Invalid or non-existent authentication information" in refused.stderr


def test_twine_publishes_and_publishes_again(played: Played) -> None:
    """`twine upload` does the same."""
    first, second = (played.twine() for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    assert len(played.stage.index.files()) == 2


def test_twine_tells_the_reason(played: Played) -> None:
    """Other bytes under a taken name are refused in the words that twine shows when it is verbose."""
    played.twine()
    (played.dist / "greeter-1.0-py3-none-any.whl").write_bytes(
        wheel(metadata=b"Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\nSummary: x\n")
    )

    refused = played.twine("--verbose")

    assert refused.returncode != 0
    assert "File already exists" in refused.stdout + refused.stderr


def test_uv_installs(played: Played) -> None:
    """`uv pip install` finds the project and its metadata, and installs the wheel."""
    played.twine()

    done = played.run(
        "uv",
        "pip",
        "install",
        "--no-cache",
        "--python",
        sys.executable,
        "--target",
        "out",
        "--index-url",
        f"{played.address}/simple/",
        GREETER,
    )

    assert done.returncode == 0, done.stderr
    assert (played.home / "out" / "greeter" / "__init__.py").exists()


def test_pip_downloads(played: Played) -> None:
    """`pip download` gets the wheel, verified by the digest of the page."""
    played.twine()
    venv.create(played.home / "venv", with_pip=True)
    pip = str(played.home / "venv" / "bin" / "pip")
    where = ("--index-url", f"{played.address}/simple/", "-d", "out")

    done = played.run(pip, "--isolated", "download", "--no-deps", *where, GREETER)

    assert done.returncode == 0, done.stderr
    assert (played.home / "out" / "greeter-1.0-py3-none-any.whl").read_bytes() == wheel()

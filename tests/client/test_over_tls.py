"""`bonded publish` as a process, against `bonded serve` over TLS, in a job of GitHub's; also killed, and stopped."""

import hashlib
import io
import json
import random
import re
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from served_world import BIN, Served, distributions, served

pytestmark = pytest.mark.play

MASK = re.compile(r"^::add-mask::(.*)$", re.MULTILINE)
PAGE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Served]:
    """Serve an index that waits for `greeter`."""
    with served(tmp_path) as running:
        running.register("--pending", "--environment", "release")
        yield running


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder with a wheel and a source archive that takes a moment to send."""
    folder = tmp_path / "dist"
    folder.mkdir()
    _, sdist = distributions(folder)
    text = b"Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n"
    with tarfile.open(sdist, "w:gz", compresslevel=1) as archive:
        for name, data in (("PKG-INFO", text), ("noise", random.Random(1).randbytes(8_000_000))):
            entry = tarfile.TarInfo(f"greeter-1.0/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return folder


def arguments(index: Served, *more: str) -> tuple[str, ...]:
    """Return what is typed."""
    where = ("--to", f"{index.address}/legacy/")
    return ("bonded", "publish", "dist", *where, "--attestations", "off", *more)


def publish(index: Served, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Publish as a job does."""
    return index.run(*arguments(index, *more), **index.job.environ(), **environ)


def listed(index: Served) -> dict[str, str]:
    """Return what the index serves, with digests."""
    with index.client() as client:
        page = client.get("/simple/greeter/", headers={"accept": PAGE})
        files = page.json()["files"] if page.is_success else []
        return {one["filename"]: one["hashes"]["sha256"] for one in files}


def made(dist: Path) -> dict[str, str]:
    """Return what was built, with digests."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in dist.iterdir()
        if not path.name.startswith(".")
    }


def use(index: Served, token: str) -> httpx2.Response:
    """Show the index an upload token."""
    form = {":action": "file_upload", "name": "greeter", "filetype": "sdist"}
    with index.client() as client:
        files = {"content": ("greeter-1.0.tar.gz", b"x")}
        return client.post("/legacy/", data=form, files=files, auth=("__token__", token))


def secrets(text: str) -> list[str]:
    """Return what the runner was told to mask."""
    return MASK.findall(text)


def test_a_release_is_published(index: Served, dist: Path, tmp_path: Path) -> None:
    """It begins the project, tells the job's summary and outputs, burns its token, and can be run again."""
    files = {name: tmp_path / name for name in ("summary", "outputs")}
    done = publish(
        index,
        "--json",
        GITHUB_STEP_SUMMARY=str(files["summary"]),
        GITHUB_OUTPUT=str(files["outputs"]),
    )
    report = json.loads(done.stdout)
    again = publish(index)

    assert done.returncode == 0, done.stderr
    assert report["outcome"] == "published"
    assert (
        {one["filename"]: one["sha256"] for one in report["files"]} == made(dist) == listed(index)
    )
    assert {one["served"] for one in report["files"]} == {"same"}
    assert report["tokens"] == {"minted": 1, "burned": 1}
    assert "## bonded publish: published" in files["summary"].read_text()
    assert "project=greeter\nversion=1.0\n" in files["outputs"].read_text()
    assert "::notice title=bonded publish::2 files" in done.stderr
    identity, token = secrets(done.stderr)
    assert identity.startswith("eyJ")
    assert use(index, token).status_code == 403
    assert again.returncode == 0
    assert "there already, with these bytes" in again.stdout
    assert secrets(again.stderr) == []
    assert sorted(path.name for path in dist.iterdir()) == sorted(made(dist))


def test_no_output_has_a_secret(index: Served, dist: Path, tmp_path: Path) -> None:
    """Whatever is printed and written, in a good end and in a bad one, has no token but where it is masked."""
    assert dist.is_dir()
    texts, found = [], []
    for claims in ({"environment": "staging"}, {}):
        index.job.claims = dict(claims)
        summary = tmp_path / "summary"
        done = publish(index, GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(summary))
        found += secrets(done.stderr)
        texts += [done.stdout, MASK.sub("", done.stderr), summary.read_text()]
    texts += [path.read_text() for path in tmp_path.glob("dist/.*")]

    assert len(found) == 3
    for secret in (*found, *(one.rpartition(".")[2] for one in found)):
        assert not any(secret in text for text in texts)


def test_a_refusal_can_be_explained(index: Served, dist: Path, tmp_path: Path) -> None:
    """Its log is one that `bonded explain` reads, and names the field to change."""
    assert dist.is_dir()
    index.job.claims = {"environment": "staging"}
    refused = publish(index)
    (tmp_path / "job.log").write_text(refused.stderr)
    fields = "owner=octo,repository=greeter,workflow_filename=release.yml,environment=release"
    explained = index.run(
        *("bonded", "explain", "--log", "job.log", "--publisher", f"github:{fields}"),
        *("--index", index.address.removeprefix("https://"), "--project", "greeter"),
    )

    assert refused.returncode == 1
    assert "* `invalid-publisher`: " in refused.stderr
    assert "* `environment`: `staging`" in refused.stderr
    assert "::error title=bonded publish: refused::" in refused.stderr
    assert explained.returncode == 1, explained.stderr
    assert "staging" in explained.stdout
    assert listed(index) == {}


def begun(index: Served, marker: str) -> tuple[subprocess.Popen[str], str]:
    """Start a release and return it when it says the marker, with all that it said so far."""
    program, *words = arguments(index)
    process = subprocess.Popen(
        [str(BIN / program), *words],
        cwd=index.home,
        env=index.environ() | index.job.environ(),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = ""
    while marker not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return process, said


MOMENTS = ("asking", "::add-mask::", "sending", "✓", "serves")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_release_can_be_ended(index: Served, dist: Path, moment: str) -> None:
    """Whenever it is killed, the next run publishes the very files, and nothing is left behind."""
    process, _ = begun(index, moment)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    out = listed(index)
    again = publish(index)

    assert set(out.items()) <= set(made(dist).items())
    assert again.returncode == 0, again.stderr
    assert listed(index) == made(dist)
    assert sorted(path.name for path in dist.iterdir()) == sorted(made(dist))


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("::add-mask::bonded", signal.SIGTERM),
        ("sending", signal.SIGINT),
        ("✓", signal.SIGTERM),
    ],
)
def test_a_release_that_is_told_to_stop_burns_its_token(
    index: Served, dist: Path, moment: str, number: signal.Signals
) -> None:
    """It ends with the signal's code, its token is dead, and the next run ends what it began."""
    process, said = begun(index, moment)
    process.send_signal(number)
    _, rest = process.communicate(timeout=30)
    again = publish(index)

    assert process.returncode == 128 + number, rest
    assert "Traceback" not in rest
    assert number.name in rest
    token = secrets(said + rest)[-1]
    assert use(index, token).status_code == 403
    assert again.returncode == 0, again.stderr
    assert listed(index) == made(dist)


def test_files_that_were_built_again_are_refused(index: Served, dist: Path) -> None:
    """Half of one build is not completed by half of another."""
    process, _ = begun(index, "✓")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    wheel = next(dist.glob("*.whl"))
    from index_world import recorded, zipped

    inside = {
        "greeter/__init__.py": b"again",
        "greeter-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n",
        "greeter-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\n",
    }
    wheel.write_bytes(zipped(recorded(inside, "greeter-1.0.dist-info")))
    again = publish(index)

    assert again.returncode == 2
    assert "was published with sha256" in again.stderr
    assert str(wheel.name) in again.stderr


def test_a_certificate_that_nobody_vouches_for(index: Served, dist: Path) -> None:
    """Nothing is shown to a server that is not who it should be."""
    assert dist.is_dir()
    refused = publish(index, SSL_CERT_FILE="/etc/ssl/certs/ca-certificates.crt")

    assert refused.returncode == 3
    assert "certificate" in refused.stderr.lower()
    assert secrets(refused.stderr) == []


def test_a_token_of_the_index_publishes(tmp_path: Path) -> None:
    """Without an identity, a token in a file does; a wrong one is refused with the index's words."""
    (tmp_path / "dist").mkdir()
    distributions(tmp_path / "dist")
    (tmp_path / "token").write_text("bonded-nobody-knows-this\n")
    with served(tmp_path) as index:
        where = ("--to", f"{index.address}/legacy/", "--token-file", "token")
        refused = index.run("bonded", "publish", *where)
        nobody = index.run("bonded", "publish", *where[:2])

    assert refused.returncode == 1
    assert "Invalid or non-existent authentication information" in refused.stderr
    assert "bonded-nobody" not in refused.stdout + refused.stderr
    assert nobody.returncode == 2
    assert "no CI service that is known here" in nobody.stderr
    assert "`permissions: id-token: write`" in nobody.stderr

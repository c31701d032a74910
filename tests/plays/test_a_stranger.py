"""A real project that nobody here made, with its own workflow, out of its sdist."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import httpx2
import pytest

from bonded.dists import endpoints
from bonded.dists.names import ProjectName
from bonded.index.foreign import read_page
from bonded.rehearsal.stage.default_index import default_index
from plays.conftest import Play

pytestmark = pytest.mark.play

SDIST = "structlog-26.1.0.tar.gz"
ACCEPT = {"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.5"}


@pytest.fixture(scope="module")
def structlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Download structlog's sdist from the user's index, check it and unpack it."""
    base = default_index(os.environ, Path.home(), otherwise=endpoints.pypi().simple_url)
    with httpx2.Client(follow_redirects=True, timeout=60) as client:
        answer = client.get(f"{base.rstrip('/')}/structlog/", headers=ACCEPT).raise_for_status()
        page = read_page(
            answer.text,
            media_type=answer.headers["content-type"],
            url=str(answer.url),
            name=ProjectName("structlog"),
        )
        file = next(file for file in page.files if file.shown.filename == SDIST)
        data = client.get(file.url).raise_for_status().content
    assert hashlib.sha256(data).hexdigest() == file.shown.sha256
    folder = tmp_path_factory.mktemp("stranger")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    return folder / SDIST.removesuffix(".tar.gz")


def test_a_published_release_is_built_published_and_installed(play: Play, structlog: Path) -> None:
    """Structlog's release is READY: its PyPI job is played, its TestPyPI job is skipped by its own `if`."""
    played = play(structlog, "--repository", "hynek/structlog")

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert played.data["event"]["name"] == "release"
    assert {(r["index"], r["project"], r["version"]) for r in played.data["published"]} == {
        ("pypi", "structlog", "26.1.0")
    }
    assert [record["imports"] for record in played.data["curtain"]] == [["structlog"]] * 2
    results = {job["id"]: job["result"] for job in played.data["jobs"]}
    assert results == {
        "build-package": "success",
        "release-test-pypi": "skipped",
        "release-pypi": "success",
    }


def test_a_push_to_main_plays_the_testpypi_leg(play: Play, structlog: Path) -> None:
    """A commit after the release is published to TestPyPI alone, as a development version of the next one."""
    played = play(
        structlog, "--repository", "hynek/structlog", "--event", "push", "--branch", "main"
    )

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert {(r["index"], r["version"]) for r in played.data["published"]} == {
        ("testpypi", "26.1.1.dev1")
    }
    assert [e["index"] for e in played.data["exchanges"]] == ["testpypi"]


TWINE = """
on: {push: {tags: ['v*']}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: read}
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: uv build
      - run: uvx twine@7.0.0 upload --non-interactive dist/*
"""


def test_twine_proves_who_it_is_by_itself(play: Play, tmp_path: Path) -> None:
    """An unmodified twine finds the job's identity, mints a token and uploads; its detector knows no proxy."""
    (tmp_path / "src" / "tweed").mkdir(parents=True)
    (tmp_path / "src" / "tweed" / "__init__.py").write_text("WARM = True\n")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
        '[project]\nname = "tweed"\nversion = "1.0.0"\n'
    )
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "release.yml").write_text(TWINE)
    played = play(tmp_path)

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert [e["granted"] for e in played.data["exchanges"]] == [True]

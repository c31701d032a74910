"""Releases that `bonded publish` uploads, played whole: the same program, led by nothing but the stage's variables."""

import sys
from pathlib import Path

import pytest

from plays.conftest import Play, edit

pytestmark = pytest.mark.play

RELEASE = ".github/workflows/release.yml"
UV = "        run: uv publish --trusted-publishing always\n"
ATTEST = """      - name: Attest who built the files
        uses: astral-sh/attest-action@f589a42a7efb6fe400b4f400de60b4bc90390027 # v0.0.6
"""
VERIFIED = [("verified", "bonded-dev/greeter release.yml", "pypi")] * 2


@pytest.fixture
def releasing(greeter: Path) -> Path:
    """Greeter, whose publishing step is this very program."""
    edit(greeter / RELEASE, ATTEST, "")
    edit(greeter / RELEASE, UV, f"        run: {sys.executable} -m bonded publish\n")
    return greeter


def test_it_publishes_attested(play: Play, releasing: Path) -> None:
    """Proxy, authorities and Sigstore are those of the stage; every file is proved to be from the publisher."""
    played = play(releasing)
    log = "\n".join(played.step("Publish")["log"])

    assert (played.data["verdict"], played.causes) == ("READY", "")
    assert [one["attestations"] for one in played.data["published"]] == [1, 1]
    assert [
        (one["state"], one["publisher"], one["environment"]) for one in played.data["provenance"]
    ] == VERIFIED
    assert "greeter 0.1.0 on PyPI: published" in log
    assert "served as sent" in log
    assert "eyJ" not in log


def test_it_says_how_it_was_built(play: Play, releasing: Path) -> None:
    """With `--provenance slsa` each file has two attestations."""
    edit(releasing / RELEASE, "-m bonded publish", "-m bonded publish --provenance slsa")
    played = play(releasing)

    assert (played.data["verdict"], played.causes) == ("READY", "")
    assert [one["attestations"] for one in played.data["published"]] == [2, 2]


def test_without_sigstore_nothing_goes_out(play: Play, releasing: Path) -> None:
    """Where Sigstore is down, `require` publishes nothing; it says what failed, and what would publish."""
    played = play(releasing, "--sigstore-fault", "down")
    log = "\n".join(played.step("Publish")["log"])

    assert played.data["verdict"] == "NOT READY"
    assert played.data["published"] == []
    assert "--attestations off publishes without any" in log


def test_a_job_without_an_identity_is_told(play: Play, releasing: Path) -> None:
    """Nothing is asked of the index where GitHub gives the job no ID token."""
    edit(releasing / RELEASE, "id-token: write # to", "contents: read # to")
    played = play(releasing)
    log = "\n".join(played.step("Publish")["log"])

    assert played.data["verdict"] == "NOT READY"
    assert played.data["exchanges"] == []
    assert "`permissions: id-token: write`" in log

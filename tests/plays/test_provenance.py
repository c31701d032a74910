"""Releases that attest their files, played whole, with Sigstore as it is and as it fails."""

from pathlib import Path
from typing import Any

import pytest

from plays.conftest import Play, edit

pytestmark = pytest.mark.play

RELEASE = ".github/workflows/release.yml"
UV = "        run: uv publish --trusted-publishing always\n"
ATTEST = """      - name: Attest who built the files
        uses: astral-sh/attest-action@f589a42a7efb6fe400b4f400de60b4bc90390027 # v0.0.6
"""
PUBLISH = "      - name: Publish\n"
SWAP = """      - name: Swap
        working-directory: dist
        run: |
          mv greeter-0.1.0.tar.gz.publish.attestation kept
          mv greeter-0.1.0-py3-none-any.whl.publish.attestation greeter-0.1.0.tar.gz.publish.attestation
          mv kept greeter-0.1.0-py3-none-any.whl.publish.attestation
"""
LOSE = "      - name: Lose\n        run: rm dist/*.attestation\n"


@pytest.fixture
def bare(greeter: Path) -> Path:
    """Greeter without the step that attests."""
    edit(greeter / RELEASE, ATTEST, "")
    return greeter


@pytest.fixture
def uploader(bare: Path) -> Path:
    """Greeter, published by the action that attests each file itself."""
    edit(bare / RELEASE, UV, "        uses: pypa/gh-action-pypi-publish@release/v1\n")
    return bare


def proved(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return state, publisher and environment of each published file."""
    return [(one["state"], one["publisher"], one["environment"]) for one in data["provenance"]]


VERIFIED = [("verified", "bonded-dev/greeter release.yml", "pypi")] * 2


def test_the_uploader_attests(play: Play, uploader: Path) -> None:
    """What gh-action-pypi-publish signs is uploaded with the files and verifies for the registered publisher."""
    played = play(uploader)

    assert (played.data["verdict"], played.causes) == ("READY", "")
    assert proved(played.data) == VERIFIED
    assert [one["attestations"] for one in played.data["published"]] == [1, 1]


def test_uv_takes_attestations_along(play: Play, greeter: Path) -> None:
    """`uv publish` finds what attest-action left beside the files."""
    played = play(greeter)

    assert (played.data["verdict"], played.causes) == ("READY", "")
    assert proved(played.data) == VERIFIED


def test_the_reference_client_signs_unmodified(play: Play, bare: Path) -> None:
    """`pypi-attestations sign` in a step of its own believes the stage's Sigstore, and the report says why."""
    sign = "      - name: Attest\n        run: uvx pypi-attestations sign dist/*\n"
    edit(bare / RELEASE, PUBLISH, sign + PUBLISH)
    played = play(bare)

    assert (played.data["verdict"], played.causes) == ("READY", "")
    assert proved(played.data) == VERIFIED
    assert any(text.startswith("PYTHONPATH led") for text in played.data["differences"])


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("down", "503 Server Error"),
        ("bad-sct", "SCT verify failed"),
        ("forged-proof", "would be refused"),
        ("v2-only", "No valid Rekor"),
    ],
)
def test_where_sigstore_fails_nothing_is_published(
    play: Play, greeter: Path, fault: str, cause: str
) -> None:
    """Where attestations are made, a Sigstore that fails is the cause, and no file left."""
    played = play(greeter, "--sigstore-fault", fault)

    assert played.data["verdict"] == "NOT READY"
    assert cause in played.causes
    assert f"the stage's Sigstore was made to fail: {fault}" in played.data["differences"]
    assert played.data["published"] == []


def test_the_uploader_without_sigstore_publishes_nothing(play: Play, uploader: Path) -> None:
    """The action that attests by itself stops before the first upload, too."""
    played = play(uploader, "--sigstore-fault", "down")

    assert "503 Server Error" in played.causes
    assert played.data["published"] == []


def test_a_release_without_attestations_needs_no_sigstore(play: Play, bare: Path) -> None:
    """What attests nothing is READY whatever Sigstore does, and that is said."""
    played = play(bare, "--sigstore-fault", "down")

    assert played.data["verdict"] == "READY"
    assert {one["state"] for one in played.data["provenance"]} == {"none"}
    assert any("although Sigstore failed" in note for note in played.data["notes"])


@pytest.mark.parametrize("between", [SWAP, LOSE])
def test_attestations_must_come_along_with_their_files(
    play: Play, greeter: Path, between: str
) -> None:
    """Attestations of other files, and those that were lost before the upload, are causes."""
    edit(greeter / RELEASE, PUBLISH, between + PUBLISH)
    played = play(greeter)

    assert played.data["verdict"] == "NOT READY"
    assert "attestation" in played.causes

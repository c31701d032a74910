"""Who makes attestations, as far as a workflow's text says."""

import pytest

from bonded.rehearsal.attesting import maker, runs_sigstore, will_sign
from bonded.workflows.model import Workflow
from bonded.workflows.reading import read_workflow

UPLOADER = "pypa/gh-action-pypi-publish@release/v1"
BUILDER = "hynek/build-and-inspect-python-package@v2"


def workflow(step: str) -> Workflow:
    """Return a workflow with one step."""
    text = f"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n"
    return read_workflow(text, ".github/workflows/release.yml")


@pytest.mark.parametrize(
    ("step", "signs"),
    [
        (f"uses: {UPLOADER}", True),
        (f"{{uses: {UPLOADER.upper()}, with: {{attestations: true}}}}", True),
        (f"{{uses: {UPLOADER}, with: {{attestations: false}}}}", False),
        (f"{{uses: {UPLOADER}, with: {{password: x}}}}", False),
        (f"uses: {BUILDER}", False),
        (f"{{uses: {BUILDER}, with: {{attest-build-provenance-github: 'true'}}}}", True),
        ("uses: actions/attest-build-provenance@v4", True),
        ("uses: astral-sh/attest-action@v1", True),
        ("uses: actions/checkout@v7", False),
        ("run: uv publish", False),
    ],
)
def test_who_signs_is_known_beforehand(step: str, *, signs: bool) -> None:
    """A stand-in will sign where its action does, unless an input switches that off."""
    assert will_sign([workflow(step)]) is signs
    assert not will_sign([])


@pytest.mark.parametrize(
    ("step", "runs"),
    [
        ("run: uvx pypi-attestations sign dist/*", True),
        ("run: python -m Sigstore sign x", True),
        ("run: uv publish", False),
        ("uses: actions/attest@v4", False),
    ],
)
def test_scripts_that_name_sigstore_are_led_to_it(step: str, *, runs: bool) -> None:
    """Only a script's own words count: stand-ins need no leading."""
    assert runs_sigstore([workflow(step)]) is runs


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("uses: astral-sh/attest-action@v1", ".github/workflows/release.yml:6:9"),
        ("run: uvx pypi-attestations sign dist/*", ".github/workflows/release.yml:6:9"),
        ("run: python -m pypi_attestations sign dist/*", ".github/workflows/release.yml:6:9"),
        ("run: uvx pypi-attestations inspect dist/*", ""),
        (f"uses: {UPLOADER}", ""),
        ("uses: actions/attest@v4", ""),
    ],
)
def test_what_is_left_for_the_upload_is_known(step: str, place: str) -> None:
    """The step that leaves attestations for a later upload is named by its place."""
    assert maker([workflow(step)]) == place

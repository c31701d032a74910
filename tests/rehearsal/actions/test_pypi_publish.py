import base64
from collections.abc import Iterator

import httpx2
import pytest
from pypi_attestations import Attestation

import index_world
from bonded.dists import endpoints
from bonded.rehearsal.actions import pypi_publish
from bonded.rehearsal.actions.pypi_publish import ACTION
from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.stage.github import IdentityAccess
from sigstore_world import Evening, publisher, verify
from stage_world import ACCESS, World, write
from upload_server import Uploads, uploads


@pytest.fixture
def server() -> Iterator[Uploads]:
    """A server that takes uploads."""
    with uploads() as came:
        yield came


@pytest.fixture
def built(world: World) -> World:
    """A stage whose workspace has a wheel and an sdist in dist, and a hidden file."""
    write(world.workspace, {"dist/.gitignore": "*"})
    dist = world.workspace / "dist"
    (dist / "greeter-1.0-py3-none-any.whl").write_bytes(index_world.wheel())
    (dist / "greeter-1.0.tar.gz").write_bytes(index_world.sdist())
    return world


def test_files_are_uploaded_with_a_password(built: World, server: Uploads) -> None:
    """The real twine uploads every file, as the user and with the password that the workflow gives."""
    built.play(ACTION, password=" pypi-secret ", repository_url=server.url, print_hash="true")
    wanted = base64.b64encode(b"__token__:pypi-secret").decode()

    assert server.authorizations == [f"Basic {wanted}"] * 2
    assert sorted(b".whl" in body for body in server.bodies) == [False, True]
    assert "pypi-secret" not in "\n".join(built.log)
    assert len([line for line in built.log if " sha256:" in line]) == 2
    assert any("PASSED" in line for line in built.log)


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refused_upload_fails_the_step(built: World, server: Uploads, status: int) -> None:
    """What the index refuses ends the step; the log has the client's own words."""
    server.status = status
    with pytest.raises(StepFailed, match="ended with exit code 1"):
        built.play(
            ACTION, password="p", repository_url=server.url, verify_metadata="false", verbose="true"
        )

    assert any(str(status) in line for line in built.log)


def test_only_pypi_skips_what_exists(built: World, server: Uploads) -> None:
    """Twine refuses `skip-existing` for any other index, here as on GitHub."""
    with pytest.raises(StepFailed):
        built.play(ACTION, password="p", repository_url=server.url, skip_existing="true")

    assert server.bodies == []
    assert any("--skip-existing" in line for line in built.log)


def test_old_names_still_work(built: World, server: Uploads) -> None:
    """The inputs of old versions, with underscores, are taken with a warning; a new name goes first."""
    (built.workspace / "dist").rename(built.workspace / "other")
    built.play(
        ACTION,
        inputs={
            "password": "p",
            "repository_url": "https://nowhere.invalid/",
            "repository-url": server.url,
            "packages_dir": "other",
        },
    )

    assert len(server.bodies) == 2
    assert [line for line in built.log if "deprecated" in line] == [
        "::warning::The input repository_url is deprecated; use `repository-url`",
        "::warning::The input packages_dir is deprecated; use `packages-dir`",
    ]


def test_a_stray_file_ends_the_step(built: World, server: Uploads) -> None:
    """Everything visible in the folder is given to twine, which refuses what is no distribution, as in the action."""
    write(built.workspace, {"dist/SHA256SUMS": "x"})
    with pytest.raises(StepFailed):
        built.play(ACTION, password="p", repository_url=server.url)

    assert server.bodies == []
    assert any("SHA256SUMS" in line for line in built.log)


@pytest.mark.parametrize(
    ("files", "folder", "words"),
    [
        ((), "none", "no Python distribution packages in the directory"),
        (("x/notes.txt",), "x", "no Python distribution packages in the directory"),
        (("x/a.whl", "x/b.whl/file"), "x", "not files: b.whl"),
        (("x/a.whl", "x/a.whl.publish.attestation"), "x", "already have publish attestations"),
    ],
)
def test_a_folder_must_hold_distributions(
    built: World, files: tuple[str, ...], folder: str, words: str
) -> None:
    """The action's own checks come before anything is sent."""
    write(built.workspace, dict.fromkeys(files, ""))

    with pytest.raises(StepFailed) as caught:
        built.play(ACTION, password="p", packages_dir=folder)

    assert words in caught.value.message


def _index(request: httpx2.Request) -> httpx2.Response:
    answers = {
        "/_/oidc/audience": {"audience": "a"},
        "/idtoken": {"value": "id"},
        "/_/oidc/mint-token": {"token": "minted"},
    }
    return httpx2.Response(200, json=answers[request.url.path])


def test_a_token_is_minted_where_no_password_is_given(built: World, server: Uploads) -> None:
    """The token of the exchange is the password of the upload; other indexes get no attestations."""
    built.theatre.client = lambda: httpx2.Client(transport=httpx2.MockTransport(_index))
    built.play(ACTION, identity=ACCESS, repository_url=server.url)
    wanted = base64.b64encode(b"__token__:minted").decode()

    assert server.authorizations == [f"Basic {wanted}"] * 2
    assert built.masked == ["id", "minted"]
    assert any(line.startswith("::warning::attestations are made for") for line in built.log)
    assert built.theatre.report.differences == []


def test_files_are_attested_for_pypi(
    built: World, signing: World, access: IdentityAccess, sigstore: Evening
) -> None:
    """For PyPI and TestPyPI each file gets an attestation that verifies for the job's own identity."""
    call = signing.call(ACTION, identity=access)
    files = sorted((built.workspace / "dist").glob("greeter*"))

    assert pypi_publish._attest(call, endpoints.pypi().upload_url, files)
    for file in files:
        left = file.with_name(f"{file.name}.publish.attestation")
        signed = Attestation.model_validate_json(left.read_text())
        assert verify(sigstore.sigstore, signed, publisher()).endswith("publish/v1")
    # A second publish step of the same job stumbles over them, as on GitHub.
    with pytest.raises(StepFailed, match="already have publish attestations"):
        signing.play(ACTION, password="p")

"""Trusted publishing as people do it: real clients, a real server over TLS, and a job of GitHub's."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from served_world import Served, distributions, served

pytestmark = pytest.mark.play


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Served]:
    """Serve an index."""
    with served(tmp_path) as running:
        yield running


class Refused(Exception):
    """What gh-action-pypi-publish prints when it gets no token."""


def exchange(index: Served) -> str:
    """Get a token the way gh-action-pypi-publish does: ask for the audience, mint, print every error."""
    with index.client() as client:
        audience = client.get("/_/oidc/audience")
        if audience.status_code != 200:
            raise Refused(f"{audience.status_code}: {audience.text}")
        token = index.job.token(audience.json()["audience"])
        minted = client.post("/_/oidc/mint-token", json={"token": token})
        body = minted.json()
        if not minted.is_success:
            lines = (f"`{one['code']}`: {one['description']}" for one in body["errors"])
            raise Refused("\n".join(lines))
        return str(body["token"])


def upload(index: Served, token: str, path: Path) -> httpx2.Response:
    """Upload a file as twine does."""
    import hashlib

    data = path.read_bytes()
    form = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": "greeter",
        "version": "1.0",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "sha256_digest": hashlib.sha256(data).hexdigest(),
    }
    with index.client() as client:
        return client.post(
            "/legacy/", data=form, files={"content": (path.name, data)}, auth=("__token__", token)
        )


def published(index: Served) -> list[str]:
    """Return the names of the files that installers see."""
    with index.client() as client:
        kind = "application/vnd.pypi.simple.v1+json"
        page = client.get("/simple/greeter/", headers={"accept": kind})
        return [one["filename"] for one in page.json()["files"]] if page.is_success else []


def test_uv_begins_a_project(index: Served, tmp_path: Path) -> None:
    """A pending publisher's first upload makes the project; wheel and sdist arrive, and uv installs them."""
    wheel, sdist = distributions(tmp_path)
    before = published(index)
    index.register("--pending", "--environment", "release")

    done = index.uv(wheel, sdist)
    again = index.uv(wheel, sdist)
    listed = index.publisher("list")

    assert done.returncode == 0, done.stderr
    assert again.returncode == 0, again.stderr
    assert before == []
    assert sorted(published(index)) == sorted([wheel.name, sdist.name])
    assert listed["pending"] == []
    assert listed["publishers"][0]["projects"] == ["greeter"]
    found = index.run(
        *("uv", "pip", "install", "--no-cache", "--python", sys.executable, "--target", "out"),
        *("--index-url", f"{index.address}/simple/", "greeter"),
    )
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "out" / "greeter" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("bent", "texts"),
    [
        ({"environment": "staging"}, ("invalid-publisher", "environment", "release")),
        ({"event_name": "pull_request_target"}, ("invalid-publisher", "pull_request_target")),
        ({"repository": "mallory/greeter", "repository_owner": "mallory"}, ("invalid-publisher",)),
        (
            {
                "job_workflow_ref": "octo/greeter/.github/workflows/publish.yml@refs/tags/v1",
            },
            ("invalid-publisher", "release.yml"),
        ),
    ],
)
def test_a_wrong_job_is_told_why(
    index: Served, tmp_path: Path, bent: dict[str, object], texts: tuple[str, ...]
) -> None:
    """Both uv and gh-action's way show the reason, and nothing is published."""
    wheel, _ = distributions(tmp_path)
    index.register("--pending", "--environment", "release")
    index.job.claims = bent

    refused = index.uv(wheel)
    with pytest.raises(Refused) as printed:
        exchange(index)

    assert refused.returncode != 0
    for text in texts:
        assert text in refused.stderr
        assert text in str(printed.value)
    assert published(index) == []


def test_a_stranger_is_not_told_what_is_registered(index: Served) -> None:
    """A genuine token of another repository learns nothing about the publisher."""
    index.register("--pending", "--environment", "release")
    index.job.claims = {
        "repository": "mallory/greeter",
        "repository_owner": "mallory",
        "repository_owner_id": "666",
    }
    with pytest.raises(Refused) as printed:
        exchange(index)

    assert "octo" not in str(printed.value)
    assert "release.yml" not in str(printed.value)


def test_twine_uploads_with_the_minted_token(index: Served, tmp_path: Path) -> None:
    """gh-action's way gives a token that twine uploads with; then it is burned and dead at once."""
    wheel, sdist = distributions(tmp_path)
    index.register("--pending", "--environment", "release")
    token = exchange(index)

    done = index.twine(token, wheel)
    with index.client() as client:
        burned = client.post("/_/oidc/burn-token", json={"token": token})
    refused = index.twine(token, sdist)

    assert done.returncode == 0, done.stdout + done.stderr
    assert burned.status_code == 202
    assert refused.returncode != 0
    assert "403" in refused.stdout + refused.stderr
    assert published(index) == [wheel.name]


def test_removing_the_publisher_ends_its_token(index: Served, tmp_path: Path) -> None:
    """What was minted for a publisher dies with it, at once, while the server runs."""
    wheel, sdist = distributions(tmp_path)
    index.register("--pending", "--environment", "release")
    assert index.uv(wheel).returncode == 0
    token = exchange(index)
    id_ = index.publisher("list")["publishers"][0]["id"]

    index.publisher("remove", id_)
    refused = upload(index, token, sdist)

    assert refused.status_code == 403
    with pytest.raises(Refused, match="invalid-publisher"):
        exchange(index)


def test_the_api_does_the_same(index: Served, tmp_path: Path) -> None:
    """`bonded publisher --url` works with the admin token, and is refused with another one."""
    (tmp_path / "token").write_text(index.said["admin_token"] + "\n")
    where = ("--url", index.address, "--token-file", str(tmp_path / "token"))
    index.register("--pending")

    listed = index.run("bonded", "publisher", "list", *where)
    refused = index.run("bonded", "publisher", "list", *where[:2], BONDED_TOKEN="bonded-no")

    assert listed.returncode == 0, listed.stderr
    assert "release.yml of octo/greeter" in listed.stdout
    assert refused.returncode == 2
    assert "not one of this index" in refused.stderr


def test_switched_off_says_so(tmp_path: Path) -> None:
    """Without trusted publishing the clients are told what PyPI tells them."""
    with served(tmp_path, "[mint]\nenabled = false") as index:
        with pytest.raises(Refused, match=r"403.*Trusted publishing functionality not enabled"):
            exchange(index)
        refused = index.uv(distributions(tmp_path)[0])

    assert refused.returncode != 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_server_ends_cleanly_and_starts_again(tmp_path: Path, number: int, code: int) -> None:
    """A signal ends it with its code and no traceback; the next start knows the audience and needs no new token."""
    with served(tmp_path) as index:
        first = dict(index.said)
        ended, _, err = index.stop(number)
    with served(tmp_path) as index:
        second = dict(index.said)

    assert ended == code
    assert "Traceback" not in err
    assert first["admin_token"]
    assert second["admin_token"] is None
    assert second["audience"] == first["audience"]
    assert first["audience"].startswith("localhost:")

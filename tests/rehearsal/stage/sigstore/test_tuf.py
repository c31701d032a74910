import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from bonded.rehearsal.stage.sigstore.tuf import ROOT, tuf_app, tuf_repository

NOW = dt.datetime.now(dt.UTC)
TARGETS = {"trusted_root.json": b'{"a": "\\n"}', "signing_config.v0.2.json": b"{}"}


class Files(FetcherInterface):
    """What a client of TUF fetches with: these files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix("https://tuf.example/")
        if name not in self.files:
            raise DownloadHTTPError("not found", 404)
        return iter([self.files[name]])


def updater(folder: Path, files: dict[str, bytes], root: bytes) -> Updater:
    """Return TUF's reference client, which trusts `root`."""
    (folder / "targets").mkdir()
    return Updater(
        str(folder),
        "https://tuf.example/",
        str(folder / "targets"),
        "https://tuf.example/targets/",
        fetcher=Files(files),
        bootstrap=root,
    )


def test_the_reference_client_takes_it(tmp_path: Path) -> None:
    """Every role is signed by the key in the root, and every target is as listed."""
    files = tuf_repository(TARGETS, NOW)
    client = updater(tmp_path, files, files[ROOT])
    client.refresh()

    for name, data in TARGETS.items():
        info = client.get_targetinfo(name)
        assert info is not None
        assert Path(client.download_target(info)).read_bytes() == data


def test_another_root_refuses_it(tmp_path: Path) -> None:
    """Who trusts another root takes nothing from here."""
    other = tuf_repository(TARGETS, NOW)[ROOT]

    with pytest.raises(RepositoryError):
        updater(tmp_path, tuf_repository(TARGETS, NOW), other).refresh()


def test_it_ends_with_the_day(tmp_path: Path) -> None:
    """Nobody takes it a day later."""
    files = tuf_repository(TARGETS, NOW - dt.timedelta(days=2))

    with pytest.raises(RepositoryError, match="expired"):
        updater(tmp_path, files, files[ROOT]).refresh()


def test_a_bent_target_is_refused(tmp_path: Path) -> None:
    """A target that is not as listed is not taken."""
    files = tuf_repository(TARGETS, NOW)
    bent = {name: b"[]" if "signing" in name else data for name, data in files.items()}
    client = updater(tmp_path, bent, files[ROOT])
    info = client.get_targetinfo("signing_config.v0.2.json")
    assert info is not None

    with pytest.raises((RepositoryError, DownloadError)):
        client.download_target(info)


def test_it_is_served() -> None:
    """The files are under their paths, and nothing else is."""
    files = tuf_repository(TARGETS, NOW)
    with TestClient(tuf_app(files)) as client:
        answers = {name: client.get(f"/{name}") for name in (*files, "2.root.json")}

    assert {name: answers[name].content for name in files} == files
    assert answers["2.root.json"].status_code == 404

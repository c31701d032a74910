"""The folder of an index, its owner at it and far from it, and `bonded verify` at a shelf."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import attestation_index
from bonded.index.app import BOOK
from bonded.index.book.records import Records
from bonded.index.running.data_folder import Served, make_folder, write_served
from index_world import GREETER, serving, world
from owner_world import Owner
from verify_bench import Bench, name, sell
from verify_bench import world as sigstore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of an index that was served, and has the project `greeter`."""
    data = tmp_path / "data"
    make_folder(data)
    records = Records(data / BOOK, durable=False)
    with records.writing() as book:
        book.create_project(GREETER, "Greeter", 0)
    records.close()
    write_served(data, Served(audience="a.example", address="https://a.example"))
    return data


@pytest.fixture(params=["folder", "api"])
def owner(
    request: pytest.FixtureRequest,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owner]:
    """Give an owner at an index, near and far."""
    if request.param == "folder":
        yield Owner(("--data", str(folder)), capsys)
        return
    from bonded.minting.policy import Policy

    with (
        world(folder, mint=Policy.strict("a.example")) as stage,
        serving(stage.index.app) as address,
    ):
        monkeypatch.setenv("BONDED_TOKEN", stage.index.administration.new_token("root"))
        yield Owner(("--url", address), capsys)


@pytest.fixture
def shelf() -> attestation_index.Shelf:
    """A shelf with a good release, one without provenance, one that lost it, and a wrong one."""
    made = attestation_index.Shelf()
    sell(made, "greeter")
    made.add("plainer", name("plainer"), None)
    sell(made, "gone", "0.9")
    made.add("gone", name("gone"), None)
    made.add("wrong", name("wrong"), attestation_index.provenance(sigstore(), name("other"), b"x"))
    return made


@pytest.fixture
def bench(
    tmp_path: Path, shelf: attestation_index.Shelf, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A folder with the trust root, and the shelf being served."""
    monkeypatch.chdir(tmp_path)
    with attestation_index.serving(shelf) as url:
        made = Bench(tmp_path, url)
        made.write("root.json", json.dumps(sigstore().trusted_root()))
        yield made

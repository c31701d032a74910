"""`bonded token` on the folder of an index, and over its API."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bonded.cli.main import main
from bonded.index.running.data_folder import Served, write_served
from bonded.minting.upload_token import is_token
from index_world import World, serving, wheel_offer, world
from owner_world import Said

Run = Callable[..., Said]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[World]:
    """Give an index."""
    with world(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(params=["folder", "api"])
def run(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    stage: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Run]:
    """Give what runs `bonded token`, near and far."""
    with serving(stage.index.app) as address:
        write_served(tmp_path / "data", Served(audience="a.example", address=address))
        monkeypatch.setenv("BONDED_TOKEN", stage.index.administration.new_token("root"))
        near, far = ("--data", str(tmp_path / "data")), ("--url", address)
        where = near if request.param == "folder" else far

        def running(action: str, *words: str) -> Said:
            try:
                code = main(["token", action, *words, *where])
            except SystemExit as error:  # argparse ends by itself
                code = int(error.code or 0)
            out, err = capsys.readouterr()
            assert "Traceback" not in err
            assert "bug" not in err
            return Said(code, out, err)

        yield running


def test_a_token_is_shown_once(run: Run, stage: World) -> None:
    """Alone on the last line; it uploads to its project, and is listed without its secret until it is revoked."""
    stage.clock.now = 0  # tokens of the folder are made by the machine's clock
    made = run("add", "ci", "--scope", "read", "--days", "30")
    listed = run("list")
    would = run("revoke", "ci", "--dry-run")
    revoked = run("revoke", "ci")
    again = run("revoke", "ci")

    assert is_token(made.out.splitlines()[-1])
    assert made.out.startswith("ci: read, until ")
    assert "ci" in listed.out
    assert made.out.splitlines()[-1] not in listed.out
    assert would.out == "The token would be ended.\n"
    assert revoked.out == "The token has ended.\n"
    assert again.code == 2
    assert "no API token named 'ci'" in again.err


def test_a_token_goes_into_a_file(run: Run, tmp_path: Path) -> None:
    """Which only its owner may read, and which is new; the terminal does not see the secret."""
    file = tmp_path / "secret"
    before = os.umask(0)
    try:
        made = run("add", "ci", "--scope", "admin", "--out", str(file), "--json")
    finally:
        os.umask(before)
    again = run("add", "other", "--scope", "admin", "--out", str(file))
    nowhere = run("add", "other", "--scope", "admin", "--out", str(tmp_path / "no" / "x"))

    assert is_token(file.read_text().strip())
    assert file.stat().st_mode & 0o777 == 0o600
    assert "bonded-" not in made.out
    assert json.loads(made.out)["out"] == str(file)
    for refused, said in ((again, "is there already"), (nowhere, "cannot be written")):
        assert refused.code == 2
        assert said in refused.err
    assert "other" not in run("list").out
    told = run("add", "third", "--scope", "read", "--out", str(tmp_path / "third"))
    assert told.out.endswith(f"It is in {tmp_path / 'third'}.\n")


def test_no_file_is_left_of_a_token_that_was_not_made(run: Run, tmp_path: Path) -> None:
    """The file is made before the token, so that none is lost, and goes again where there is none."""
    file = tmp_path / "secret"
    refused = run("add", "ci", "--scope", "upload", "--project", "none", "--out", str(file))

    assert refused.code == 2
    assert "no project 'none'" in refused.err
    assert not file.exists()


def test_an_upload_token_is_for_projects(run: Run, stage: World) -> None:
    """Those that are named, made with it where that is asked for; a dry run makes neither."""
    words = ("add", "ci", "--scope", "upload", "--project", "novel", "--create", "--json")
    seen = json.loads(run(*words, "--dry-run").out)
    made = json.loads(run(*words).out)
    stage.clock.now = made["created"] + 1
    uploaded = stage.upload(wheel_offer("novel"), token=made["token"])

    assert "token" not in seen
    assert uploaded.status_code == 200
    assert run("add", "x", "--scope", "read", "--dry-run").out.startswith("would be made: x: read")


def test_expired_tokens_are_told(run: Run, stage: World) -> None:
    """The list says which have expired."""
    from bonded.cli.token_text import listed

    row = {"name": "a", "scope": "upload", "projects": ["p", "q"], "expires": 0, "ended": True}

    assert listed([row]) == "a  expired 1970-01-01  upload p, q"
    assert listed([]) == "There are no tokens."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "x", "--scope", "root"), "invalid choice"),
        (("add", "x"), "--scope"),
        (("add", "x", "--scope", "read", "--days", "0"), "a number of days"),
        (("add", "x", "--scope", "read", "--days", "400"), "366 days at most"),
        (("add", "x", "--scope", "read", "--out", "a\0b"), "cannot be written"),
        (("add", "", "--scope", "read"), "the name of a token"),
        (("add", "x", "--scope", "upload"), "projects that are named\n  add --project NAME,"),
        (("add", "x", "--scope", "read", "--project", "p"), "--project is for upload tokens"),
        (("revoke", ".."), "'..'"),
        (("revoke", "none", "--dry-run"), "no API token named 'none'"),
    ],
)
def test_what_cannot_be_is_said(run: Run, words: tuple[str, ...], said: str) -> None:
    """Usage errors, near and far alike."""
    refused = run(*words)

    assert refused.code == 2
    assert said in refused.err

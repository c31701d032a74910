"""`bonded publisher`: what it lists and shows, and what of the index's files is in its way."""

import json
import re
from pathlib import Path

import pytest

from bonded.cli.publisher_form import faulty, labelled
from bonded.index.app import BOOK
from bonded.index.book.records import Records
from bonded.index.running.data_folder import Served, make_folder, write_served
from bonded.oidc.issue import issue
from bonded.publishers import FieldFault
from bonded.publishers.providers import PROVIDERS
from books import new_database
from index_world import signing_key, world
from owner_world import FORM, Owner


def test_what_the_mint_answered_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each exchange with its reason; a stranger's text cannot look like an entry, nor obey the terminal."""
    data = tmp_path / "data"
    make_folder(data)
    forged = issue({"iss": "https://a.example/\n  7  granted\x1b[2J", "exp": 1}, signing_key())
    with world(data) as stage:
        for token in ("x", forged):
            stage.client.post("/_/oidc/mint-token", json={"token": token})
    owner = Owner(("--data", str(data)), capsys)
    listed, last = owner("exchanges"), owner("exchanges", "--limit", "1", "--json")
    entries = json.loads(last.out)["exchanges"]
    older = owner("exchanges", "--before", str(entries[0]["id"]))

    assert [line[:8].strip() for line in listed.out.splitlines()] == ["2", "", "1", ""]
    assert "2027-01-15 08:00:00  invalid-payload" in listed.out
    assert "https://a.example/ 7 granted" in listed.out
    assert "malformed JWT" in older.out
    assert len(older.out.splitlines()) == 2
    assert owner("exchanges", "--project", "nobody").out == "The mint was not asked yet.\n"
    assert owner("exchanges", "--limit", "0").code == 2


def test_exchanges_are_listed_from_far_away(owner: Owner) -> None:
    """The same list over the API."""
    assert owner("exchanges", "--project", "greeter").out == "The mint was not asked yet.\n"


def test_a_broken_book_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no database, before or behind its first page, are one sentence and no bug."""
    data = tmp_path / "data"
    make_folder(data)
    Records(data / BOOK).close()
    whole = (data / BOOK).read_bytes()
    owner = Owner(("--data", str(data)), capsys)
    for raw in (bytes(range(256)) * 40, whole[:4096] + b"?" * (len(whole) - 4096)):
        (data / BOOK).write_bytes(raw)
        said = owner("list")
        assert said.code == 2
        assert "index.sqlite cannot be used: " in said.err


def test_the_end_of_waiting_is_shown(owner: Owner) -> None:
    """A pending publisher says until when it waits, where it is added and where it is listed."""
    added = owner("add", "novel", "--pending", *FORM).out
    listed = owner("list").out
    (day,) = re.findall(r"ends +(\d{4}-\d\d-\d\d), unless the project begins before", added)

    assert f"pending until {day}" in listed


def test_so_many_may_wait(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The owner sets how many; whoever has more is told of the setting."""
    (tmp_path / "own.toml").write_text("[mint]\nmax-pending = 1")
    where = ("--data", str(folder), "--config", str(tmp_path / "own.toml"))
    owner = Owner(where, capsys)
    first, second = (owner("add", name, "--pending", *FORM) for name in ("novel", "poem"))

    assert (first.code, second.code) == (0, 2)
    assert "more than 1 pending" in second.err
    assert "'max-pending' under [mint]" in second.err


def test_a_database_takes_the_place_of_the_book(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `[database]` the folder has no book of its own; one that has is not passed over in silence."""
    url = new_database()
    (tmp_path / "own.toml").write_text(f'[database]\nurl = "{url}"')
    data = tmp_path / "data"
    make_folder(data)
    write_served(data, Served(audience="a.example", configuration=str(tmp_path / "own.toml")))
    owner = Owner(("--data", str(data)), capsys)
    added = owner("add", "novel", "--pending", *FORM)
    has_book = (data / BOOK).exists()
    listed = owner("list")
    (data / BOOK).touch()
    refused = owner("list")

    assert (added.code, has_book) == (0, False)
    assert "novel" in listed.out
    assert refused.code == 2
    assert "holds a book of its own" in refused.err


def test_a_project_without_publishers_is_named(owner: Owner) -> None:
    """Whoever mistypes a project reads what was looked for."""
    assert owner("list", "--project", "grreter").out == "There are no publishers of 'grreter'.\n"


def test_a_token_may_be_in_a_file(owner: Owner, tmp_path: Path) -> None:
    """The name of a file with a token is taken for the token in it, as elsewhere."""
    path = tmp_path / "token"
    path.write_text(issue({"iss": "https://a.example", "exp": 1}, signing_key()) + "\n")

    assert "malformed" in owner("test", "--token", "no/file").out
    assert "unknown trusted publishing issuer" in owner("test", "--token", str(path)).out


def test_pages_of_environments_are_for_those_who_have_one(owner: Owner) -> None:
    """Without an environment there is no page to look at."""
    without = owner("add", "novel", "--pending", "--dry-run", *FORM).out
    having = owner("add", "novel", "--pending", "--dry-run", *FORM, "--environment", "release").out

    assert ("settings/environments" in without, "settings/environments" in having) == (False, True)


def test_every_field_has_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    """A new provider's fields are options without another line of code."""
    helped = Owner((), capsys)("add", "--help")
    for provider in PROVIDERS:
        assert provider.kind in helped.out
        for field in provider.form:
            assert f"--{field.name.replace('_', '-')} TEXT" in helped.out


def test_kinds_of_a_later_version_are_shown_bare() -> None:
    """An index may be newer than the program: what it says of an unknown kind is still told."""
    assert labelled("later", {"x": "y"}) == []
    assert "x: no" in str(faulty("later", [FieldFault(field="x", message="no")]))

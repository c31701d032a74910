"""`bonded config`: what is wrong with the settings, what counts, and what there is."""

import json
import re
from pathlib import Path

import pytest

from bonded.cli.main import main
from bonded.index.administration.tokens import MAX_PROJECTS
from bonded.index.byte_sizes import size_text
from bonded.index.configuration.schema import json_schema
from bonded.index.configuration.sections import SECTIONS
from bonded.index.running.data_folder import Served, make_folder, write_served
from bonded.index.settings import FORM_SIZE

WRONG = 'nane = 1\n[mint]\nmax-lifetime = -3\n[database]\nurl = "mysql://u:s3cret@h/d"\n'


def test_every_fault_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads key, what was expected and what came, and what to do; the code says that there are findings."""
    path = tmp_path / "serve.toml"
    path.write_text(WRONG)

    assert main(["config", "check", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: mint.max-lifetime: expected a number of seconds, got -3",
        f"{path}: database.url: expected postgresql://USER@HOST/NAME",
        "  without a database, the index keeps its book in a file in its data folder",
        f"{path}: nane: unknown key",
        "  did you mean 'name'?",
    ]


def test_a_program_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, each fault has its key, what was expected and what came; a secret is not repeated."""
    path = tmp_path / "serve.toml"
    path.write_text(WRONG)
    code = main(["config", "check", str(path), "--json"])
    said = json.loads(capsys.readouterr().out)

    assert (code, said["version"], said["file"]) == (1, 1, str(path))
    assert said["faults"][0] == {
        "key": "mint.max-lifetime",
        "message": "expected a number of seconds, got -3",
        "expected": "a number of seconds",
        "got": "-3",
        "hint": None,
    }
    assert "s3cret" not in str(said)


def test_a_good_file_has_no_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is wrong, that is said."""
    path = tmp_path / "serve.toml"
    path.write_text('name = "Example"')

    assert main(["config", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: no faults\n"


def test_what_is_no_toml_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read at all is no finding but a wrong input."""
    path = tmp_path / "serve.toml"
    path.write_text("= 1")

    assert main(["config", "check", str(path)]) == 2
    assert main(["config", "check", str(tmp_path / "none.toml")]) == 2
    assert "is not TOML" in capsys.readouterr().err


def test_what_counts_is_shown_with_its_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value says whether the environment, the file or the default gave it; secrets are masked."""
    path = tmp_path / "serve.toml"
    path.write_text(
        '[mint]\nmax-pending = 7\n[database]\nurl = "postgresql://u:s3cret@h/d"\n'
        '[[issuers]]\nurl = "https://gitlab.example"\nkind = "gitlab"\n'
    )
    monkeypatch.setenv("BONDED_LOG_LEVEL", "debug")
    code = main(["config", "show", str(path), "--json"])
    said = {one["key"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    main(["config", "show", str(path)])
    text = capsys.readouterr().out

    assert code == 0
    assert said["mint.max-pending"] == {"key": "mint.max-pending", "value": 7, "from": str(path)}
    assert said["log.level"] == {"key": "log.level", "value": "debug", "from": "BONDED_LOG_LEVEL"}
    assert said["name"] == {"key": "name", "value": "bonded", "from": "default"}
    assert said["mint.audience"]["value"] is None
    assert said["issuers[0].kind"]["value"] == "gitlab"
    assert said["database.url"]["value"] == "***"
    assert "s3cret" not in text
    assert re.search(rf"^mint.max-pending +7  \({re.escape(str(path))}\)$", text, re.MULTILINE)


def test_a_size_is_shown_with_its_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People read sizes as they would write them, whoever gave them; a program reads the number."""
    path = tmp_path / "serve.toml"
    path.write_text('[memory]\nforms = 33554432\npages = "100 MiB"\n[health]\nmin-free = 1000\n')
    main(["config", "show", str(path)])
    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    main(["config", "show", str(path), "--json"])
    said = {one["key"]: one["value"] for one in json.loads(capsys.readouterr().out)["settings"]}

    assert lines["memory.forms"] == f'"32 MiB"  ({path})'
    assert lines["memory.pages"] == f'"100 MiB"  ({path})'
    assert lines["health.min-free"] == f"1000  ({path})"
    assert lines["listen.header-size"] == '"64 KiB"  (default: 64 KiB)'
    assert (said["memory.forms"], said["listen.header-size"]) == (33554432, 65536)


def test_a_folder_knows_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--data` the file is the one with which the index was last served."""
    path, data = tmp_path / "serve.toml", tmp_path / "data"
    path.write_text('name = "Example"')
    make_folder(data)
    main(["config", "show", "--data", str(data)])
    new = capsys.readouterr().out
    write_served(data, Served(configuration=str(path)))
    main(["config", "show", "--data", str(data)])
    kept = capsys.readouterr().out
    monkeypatch.setenv("BONDED_CONFIG", str(path))
    main(["config", "show"])
    named = capsys.readouterr().out

    assert '"bonded"  (default)' in new.splitlines()[0]
    assert f'"Example"  ({path} (as last served))' in kept.splitlines()[0]
    assert f'"Example"  ({path})' in named.splitlines()[0]


def test_a_folder_knows_its_audience(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audience of the first start counts with `--data`, unless the file or the environment has another."""
    path, data = tmp_path / "serve.toml", tmp_path / "data"
    path.write_text('[mint]\naudience = "elsewhere"')
    make_folder(data)
    write_served(data, Served(audience="here"))

    def audience() -> tuple[str, str]:
        assert main(["config", "show", "--data", str(data), "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)["settings"]
        (one,) = (one for one in shown if one["key"] == "mint.audience")
        return one["value"], one["from"]

    assert audience() == ("here", f"{data / 'served.json'} (as first served)")
    monkeypatch.setenv("BONDED_CONFIG", str(path))
    assert audience() == ("elsewhere", str(path))
    monkeypatch.setenv("BONDED_MINT_AUDIENCE", "there")
    assert audience() == ("there", "BONDED_MINT_AUDIENCE")


def test_what_is_meant_must_be_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file and a folder together, a folder that is no index, and settings that are wrong are errors."""
    path = tmp_path / "serve.toml"
    path.write_text("nane = 1")

    assert main(["config", "show", str(path), "--data", str(tmp_path)]) == 2
    assert main(["config", "show", "--data", str(tmp_path)]) == 2
    assert main(["config", "show", str(path)]) == 2
    assert "nane: unknown key" in capsys.readouterr().err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema of the installed version, for editors."""
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema(SECTIONS)


def test_bounds_are_in_the_docs() -> None:
    """Nobody learns of a bound from an error first."""
    pages = Path(__file__).parents[2] / "docs"
    settings = (pages / "reference" / "serve-settings.md").read_text()
    tokens = (pages / "how-to" / "give-out-tokens.md").read_text()

    assert f"`forms` is at least {size_text(FORM_SIZE)}" in settings
    assert f"`--project` once for each, {MAX_PROJECTS} at most" in tokens

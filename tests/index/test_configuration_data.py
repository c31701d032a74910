"""The settings as data: the schema, the page of the docs, the environment and the reader say the same."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from bonded.errors import InvalidInput
from bonded.index.byte_sizes import size_of, size_text
from bonded.index.configuration import Configuration, read_configuration
from bonded.index.configuration.document import examine
from bonded.index.configuration.environment import OTHERS, given, variable
from bonded.index.configuration.keys import Key, Kind
from bonded.index.configuration.reference import page
from bonded.index.configuration.schema import json_schema
from bonded.index.configuration.sections import SECTIONS
from bonded.index.configuration.table import Wrong
from bonded.minting.upload_token import hash_token

DOCS = Path(__file__).parents[2] / "docs"
KEYS = [(section, key) for section in SECTIONS for key in section.keys]
PLAIN = [(section, key) for section, key in KEYS if not section.many]


def some_value(key: Key) -> object:
    """Return a value of a key that is not the default, where any value of its kind can be."""
    if key.choices:
        return [key.choices[-1]] if key.kind is Kind.TEXTS else key.choices[-1]
    return {
        Kind.TEXT: "some",
        Kind.FLAG: True,
        Kind.SECONDS: 7.5,
        Kind.DAYS: 7.5,
        Kind.COUNT: 7,
        Kind.SIZE: "7 KiB",
        Kind.TEXTS: ["a", "b"],
    }[key.kind]


def written(values: object) -> str:
    """Return a value as TOML writes it, which for these is as JSON does."""
    return json.dumps(values)


def faults_of(environ: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an environment, each with its hint."""
    with pytest.raises(InvalidInput) as refused:
        read_configuration(None, environ)
    assert {one.location.file for one in refused.value.faults} == {"the environment"}
    return [f"{one.message} / {one.hint}" for one in refused.value.faults]


def test_the_published_schema_is_made_of_the_keys() -> None:
    """Nobody forgets a key in the schema: `scripts/index_docs.py` writes it, and the page."""
    published = json.loads((DOCS / "reference" / "serve.schema.json").read_text())

    assert published == json_schema(SECTIONS)
    jsonschema.Draft202012Validator.check_schema(published)


def test_the_page_is_made_of_the_keys() -> None:
    """Nobody forgets a key on the page of the docs."""
    assert (DOCS / "reference" / "serve-settings.md").read_text() == page(SECTIONS)


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.name))
def test_examples_in_the_docs_are_valid(path: Path) -> None:
    """What somebody copies from the docs as settings of an index is taken by the schema."""
    names = {section.name for section in SECTIONS if section.name}
    for block in re.findall(r"```toml\n(.*?)```", path.read_text(), re.DOTALL):
        document = tomllib.loads(block)
        if not names.isdisjoint(document):
            jsonschema.validate(document, json_schema(SECTIONS))


@pytest.mark.parametrize(("section", "key"), KEYS, ids=lambda one: getattr(one, "name", None))
def test_every_key_is_read_and_in_the_schema(tmp_path: Path, section: Any, key: Key) -> None:
    """A key of the data is known to the reader, and a value of its kind to the schema; a wrong one to neither."""
    path = tmp_path / "serve.toml"
    head = f"[[{section.name}]]" if section.many else f"[{section.name}]"
    lead = f"{head}\n" if section.name else ""
    needed = "".join(
        f"{one.name} = 'x'\n" for one in section.keys if one.needed and one.name != key.name
    )
    for value in (some_value(key), {}):
        text = f"{lead}{needed}{key.name} = {written(value)}\n"
        path.write_text(text)
        wrongs = examine(path).wrongs
        is_valid = jsonschema.Draft202012Validator(json_schema(SECTIONS)).is_valid(
            tomllib.loads(text)
        )
        of_kind = [one for one in wrongs if f"expected {key.kind.value}" in one.message]

        assert not [one for one in wrongs if "unknown" in one.message]
        assert is_valid is (value != {})
        assert bool(of_kind) is (value == {})


@pytest.mark.parametrize(("section", "key"), PLAIN, ids=lambda one: getattr(one, "name", None))
def test_every_key_has_a_variable(section: Any, key: Key) -> None:
    """The environment gives a key the value that the file would give, and a wrong one is told by its name."""
    name, value = variable(section, key), some_value(key)
    text = ",".join(value) if isinstance(value, list) else str(value)
    wrongs: list[Wrong] = []
    found = given({name: text}, SECTIONS, wrongs)

    assert (found, wrongs) == ({section.name: {key.name: value}}, [])
    if key.kind not in {Kind.TEXT, Kind.TEXTS, Kind.SIZE}:
        (fault,) = faults_of({name: "odd"})
        assert fault.startswith(f"{name}: expected {key.kind.value}")


def test_the_environment_is_stronger_than_the_file(tmp_path: Path) -> None:
    """A value of the environment takes the place of the file's, key by key; the others stay."""
    path = tmp_path / "serve.toml"
    path.write_text('name = "A"\n[mint]\nmax-pending = 3\nmax-lifetime = 60\n')
    said = read_configuration(
        path, {"BONDED_NAME": "B", "BONDED_MINT_MAX_PENDING": "5", "HOME": "/x"}
    )

    assert (said.name, said.max_pending, said.mint.tokens.max_lifetime) == ("B", 5, 60)
    assert read_configuration(None) == Configuration()


def test_a_table_that_is_none_is_told_all_the_same(tmp_path: Path) -> None:
    """The environment hides no fault of the file."""
    path = tmp_path / "serve.toml"
    path.write_text("mint = 1")
    with pytest.raises(InvalidInput) as refused:
        read_configuration(path, {"BONDED_MINT_MAX_PENDING": "5"})

    assert [one.message for one in refused.value.faults] == ["mint: expected a table, got 1"]


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        (
            {"BONDED_NANE": "x"},
            "BONDED_NANE: unknown key in the environment / did you mean 'BONDED_NAME'?",
        ),
        ({"BONDED_FOO": "x"}, "unknown key in the environment / unset it"),
        (
            {"BONDED_CONFG": "x"},
            "BONDED_CONFG: unknown key in the environment / did you mean 'BONDED_CONFIG'?",
        ),
        ({"BONDED_ZZZZZZZZZZZZZZZZ": "x"}, "unknown key in the environment / unset it"),
        (
            {"BONDED_TRUSTED_PROXIES": "here"},
            "BONDED_TRUSTED_PROXIES: expected addresses such as '10.0.0.1', got 'here'",
        ),
        (
            {"BONDED_DATABASE_URL": "mysql://u:s3cret@h/d"},
            "BONDED_DATABASE_URL: expected postgresql",
        ),
        ({"BONDED_LISTEN_PORT": "70000"}, "BONDED_LISTEN_PORT: expected a port, 0 to 65535"),
        ({"BONDED_LISTEN_TLS_CERT": "none.pem"}, "there is no file 'none.pem'"),
        (
            {"BONDED_HEALTH_METRICS_TOKEN_FILE": "none"},
            "'none' cannot be read: No such file",
        ),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(environ: dict[str, str], fault: str) -> None:
    """A variable that is misspelt, or has an odd value, is told by its name; a secret is not repeated."""
    said = faults_of(environ)

    assert any(fault in one for one in said)
    assert "s3cret" not in str(said)


@pytest.mark.parametrize(
    "name",
    [
        *sorted(OTHERS),
        "BONDED_SERVICE_HOST",
        "BONDED_SERVICE_PORT_HTTP",
        "BONDED_PORT",
        "BONDED_PORT_8080_TCP_ADDR",
        "BONDED_ENV_PATH",
    ],
)
def test_other_variables_are_none_of_ours(name: str) -> None:
    """What other commands read is no fault, nor what Kubernetes makes for a service of our name."""
    assert read_configuration(None, {name: "tcp://10.0.0.1:8080"}) == Configuration()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("100", 100),
        ("100 B", 100),
        ("2KiB", 2048),
        (" 3 mib ", 3 << 20),
        ("4 GiB", 4 << 30),
        ("1TiB", 1 << 40),
        ("", None),
        ("-1", None),
        ("1.5 GiB", None),
        ("1 GB", None),
        ("5 Mi", None),
        ("999999999999 TiB", None),
    ],
)
def test_sizes_are_read(text: str, size: int | None) -> None:
    """Units are powers of 1024 and say so; others are not guessed at. The schema takes nothing else."""
    shape = json_schema(SECTIONS)["properties"]["limits"]["properties"]["file-size"]  # type: ignore[index]  # made of objects
    written = text.strip()

    assert size_of(text) == size
    if "9999" not in text:  # how much is too much is no matter of form
        assert jsonschema.Draft202012Validator(shape).is_valid(written) is (size is not None)


@settings(max_examples=50, deadline=None)
@given_any(st.integers(0, 1 << 20), st.sampled_from([1, 1 << 10, 1 << 20, 1 << 30]))
def test_sizes_are_written_as_they_are_read(count: int, unit: int) -> None:
    """What the docs and `config show` call a size is taken as that size."""
    assert size_of(size_text(count * unit)) == count * unit


@settings(max_examples=100, deadline=None)
@given_any(st.text(max_size=20), st.sampled_from(PLAIN))
def test_any_text_of_the_environment_is_read_or_refused(text: str, place: Any) -> None:
    """Whatever stands in a variable, the answer is a value or faults."""
    section, key = place
    found = examine(None, {variable(section, key): text})

    assert isinstance(found.configuration, Configuration)


def test_files_of_tls_belong_together(tmp_path: Path) -> None:
    """A certificate without its key is told before anything is served."""
    (tmp_path / "chain.pem").touch()
    (tmp_path / "serve.toml").write_text('[listen]\ntls-cert = "chain.pem"')
    found = examine(tmp_path / "serve.toml")

    assert [one.message for one in found.wrongs] == ["'tls-key' is missing"]
    assert found.configuration.listen.tls_cert == tmp_path / "chain.pem"


@pytest.mark.parametrize(
    ("content", "fault"), [(b"short", "has fewer than 16 characters"), (b"\xff" * 20, "is no text")]
)
def test_a_token_for_metrics_is_kept_as_its_hash(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    """The settings name a file with the token; what is too short to be safe is refused."""
    path = tmp_path / "serve.toml"
    path.write_text('[health]\nmetrics-token-file = "token"')
    (tmp_path / "token").write_bytes(b" a-token-of-some-length\n")
    said = read_configuration(path)
    (tmp_path / "token").write_bytes(content)

    assert said.health.metrics_token == hash_token("a-token-of-some-length")
    assert "a-token" not in repr(said)
    with pytest.raises(InvalidInput, match=fault):
        read_configuration(path)

"""What is registered, told in every way that `bonded explain` understands."""

import json
from pathlib import Path

import pytest

from bonded.cli.explain_publishers import read_publishers
from bonded.errors import InvalidInput, UsageError
from bonded.minting.explaining.explanation import Known
from claims_builder import claims, publisher

OWNER = frozenset({"repository_owner_id"})
FIELDS = publisher().to_fields()
ENTRY = """\
[project]
name = "widget"
version = "1.0"

[[tool.bonded.publishers]]
repository = "octo/widget"
workflow = "release.yml"
environment = "pypi"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*texts: str) -> tuple[Known, ...]:
    """Read publishers, beside the claims of a job of octo/widget."""
    return read_publishers(texts, claims=claims()).known


@pytest.mark.parametrize(
    "text",
    [
        f"github:{','.join(f'{name}={value}' for name, value in FIELDS.items())}",
        "github:owner=octo,owner-id=5001,repository=widget,workflow_filename=release.yml,environment=pypi",
        "github:repository=octo/widget,owner_id=5001,workflow=release.yml,environment=PyPI",
    ],
)
def test_fields_have_the_names_of_every_place(text: str) -> None:
    """Stored names, the names of PyPI's form, and those of `[[tool.bonded.publishers]]`."""
    assert read(text) == (Known(publisher=publisher()),)


def test_ids_that_pypi_looks_up_may_be_left_out() -> None:
    """The token's own id stands in where the account has the registered name, and nothing where it has not."""
    same, other = read(
        "github:repository=octo/widget,workflow=release.yml,environment=pypi",
        "github:repository=cat/widget,workflow=release.yml",
    )

    assert same == Known(publisher=publisher(), unrecorded=OWNER)
    assert other.publisher.to_fields()["repository_owner_id"] == "0"
    assert other.unrecorded == OWNER


def test_an_id_that_is_none_is_not_taken() -> None:
    """Whatever the claims hold, a publisher stays one."""
    (one,) = read_publishers(
        ["github:repository=octo/widget,workflow=release.yml"],
        claims=claims(repository_owner_id="x y"),
    ).known

    assert one.publisher.to_fields()["repository_owner_id"] == "0"


def test_other_kinds() -> None:
    """Every kind has its own fields; `index` says where it is registered, `project` for what."""
    known = read(
        "gitlab:namespace=acme,project=widget,workflow=.gitlab-ci.yml,index=testpypi",
        "google:email=robot@acme.example,project=Wid.get",
        "activestate:organization=Acme,project=widget,actor=ada",
        "generic:issuer_url=https://ci.example,claims=org=1;project=a,immutable_claims=org",
    )

    assert [one.publisher.kind for one in known] == ["gitlab", "google", "activestate", "generic"]
    assert known[0].audience == "testpypi"
    assert known[1].project == "wid-get"
    assert known[2].unrecorded == frozenset({"actor_id"})
    assert known[3].publisher.to_fields()["claims"] == "org=1\nproject=a"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.json", json.dumps({"kind": "github", **FIELDS})),
        ("list.json", json.dumps([{"kind": "github", **FIELDS}])),
        ("nested.json", json.dumps({"publishers": [{"kind": "github", "fields": FIELDS}]})),
        ("one.toml", "".join(f"{name} = {value!r}\n" for name, value in FIELDS.items())),
        (
            "list.toml",
            ENTRY.replace("tool.bonded.", "").partition("\n\n")[2] + "owner-id = '5001'\n",
        ),
        ("pyproject.toml", f'{ENTRY}owner-id = "5001"\n'),
    ],
)
def test_files(name: str, text: str) -> None:
    """TOML and JSON: one publisher, a list, or the list of a project."""
    Path(name).write_text(text)

    assert [one.publisher for one in read(name)] == [publisher()]


def test_what_an_index_prints() -> None:
    """`bonded publisher list --json` is such a file; what is disabled is not judged, and said."""
    listed = {"id": "a", "kind": "github", "title": "release.yml", "links": [], "issuer": "x"}
    own = {**listed, "fields": FIELDS, "projects": ["widget", "gadget"], "disabled": ""}
    off = {**own, "disabled": "its id changed", "pins": {}}
    waiting = {**listed, "fields": FIELDS, "project": "novel", "expires": 5}
    document = {"publishers": [{**own, "pins": {"repository_id": "1"}}, off], "pending": [waiting]}
    Path("list.json").write_text(json.dumps(document))
    found = read_publishers(["list.json"], claims=claims())

    assert [one.project for one in found.known] == ["widget", "gadget", "novel"]
    assert {one.publisher for one in found.known} == {publisher()}
    assert [note.partition(" (")[0] for note in found.notes] == [
        "release.yml is kept for the repository_id '1', the token says '7001': the index would disable the publisher",
        "not judged, because it is disabled: release.yml",
    ]


def test_the_project_in_this_folder() -> None:
    """Without --publisher, what pyproject.toml records; the index by its name, the project by its own."""
    Path("pyproject.toml").write_text(ENTRY)

    assert read() == (
        Known(publisher=publisher(), project="widget", audience="pypi", unrecorded=OWNER),
    )


def test_a_recorded_owner_is_compared() -> None:
    """What the project records is never replaced by what the token says."""
    Path("pyproject.toml").write_text(f'{ENTRY}owner-id = "7"\n')
    (one,) = read()

    assert one.publisher == publisher(repository_owner_id="7")
    assert one.unrecorded == frozenset()


def test_a_project_that_records_nothing() -> None:
    """Nothing to compare with is said."""
    Path("pyproject.toml").write_text('[project]\nname = "widget"\nversion = "1"\n')
    found = read_publishers([], claims={})

    assert found.known == ()
    assert found.notes == ("pyproject.toml records no [[tool.bonded.publishers]]",)


def test_no_project_at_all() -> None:
    """Then the publisher has to be given."""
    with pytest.raises(UsageError, match="nothing says what is registered"):
        read()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("github:owner", "--publisher github: expected FIELD=VALUE, got 'owner'"),
        ("github:x=y", "--publisher github: .*x is no field of a GitHub publisher"),
        ("github:", "--publisher github: .*workflow_filename is required"),
        ("google:email=a@b.example,project=-", "--publisher google: "),
        ("list.json", r"list.json\[1\]: kind must be one of github, .*, got 'svn'"),
        ("text.toml", "text.toml: this is neither TOML nor JSON"),
        ("text.json", "text.json: this is neither TOML nor JSON"),
        ("number.json", "number.json: expected a list of publishers"),
        ("empty.json", "empty.json: expected a list of publishers"),
    ],
)
def test_what_is_no_publisher(text: str, said: str) -> None:
    """Every fault has its place."""
    Path("list.json").write_text(json.dumps([FIELDS, {"kind": "svn"}]))
    Path("text.toml").write_text("what?")
    Path("text.json").write_text("{what?")
    Path("number.json").write_text('{"publishers": 5}')
    Path("empty.json").write_text('{"publishers": []}')

    with pytest.raises(InvalidInput, match=said):
        read(text)


def test_all_faults_at_once() -> None:
    """Of several publishers each fault is told."""
    with pytest.raises(InvalidInput) as raised:
        read("github:x=y", "google:email=nobody")

    assert len(raised.value.faults) == 2


@pytest.mark.parametrize("raw", [None, b"\xff\xff"])
def test_a_file_that_cannot_be_read(raw: bytes | None) -> None:
    """A word that is no kind is taken for a file; then both ways are told."""
    if raw:
        Path("foo").write_bytes(raw)

    with pytest.raises(UsageError, match="--publisher: foo cannot be read") as raised:
        read("foo")
    assert "KIND:FIELD=VALUE" in raised.value.hint

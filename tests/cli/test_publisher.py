"""`bonded publisher` on the folder of an index, and over its API."""

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonded.index.running.data_folder import Served, write_served
from index_world import github, serving, world
from owner_world import FORM, GITLAB, GOOGLE, Owner


def test_a_first_publisher_is_pending(owner: Owner) -> None:
    """What was registered is printed field by field, with what the workflow needs."""
    added = owner("add", "New.Project", "--pending", *FORM, "--environment", "Release")
    listed = owner("list")

    assert added.code == 0, added.err
    for text in (
        "Registered:",
        "new-project (made by its first upload)",
        "Repository name",
        "release.yml",
        "https://github.com/octo/greeter",
        "environment: release",
        "id-token: write",
        "uv publish --trusted-publishing always --publish-url http",
        "/legacy/",
    ):
        assert text in added.out
    assert "new-project" in listed.out
    assert "github: release.yml of octo/greeter in environment release" in listed.out
    assert "pending" in listed.out


def test_a_project_must_exist(owner: Owner) -> None:
    """Without `--pending` a name that is mistyped makes no project."""
    refused = owner("add", "nothing", *FORM)

    assert refused.code == 2
    assert "there is no project 'nothing'" in refused.err
    assert "pending" in refused.err


def test_a_dry_run_registers_nothing(owner: Owner) -> None:
    """Everything is checked, nothing is there afterwards."""
    seen = owner("add", "new-project", "--pending", "--dry-run", *FORM)

    assert seen.code == 0
    assert seen.out.startswith("Would be registered:")
    assert json.loads(owner("list", "--json").out)["pending"] == []


def test_every_fault_is_named_at_once(owner: Owner) -> None:
    """Each fault has its option, what is wanted, and what the field is for."""
    refused = owner("add", "-", "--pending", "--kind", "github", "--environment", "a'b")

    assert refused.code == 2
    for text in (
        "project: ",
        "--repository-owner: is required",
        "--repository-owner-id: is required\n  The number of that account",
        "--repository-name: is required",
        "--workflow-filename: is required",
        "--environment: ",
    ):
        assert text in refused.err


def test_json_is_the_api_s(owner: Owner) -> None:
    """Programs get what the API says, near and far."""
    added = json.loads(owner("add", "novel", "--pending", "--json", *FORM).out)
    (listed,) = json.loads(owner("list", "--json").out)["pending"]
    removed = json.loads(owner("remove", added["id"], "--json").out)

    assert listed == added
    assert added["fields"]["repository_owner"] == "octo"
    assert removed == {"removed": added["id"]}
    assert owner("list").out == "There are no publishers.\n"


def test_a_publisher_of_a_project_lives_its_life(owner: Owner) -> None:
    """Added to a project that exists, listed with it, enabled, and removed."""
    added = json.loads(owner("add", "Greeter", "--json", *FORM).out)
    of_greeter, of_other = (owner("list", "--project", name).out for name in ("greeter", "other"))
    enabled = owner("enable", added["id"])
    wrong = owner("remove", added["id"], "--project", "other")
    removed = owner("remove", added["id"])

    assert added["projects"] == ["greeter"]
    assert "release.yml of octo/greeter" in of_greeter
    assert of_other == "There are no publishers of 'other'.\n"
    assert enabled.out.startswith("release.yml of octo/greeter may publish again")
    assert (wrong.code, "is not one of 'other'" in wrong.err) == (2, True)
    assert removed.out.startswith("The publisher may no longer publish: greeter.")


def test_what_exists_cannot_be_begun(owner: Owner) -> None:
    """A pending publisher is for a name that is free."""
    refused = owner("add", "greeter", "--pending", *FORM)

    assert refused.code == 2
    assert "exists already" in refused.err


def test_what_is_not_there_cannot_be_changed(owner: Owner) -> None:
    """An id that nobody has is said."""
    for words in (("remove", "x"), ("enable", "x")):
        refused = owner(*words)
        assert refused.code == 2
        assert "there is no publisher 'x'" in refused.err
    added = json.loads(owner("add", "novel", "--pending", "--json", *FORM).out)
    assert "has one project" in owner("remove", added["id"], "--project", "novel").err


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        (GITLAB, ("id_tokens:", "A_EXAMPLE_ID_TOKEN:", "aud: a.example")),
        (GOOGLE, ("gets an ID token for the audience 'a.example'", "/_/oidc/mint-token")),
    ],
)
def test_other_services_are_told_what_they_need(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    form: tuple[str, ...],
    texts: tuple[str, ...],
) -> None:
    """Each service in its own words."""
    added = Owner(("--data", str(folder)), capsys)("add", "novel", "--pending", *form)

    assert added.code == 0, added.err
    for text in texts:
        assert text in added.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kind", "github", "--field", "x"), "--field wants NAME=VALUE"),
        (("--kind", "github", "--email", "x"), "--email: is no field of a GitHub publisher"),
        (
            ("--kind", "github", "--owner", "a", "--field", "repository_owner=b"),
            "--repository-owner: is given twice",
        ),
        (("--kind", "subversion"), "invalid choice"),
        ((*GITLAB, "--issuer-url", "https://g.example"), "does not trust the issuer"),
    ],
)
def test_what_cannot_be_registered(owner: Owner, words: tuple[str, ...], said: str) -> None:
    """Options that do not fit together are named."""
    refused = owner("add", "novel", "--pending", *words)

    assert refused.code == 2
    assert said in refused.err


def test_fields_may_be_given_by_their_stored_names(owner: Owner) -> None:
    """`--field` takes what `--json` prints."""
    fields = [f"{name}={text}" for name, text in github().to_fields().items()]
    words = [word for field in fields for word in ("--field", field)]
    added = owner("add", "novel", "--pending", "--json", "--kind", "github", *words)

    assert json.loads(added.out)["fields"] == github().to_fields()


def claims(**bent: object) -> dict[str, object]:
    """Return claims of a job of `octo/greeter`."""
    workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
    return {
        "iss": github().issuer,
        "aud": "a.example",
        "jti": "one",
        "iat": 0,
        "exp": 1,
        "repository": "octo/greeter",
        "repository_id": "2",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "ref": "refs/tags/v1",
        "sha": "a" * 40,
        "event_name": "push",
        **bent,
    }


def test_claims_are_tested(owner: Owner, tmp_path: Path) -> None:
    """The table, the verdict and the steps; the exit code says which."""
    owner("add", "novel", "--pending", *FORM, "--environment", "release")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(claims(environment="release")))
    bad.write_text(json.dumps(claims(environment="staging")))

    accepted, refused = (owner("test", "--claims", str(file)) for file in (good, bad))

    assert (accepted.code, refused.code) == (0, 1)
    assert accepted.out.startswith("ACCEPTED: a token for novel would be given")
    assert "✓" in accepted.out
    assert refused.out.startswith("REFUSED (invalid-publisher)")
    assert "✗  environment" in refused.out
    assert "staging" in refused.out
    assert "What to do:" in refused.out
    assert "add it with the new value, then remove the old one" in refused.out
    assert json.loads(owner("test", "--json", "--claims", str(bad)).out)["accepted"] is False


def printed(**bent: object) -> str:
    """Return the claims that clients print when they are refused, as a JSON object."""
    shown = ("repository", "repository_owner", "repository_owner_id", "job_workflow_ref", "ref")
    return json.dumps({name: claims()[name] for name in shown} | bent)


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ("release", 0, "given to release.yml of octo/greeter in environment release, if what"),
        ("MISSING", 1, "the job has no environment"),
        ("staging", 1, "give the publishing job `environment: release`"),
    ],
)
def test_the_claims_that_a_client_prints_are_enough(
    owner: Owner, tmp_path: Path, environment: str, code: int, said: str
) -> None:
    """Issuer, event and the rest are not among them: they are not known, which is not wrong."""
    owner("add", "novel", "--pending", *FORM, "--environment", "release")
    (tmp_path / "block.json").write_text(printed(environment=environment))

    told = owner("test", "--claims", str(tmp_path / "block.json"))

    assert told.code == code
    assert said in told.out
    assert "?  event_name" in told.out
    assert "(not known)" in told.out


def test_claims_must_tell_who_would_sign_them(owner: Owner, tmp_path: Path) -> None:
    """What fits no service, and no publisher, cannot be judged."""
    (tmp_path / "few.json").write_text('{"sub": "somebody"}')

    refused = owner("test", "--claims", str(tmp_path / "few.json"))

    assert (refused.code, "give `iss` too" in refused.err) == (2, True)


def test_a_token_is_tested(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token may come from standard input, where no other user sees it."""
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    for word in ("-", "x"):
        refused = owner("test", "--token", word)
        assert refused.code == 1
        assert refused.out.startswith("REFUSED (invalid-payload): malformed JWT")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give --token or --claims"),
        (("--token", "x", "--claims", "y"), "Give --token or --claims"),
        (("--claims", "none.json"), "cannot be read: No such file"),
        (("--claims", "bad.json"), "are not strict JSON"),
    ],
)
def test_what_cannot_be_tested(
    owner: Owner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    """Something, and one thing, must be given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("{")
    refused = owner("test", *words)

    assert refused.code == 2
    assert said in refused.err


def test_the_configuration_of_the_server_counts(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the index was served with is used again; another file may be named."""
    config = tmp_path / "bonded.toml"
    config.write_text(
        '[mint]\naudience = "b.example"\n'
        '[[issuers]]\nurl = "https://gitlab.example"\nkind = "gitlab"\n'
    )
    (tmp_path / "other.toml").write_text("issuers-only = true")
    write_served(folder, Served(audience="a.example", configuration=str(config)))
    owner = Owner(("--data", str(folder)), capsys)
    words = ("add", "novel", "--pending", *GITLAB, "--issuer-url", "https://gitlab.example")

    added = owner(*words)
    refused = owner(*words[:1], "novelty", *words[2:], "--config", str(tmp_path / "other.toml"))

    assert added.code == 0, added.err
    assert "aud: b.example" in added.out
    assert "ADDRESS/legacy/" in added.out
    assert refused.code == 2


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        ((), 2, "which index?"),
        (("--data", "x", "--url", "https://a.example"), 2, "which index?"),
        (("--data", "nowhere"), 2, "holds no index"),
        (("--url", "https://a.example"), 2, "who are you?"),
        (("--url", "https://a.example", "--token-file", "none"), 2, "cannot be read"),
        (("--url", "http://a.example", "--token-file", "token"), 2, "--url: "),
        (("--url", "http://127.0.0.1:1", "--token-file", "token"), 3, "cannot be reached"),
    ],
)
def test_which_index_is_meant(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: tuple[str, ...],
    *,
    code: int,
    said: str,
) -> None:
    """One index, and a token where it is far; a token never goes over plain http to another machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BONDED_TOKEN", raising=False)
    (tmp_path / "token").write_text("bonded-x")
    refused = Owner(where, capsys)("list")

    assert refused.code == code
    assert said in refused.err


def test_an_address_that_is_no_index_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address too far down, a token that is not known and one of another scope are told apart."""
    with world(folder) as stage, serving(stage.index.app) as address:
        monkeypatch.setenv("BONDED_TOKEN", "bonded-" + "x" * 43)
        unknown = Owner(("--url", address), capsys)("list")
        monkeypatch.setenv("BONDED_TOKEN", stage.token)
        uploader = Owner(("--url", address), capsys)("list")
        strange = Owner(("--url", f"{address}/legacy/"), capsys)("list")

    assert (unknown.code, uploader.code, strange.code) == (2, 2, 3)
    assert "not one of this index" in unknown.err
    assert "--new-admin-token" in unknown.err
    assert "has the scope 'upload'; this takes one of the scope 'admin'" in uploader.err
    assert "lost" not in uploader.err
    assert "bonded token add NAME --scope admin" in uploader.err
    assert "without /legacy/" in strange.err


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (200, "hello", 3, "answered 200, and not as an index"),
        (200, "{}", 3, "no 'publishers'"),
        (200, '{"publishers": [1]}', 3, "no 'publishers'"),
        (302, "{}", 3, "answered 302"),
        (500, '{"detail": "x"}', 3, "answered 500"),
        (422, "[]", 3, "answered 422"),
        (422, '{"detail": "no", "errors": "x", "hint": "do"}', 2, "bonded: no\n  do"),
        (422, '{"detail": "\\u001b[2Jno", "hint": "\\u001b]0;x\\u0007do"}', 2, "bonded: no\n  do"),
        (422, '{"detail": "no", "errors": [{}, {"field": "a"}]}', 2, "bonded: no"),
        (422, '{"detail": "no", "errors": [{"field": "a", "message": "b"}]}', 2, "a b"),
    ],
)
def test_strange_servers_are_no_bugs(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: str,
    *,
    code: int,
    said: str,
) -> None:
    """Whatever a server answers is said in a sentence."""

    async def strange(_request: Request) -> Response:
        return Response(body, status)

    monkeypatch.setenv("BONDED_TOKEN", "bonded-x")
    routes = [Route("/-/api/publishers", strange), Route("/-/api/pending-publishers", strange)]
    with serving(Starlette(routes=routes)) as address:
        refused = Owner(("--url", address), capsys)("list")

    assert refused.code == code
    assert said in refused.err

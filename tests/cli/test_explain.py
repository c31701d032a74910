"""`bonded explain` as a user calls it: what it prints, its exit codes, and its JSON."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bonded.cli.main import main
from bonded.dists.endpoints import pypi
from bonded.oidc.issue import issue
from claims_builder import NOW, claims, key, other_key

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs/reference/explain.schema.json").read_text("utf-8")
)
PROJECT = """\
[project]
name = "widget"
version = "1.0"

[project.urls]
Source = "https://github.com/octo/widget"

[[tool.bonded.publishers]]
repository = "octo/widget"
workflow = "release.yml"
environment = "pypi"

[[tool.bonded.publishers]]
index = "testpypi"
repository = "octo/widget"
workflow = "release.yml"
"""
LOG = "\n".join(
    f"* `{name}`: `{claims()[name]}`"
    for name in (
        "sub",
        "repository",
        "repository_owner",
        "repository_owner_id",
        "job_workflow_ref",
        "ref",
    )
)
GITHUB = "github:owner=octo,repository=widget,workflow_filename=release.yml,environment=pypi"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in the folder of a project that records two publishers."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    code = main(["explain", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def written(name: str, value: object) -> str:
    """Write a file in the project: text as it is, else JSON; return its name."""
    Path(name).write_text(value if isinstance(value, str) else json.dumps(value))
    return name


def data_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return what --json prints, once the schema has nothing against it."""
    _, out, _ = told(capsys, *arguments, "--json")
    data: dict[str, Any] = json.loads(out)
    faults = [one.message for one in Draft202012Validator(SCHEMA).iter_errors(data)]
    assert faults == []
    return data


def test_a_token_that_would_be_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 0; the signature is said to be unverified, and the token is never shown."""
    token = issue(claims(), key())
    code, out, err = told(capsys, "--token", written("token", f"{token}\n"))

    assert code == 0
    assert out.startswith(
        "PyPI would accept this: it matches release.yml of octo/widget in environment pypi.\n"
    )
    assert "note: the signature was not verified; --keys FILE does that" in out
    assert err == ""
    for part in token.split("."):
        assert part not in out


def test_claims_that_would_be_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Verdict, table, steps and what the client reads, in this order; the exit code is 1."""
    code, out, _ = told(capsys, "--claims", written("claims.json", claims(environment=...)))

    assert code == 1
    assert out == (
        "PyPI would refuse this: `environment` is absent and must be 'pypi'.\n"
        "\n"
        "Against the github publisher release.yml of octo/widget in environment pypi, for the project widget:\n"
        "     claim                registered                                 "
        "token says                                                compared\n"
        "  ✓  repository           octo/widget                                "
        "octo/widget                                               equal, letter case aside\n"
        "  ✓  repository_owner     octo                                       "
        "octo                                                      equal\n"
        "  ?  repository_owner_id  (not recorded)                             "
        "5001                                                      "
        "equal; the number stays when the account is renamed\n"
        "  ✓  job_workflow_ref     octo/widget/.github/workflows/release.yml  "
        "octo/widget/.github/workflows/release.yml@refs/tags/v1.0  "
        "equal, followed by @ and the token's own ref or sha\n"
        "  ✓  jti                  an id that was not used before             "
        "1d9b2d4e-7b1c-4f44-9f0a-000000000001                      each token is taken once\n"
        "  ✓  event_name           any event but pull_request_target          "
        "push                                                      not one of these\n"
        "  ✗  environment          pypi                                       "
        "(nothing)                                                 equal, letter case aside\n"
        "\n"
        "1. in the workflow: The publisher is for the environment 'pypi', the job has no environment: in the workflow, "
        "give the publishing job `environment: pypi`.\n"
        "2. in the publisher: Or, in the publisher, clear the environment name, so that any job of the workflow may "
        "publish.\n"
        "3. in the publisher: The publisher release.yml of octo/widget is registered at TestPyPI, and this is PyPI: "
        "register it at 'pypi' too, or let the upload go where it is.\n"
        "\n"
        "The client reads: invalid-publisher: valid token, but no corresponding publisher (Publisher with matching "
        "claims was not found)\n"
        "\n"
        "note: times were not judged: as if the token came right when it was made; --now TIME does that\n"
        "note: a publisher is not changed in its place: add it with the new value, then remove the old one\n"
    )


def test_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    """What the log does not show is not judged, and is said."""
    log = f"uploading to {pypi().upload_url}\n* `invalid-publisher`: no\n{LOG}\n"
    code, out, _ = told(capsys, "--log", written("job.log", log))

    assert code == 0
    assert "if what is not known is right (jti, event_name)" in out
    assert "note: claims that the log does not show were not judged" in out
    assert "in the log, the index said: invalid-publisher: no" in out
    assert "the index refused what should be accepted" in out


def test_a_log_with_hidden_claims(capsys: pytest.CaptureFixture[str]) -> None:
    """What the CI service has masked is named."""
    hidden = LOG.replace("`refs/tags/v1.0`", "`***`")
    _, out, _ = told(capsys, "--log", written("job.log", hidden))

    assert "note: hidden in the log by the CI service: ref" in out


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("nothing", "the log shows no claims of an ID token\n"),
        (
            "* `invalid-publisher`: no",
            "the log shows no claims of an ID token; the index said: invalid-publisher: no\n",
        ),
    ],
)
def test_a_log_without_claims(capsys: pytest.CaptureFixture[str], log: str, said: str) -> None:
    """Twine prints none: then there is another way."""
    code, out, err = told(capsys, "--log", written("job.log", log))

    assert (code, out) == (2, "")
    assert err.startswith(f"job.log: {said}")
    assert "--workflow FILE --event EVENT predicts them" in err


def test_a_log_of_two_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    """The last one is judged, and that there was another is said."""
    name = written("job.log", LOG.replace("widget", "gadget") + "\n" + LOG)

    assert (
        "the log shows the claims of several tokens; these are the last"
        in (data_of(capsys, "--log", name)["notes"])
    )


def test_a_log_of_another_service_than_the_publisher(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not in the log is not said to be missing from the token."""
    gitlab = "gitlab:namespace=acme,project=widget,workflow=.gitlab-ci.yml"
    data = data_of(capsys, "--log", written("job.log", LOG), "--publisher", gitlab)

    assert data["cases"][0]["reason"].endswith("(Publisher with matching claims was not found)")


def test_an_empty_index_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """It is an unset variable of a script, most likely."""
    code, _, err = told(capsys, "--claims", written("c.json", claims()), "--index", "")

    assert (code, "--index wants an index" in err) == (2, True)


def test_the_index_follows_from_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    """A token for TestPyPI is judged there, unless another index is named."""
    name = written("claims.json", claims(aud="testpypi"))

    assert data_of(capsys, "--claims", name)["index"] == {
        "audience": "testpypi",
        "title": "TestPyPI",
    }
    data = data_of(capsys, "--claims", name, "--index", "pypi")
    assert data["cases"][0]["code"] == "invalid-token"
    assert data["cases"][0]["advice"][0]["new_value"] == "pypi"


def test_another_index_has_strict_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """PyPI's rules hold at PyPI, a bonded index's own elsewhere; either can be asked for."""
    said = claims(aud="https://pkgs.example", event_name="workflow_run")
    name = written("claims.json", said)
    there = ("--claims", name, "--index", "https://pkgs.example", "--publisher", GITHUB)

    strict = data_of(capsys, *there)
    assert strict["rules"] == "strict"
    assert strict["cases"][0]["advice"][0]["field"] == "on"
    assert data_of(capsys, *there, "--rules", "pypi")["accepted"]


@pytest.mark.parametrize(
    ("index", "audience"),
    [
        ("https://localhost:8443/legacy/", "localhost:8443"),
        ("http://pkgs.example:80", "pkgs.example"),
        ("https://[::1]:8443", "[::1]:8443"),
        ("pkgs.example", "pkgs.example"),
        ("https://[::1", "https://[::1"),
        (pypi().upload_url, "pypi"),
    ],
)
def test_an_address_tells_the_audience(
    capsys: pytest.CaptureFixture[str], index: str, audience: str
) -> None:
    """It is the host, unless the index was told otherwise; that is said, and no token is to be made for an address."""
    name = written("claims.json", claims(aud=audience))
    data = data_of(capsys, "--claims", name, "--index", index, "--publisher", GITHUB)

    assert data["index"]["audience"] == audience
    assert data["accepted"]
    noted = any("/_/oidc/audience" in note for note in data["notes"])
    assert noted is (audience not in {index, "pypi"})


@pytest.mark.parametrize(
    ("signed", "keys", "signature", "code"),
    [
        (key(), key(), "verified", ""),
        (other_key(), key(), "wrong", "invalid-token"),
    ],
)
def test_a_signature_is_verified_with_keys(
    capsys: pytest.CaptureFixture[str], signed: Any, keys: Any, signature: str, code: str
) -> None:
    """With the issuer's keys the token is proved, or shown to be forged."""
    token = written("token", issue(claims(), signed))
    data = data_of(capsys, "--token", token, "--keys", written("keys.json", keys.jwks()))

    assert data["signature"] == signature
    assert data["cases"][0]["code"] == code


@pytest.mark.parametrize(
    ("now", "phrase"),
    [
        (str(NOW), "would accept"),
        (str(NOW + 400), "the token ended 110 seconds ago"),
        ("2027-01-15T08:00Z", "would accept"),
        ("2027-01-15T08:00", "would accept"),
        ("2027-01-15T07:00:00+00:00", "the token begins in 3590 seconds"),
        ("now", "would"),
    ],
)
@pytest.mark.parametrize("proved", ["", "keys.json"])
def test_times_are_judged_when_a_moment_is_given(
    capsys: pytest.CaptureFixture[str], now: str, phrase: str, proved: str
) -> None:
    """As Unix seconds, as a date, or at this very moment."""
    token = written("token", json.dumps({"token": issue(claims(), key())}))
    written("keys.json", key().jwks())
    keys = ("--keys", proved) if proved else ()
    _, out, _ = told(capsys, "--token", token, "--now", now, *keys)

    assert phrase in out
    assert "times were not judged" not in out


def test_a_proved_token_with_no_time_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A number that is no time is a fault of the token, however large it is."""
    token = written("token", issue(claims(iat=10**400), key()))
    data = data_of(capsys, "--token", token, "--keys", written("keys.json", key().jwks()))

    assert data["accepted"] is False
    assert data["cases"][0]["code"] == "invalid-token"


def test_a_proved_token_for_another_index(capsys: pytest.CaptureFixture[str]) -> None:
    """A good signature does not hide the wrong audience, and all other faults are told too."""
    token = written("token", issue(claims(aud="testpypi", environment=...), key()))
    keys = written("keys.json", key().jwks())
    data = data_of(capsys, "--token", token, "--keys", keys, "--index", "pypi")

    assert data["signature"] == "verified"
    assert [one["field"] for one in data["cases"][0]["advice"]] == [
        "audience",
        "environment",
        "environment",
        "index",
    ]


def test_nothing_is_registered_for_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    """Then the table has what is wrong with the token alone, and the step what to register."""
    name = written("claims.json", claims(aud="x"))
    gitlab = "gitlab:namespace=acme,project=widget,workflow=.gitlab-ci.yml"
    code, out, _ = told(capsys, "--claims", name, "--publisher", gitlab)

    assert code == 1
    assert "\nThe token:\n     claim  registered  token says  compared\n  ✗  aud" in out
    assert "No GitHub publisher is registered for this job: add one with owner 'octo'" in out
    plain = written("claims.json", claims())
    assert "compared" not in told(capsys, "--claims", plain, "--publisher", gitlab)[1]


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` reads it, also as PowerShell writes it."""
    text = "\ufeff" + issue(claims(), key())

    class Piped:
        buffer = io.BytesIO(text.encode("utf-16-le"))

    monkeypatch.setattr(sys, "stdin", Piped())

    assert told(capsys, "--token", "-")[0] == 0


def test_claims_beside_other_things(capsys: pytest.CaptureFixture[str]) -> None:
    """A file may hold the claims under that name, and only some of them."""
    some = {name: claims()[name] for name in ("repository", "job_workflow_ref", "environment")}
    data = data_of(capsys, "--claims", written("claims.json", {"claims": some}))

    assert data["accepted"]
    assert "jti" in data["cases"][0]["unknown"]
    assert "claims that are not in the file were not judged" in data["notes"]


def test_control_sequences_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Claims may be a stranger's; a terminal only shows them."""
    name = written("claims.json", claims(environment="\x1b[31mred\r\nnew line"))
    _, out, _ = told(capsys, "--claims", name)

    assert "\x1b" not in out
    assert "\nnew line" not in out


def test_colours_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets colours, unless NO_COLOR says otherwise."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    name = written("claims.json", claims(environment=...))

    assert "\x1b[31mPyPI would refuse this" in told(capsys, "--claims", name)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in told(capsys, "--claims", name)[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--token", "nofile"), "bonded: --token: nofile cannot be read: No such file"),
        (("--token", "pyproject.toml"), "pyproject.toml: a signed token has three parts"),
        (("--token", "broken.json"), "broken.json: a signed token has three parts"),
        (("--token", "token", "--keys", "pyproject.toml"), "pyproject.toml: not strict JSON"),
        (("--token", "token", "--keys", "empty.json"), "empty.json: "),
        (("--claims", "pyproject.toml"), "pyproject.toml: not strict JSON"),
        (("--claims", "twice.json"), "twice.json: not strict JSON: a name is given twice"),
        (("--claims", "c.json", "--now", "soon"), "bonded: --now wants a time, got 'soon'"),
        (("--claims", "c.json", "--keys", "x"), "bonded: --keys needs --token"),
        (("--claims", "c.json", "--event", "x"), "bonded: --event needs --workflow"),
        (("--claims", "c.json", "--job", "x"), "bonded: --job needs --workflow"),
        (("--claims", "c.json", "--repository", "x"), "bonded: --repository needs --workflow"),
        (("--workflow", "x.yml"), "bonded: --workflow needs --event"),
        (("--claims", "c.json", "--project", "-"), "bonded: --project: "),
    ],
)
def test_what_cannot_be_read(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """Unreadable input and contradicting options end with 2, and nothing on standard output."""
    written("token", issue(claims(), key()))
    written("c.json", claims())
    written("broken.json", '{"token": ')
    written("empty.json", {})
    written("twice.json", '{"a": 1, "a": 2}')
    code, out, err = told(capsys, *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(said)


def test_one_source_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    """Two sources, or none, are refused by the command line itself."""
    for arguments in ((), ("--token", "a", "--log", "b")):
        with pytest.raises(SystemExit, match="2"):
            main(["explain", *arguments])
        assert "usage: " in capsys.readouterr().err


def test_the_schema_is_closed() -> None:
    """The schema is valid, describes every member, and allows no other."""
    Draft202012Validator.check_schema(SCHEMA)
    parts = [SCHEMA, *SCHEMA["$defs"].values(), SCHEMA["properties"]["index"]]

    for part in parts:
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])
        assert part["description"]
        for member in part["properties"].values():
            assert member["description"]

"""Logs as clients and CI services write them, read back to claims."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists import endpoints
from bonded.minting.ci_log import CiLog, read_log

UPLOAD = endpoints.pypi().upload_url
TEST_UPLOAD = endpoints.testpypi().upload_url
TEST_PAGE = endpoints.testpypi().web_url
WORKFLOW = "octo/widget/.github/workflows/release.yml@refs/tags/v1.0"
NOT_FOUND = (
    "valid token, but no corresponding publisher (Publisher with matching claims was not found)"
)
CLAIMS = {
    "sub": "repo:octo/widget:environment:pypi",
    "repository": "octo/widget",
    "repository_owner": "octo",
    "repository_owner_id": "5001",
    "workflow_ref": WORKFLOW,
    "job_workflow_ref": WORKFLOW,
    "ref": "refs/tags/v1.0",
    "environment": "pypi",
}
ACTION = f"""\
Attempting to perform trusted publishing exchange to retrieve a temporary short-lived API token for authentication \
against {UPLOAD} due to `__token__` username with no supplied `password` field
Trusted publishing exchange failure:
Token request failed: the server refused the request for the following reasons:

* `invalid-publisher`: {NOT_FOUND}

This generally indicates a trusted publisher configuration error, but could
also indicate an internal error on GitHub or PyPI's part.

The claims rendered below are **for debugging purposes only**. You should **not**
use them to configure a trusted publisher unless they already match your expectations.

If a claim is not present in the claim set, then it is rendered as `MISSING`.

""" + "\n".join(f"* `{name}`: `{value}`" for name, value in CLAIMS.items())

UV = """\
Publishing 1 file to https://index.example/legacy/
error: Failed to obtain token for trusted publishing
  cause: Server returned error code 422 Unprocessable Entity, is trusted publishing correctly
         configured?
         Response: {"message": "Token request failed", "errors": [{"code": "invalid-publisher",
         "description": "valid token, but no corresponding publisher (Publisher with matching
         claims was not found)"}, {"code": "next-step", "description": "Give the job `environment:
         pypi`."}]}
         Token claims, which must match the publisher configuration: GitHub(
             GitHubTokenClaims {
                 sub: "repo:octo/widget:environment:pypi",
                 repository: "octo/widget",
                 repository_owner: "octo",
                 repository_owner_id: "5001",
                 job_workflow_ref: "octo/widget/.github/workflows/release.yml@refs/tags/v1.0",
                 ref: "refs/tags/v1.0",
                 environment: Some(
                     "pypi",
                 ),
             },
         )
"""
UV_CLAIMS = {name: value for name, value in CLAIMS.items() if name != "workflow_ref"}
TWINE = f"""\
Uploading distributions to {TEST_UPLOAD}
WARNING  Got OIDC token for audience testpypi
ERROR    TrustedPublishingFailure: The token request failed; the index server gave the following reasons:

* `invalid-publisher`: {NOT_FOUND}
* `next-step`: Give the publishing job `environment: pypi`.
"""


def test_the_publishing_action() -> None:
    """gh-action-pypi-publish lists the claims with backticks, after the reasons."""
    assert read_log(ACTION) == CiLog(
        tool="gh-action-pypi-publish",
        claims=CLAIMS,
        code="invalid-publisher",
        description=NOT_FOUND,
        audience="pypi",
    )


def test_uv() -> None:
    """Uv prints the answer and the claims as Rust prints values, broken at the width of the terminal."""
    assert read_log(UV) == CiLog(
        tool="uv",
        claims=UV_CLAIMS,
        code="invalid-publisher",
        description=NOT_FOUND,
        steps=("Give the job `environment: pypi`.",),
        audience="index.example",
    )


def test_an_older_uv() -> None:
    """Before it told providers apart, uv printed one plain value."""
    log = read_log(
        "  Caused by: PyPI returned error code 422 Unprocessable Entity, is trusted publishing correctly configured?\n"
        'Response: {"message":"Token request failed","errors":[{"code":"invalid-token","description":"x"}]}\n'
        "Token claims, which must match the PyPI configuration: OidcTokenClaims {\n"
        '    sub: "repo:octo/widget:ref:refs/heads/main",\n'
        '    repository: "octo/widget",\n'
        "    environment: None,\n}\n"
        '    sub: "another",\n'
    )

    assert log.claims == {
        "sub": "repo:octo/widget:ref:refs/heads/main",
        "repository": "octo/widget",
    }
    assert log.absent == {"environment"}
    assert (log.code, log.description) == ("invalid-token", "x")


def test_twine_prints_no_claims() -> None:
    """Twine gives the reasons alone, and names the audience."""
    assert read_log(TWINE) == CiLog(
        tool="twine",
        code="invalid-publisher",
        description=NOT_FOUND,
        steps=("Give the publishing job `environment: pypi`.",),
        audience="testpypi",
    )


BONDED = """\
As which identity: PyPI refused a token
     claim             registered               token says
  ✓  repository        octo/widget              octo/widget
  ✗  job_workflow_ref  octo/widget/…/other.yml  octo/widget/.github/workflows/release.yml@refs/tags/v1.0  equal
  ✗  environment       pypi                     (nothing)
  PyPI's own answer (422): {"message": "", "errors": [{"code": "invalid-publisher", "description": "no"}]}
"""


def test_bonded() -> None:
    """The identity table of a rehearsal, and that of `bonded explain`, are read back."""
    assert read_log(BONDED) == CiLog(
        tool="bonded",
        claims={
            "repository": "octo/widget",
            "job_workflow_ref": WORKFLOW,
        },
        absent=frozenset({"environment"}),
        code="invalid-publisher",
        description="no",
    )


def test_claims_as_json() -> None:
    """A step that printed the decoded claims is as good."""
    text = f"debug: {json.dumps({**CLAIMS, 'iat': 5})} and more"

    assert read_log(text).claims == CLAIMS


@pytest.mark.parametrize(
    "dressed",
    [
        pytest.param(lambda line: f"2026-11-21T13:18:00.1234567Z {line}", id="time stamps"),
        pytest.param(
            lambda line: f"publish\tPublish to PyPI\t2026-11-21T13:18:00.1234567Z {line}",
            id="gh run view --log",
        ),
        pytest.param(lambda line: f"\x1b[36;1m{line}\x1b[0m", id="colours"),
        pytest.param(lambda line: f"2026-11-21T13:18:00.123456Z 01O {line}", id="GitLab"),
        pytest.param(lambda line: f"{line}\r", id="Windows line ends"),
        pytest.param(lambda line: f"\x1b]8;;https://x.example\x1b\\{line}\x1b]8;;\x07", id="links"),
        pytest.param(lambda line: f"##[error]{line}", id="##[error]"),
        pytest.param(lambda line: f"::error title=refused::{line}", id="::error::"),
        pytest.param(lambda line: f"Error: {line}", id="Error:"),
    ],
)
@pytest.mark.parametrize(("log", "claims"), [(ACTION, CLAIMS), (UV, UV_CLAIMS)])
def test_what_logs_add_is_taken_away(log: str, claims: dict[str, str], dressed: object) -> None:
    """Time stamps, colours, prefixes and line ends of any kind change nothing."""
    assert callable(dressed)
    found = read_log("\n".join(map(dressed, log.split("\n"))))

    assert found.claims == claims
    assert found.code == "invalid-publisher"


def test_one_annotation_of_many_lines() -> None:
    """A workflow command has its line ends escaped."""
    found = read_log("::error::" + ACTION.replace("%", "%25").replace("\n", "%0A"))

    assert found.claims == CLAIMS


def test_a_summary_that_was_copied_from_the_page() -> None:
    """Markdown that was rendered has no backticks; then only the lines after the heading count."""
    text = "ref: main\nThe claims rendered below are for debugging purposes only.\n" + "\n".join(
        f"  • {name}: {value}" for name, value in CLAIMS.items()
    )

    assert read_log(text).claims == CLAIMS


def test_a_broken_line_is_put_together() -> None:
    """Values have no spaces, so a line end inside one is the terminal's."""
    text = ACTION.replace("workflows/release.yml@refs", "workflows/\n    release.yml@refs")

    assert read_log(text).claims == CLAIMS


def test_claims_that_are_missing_or_hidden() -> None:
    """`MISSING` is not in the token; what the CI service has masked is in it, and not known."""
    text = ACTION.replace("`environment`: `pypi`", "`environment`: `MISSING`").replace(
        "`octo/widget`", "`***/widget`"
    )
    log = read_log(text)

    assert log.absent == {"environment"}
    assert log.masked == ("repository",)
    assert "repository" not in log.claims


def test_the_last_refusal_counts() -> None:
    """A log of several attempts is about the last one."""
    first = ACTION.replace("octo", "cat").replace("invalid-publisher", "invalid-token")
    log = read_log(f"{first}\n{ACTION}")

    assert log.claims == CLAIMS
    assert log.code == "invalid-publisher"
    assert read_log(f"{ACTION}\n{UV}").tool == "uv"


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        (f"uploading to {TEST_UPLOAD}", "testpypi"),
        (f"uploading to {UPLOAD} and see {TEST_PAGE}help", "pypi"),
        (f"see {TEST_PAGE}help", "testpypi"),
        ("uploading to https://pkgs.example/legacy/", "pkgs.example"),
        (f"see {TEST_PAGE}\nPublishing 1 file to https://localhost:8443/legacy/", "localhost:8443"),
        ("see https://pkgs.example:443/legacy/ and https://ci.example/", "pkgs.example"),
        ("Got OIDC token for audience pkgs", "pkgs"),
    ],
)
def test_the_index_is_found(text: str, audience: str) -> None:
    """The audience that was named counts, then the address of an upload, then any address."""
    assert read_log(text).audience == audience


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here",
        "with:\n  repository: octo/widget\n  ref: main",
        '{"errors": "none"}',
        '{"errors": [1, null]}',
        '{"errors": [',
        '{"sub": "x"}',
        '["errors": 1]',
        '{"sub":' * 3000,
        "* `a`: `b`",
        'Token claims, which must match: x { sub: "\\q", }',
    ],
)
def test_what_is_no_refusal_has_no_claims(text: str) -> None:
    """Words that look like claims elsewhere in a log are none."""
    log = read_log(text)

    assert log.claims.keys() <= {"sub"}
    assert log.code == ""


PIECES = st.sampled_from(
    [
        *ACTION.split("\n"),
        *UV.split("\n"),
        *BONDED.split("\n"),
        "{",
        '{"errors": [',
        "`",
        "\r",
        "\x1b[",
    ]
)


@given(
    st.lists(PIECES | st.text(max_size=30), max_size=40), st.sampled_from(["\n", "", " ", "\r\n"])
)
@settings(max_examples=200, deadline=None)
def test_no_log_raises(pieces: list[str], between: str) -> None:
    """Whatever is pasted, something comes back, and every text in it is bounded."""
    log = read_log(between.join(pieces))

    assert all(len(value) <= 3000 for value in log.claims.values())
    assert not log.claims.keys() & log.absent


@pytest.mark.parametrize(
    "piece",
    [
        '{"',
        '{"errors": [',
        "* `a`: `",
        "\x1b[",
        "✗  a  b  c",
        "✗  sub  a  a\n",
        'sub: "\\',
        "{{{{{",
    ],
)
def test_a_hostile_log_is_read_to_its_end(piece: str) -> None:
    """Nothing in a log makes reading it grow out of proportion: a large one of hard pieces ends."""
    log = read_log("Token claims, which must match " + piece * (400_000 // len(piece)))

    assert log.code == ""

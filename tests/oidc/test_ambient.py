"""The identity of the CI around, in environments of every kind."""

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from bonded.oidc.ambient import NoIdentity, asserted_claims, id_token, service, variable_for
from faulty_server import faulty
from served_world import job

AUDIENCE = "index.example"


def token(**claims: object) -> str:
    """Return what looks like a token."""

    def part(value: object) -> str:
        raw = json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part({'iss': 'x', **claims})}.c2ln"


GOOD = token(aud=AUDIENCE)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Return an empty environment; the process's own is emptied as well."""
    for name in list(os.environ):
        if any(word in name for word in ("GITHUB", "GITLAB", "BUILDKITE", "CIRCLE", "ID_TOKEN")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path))
    return {}


def put(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], **more: str) -> dict[str, str]:
    """Set variables here and in the process."""
    for name, text in more.items():
        monkeypatch.setenv(name, text)
    return environ | more


@pytest.mark.parametrize(
    ("audience", "variable"),
    [
        ("pypi", "PYPI_ID_TOKEN"),
        ("index.example:8443", "INDEX_EXAMPLE_8443_ID_TOKEN"),
        ("3d", "_D_ID_TOKEN"),
    ],
)
def test_variables_are_named_after_their_audience(audience: str, variable: str) -> None:
    """The rule is GitLab's users' and `id`'s."""
    assert variable_for(audience) == variable


def test_outside_of_any_ci_there_is_none(environ: dict[str, str]) -> None:
    """No service, no token, no error."""
    assert id_token(AUDIENCE, environ) is None
    assert service(environ) == ""


def test_github_gives_a_new_token_each_time(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job with `id-token: write` gets one for the audience that it names."""
    with job() as running:
        here = put(monkeypatch, environ, **running.environ())
        first, second = id_token(AUDIENCE, here), id_token(AUDIENCE, here)

    assert service(here) == "GitHub Actions"
    assert first is not None
    assert first != second
    assert asserted_claims(first)["aud"] == AUDIENCE


def test_github_without_permission_says_what_is_missing(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The permission is named, and that forks never have it."""
    here = put(monkeypatch, environ, GITHUB_ACTIONS="true")
    with pytest.raises(NoIdentity, match="GitHub Actions gives this job no ID token") as caught:
        id_token(AUDIENCE, here)

    assert "`permissions: id-token: write`" in caught.value.hint
    assert "forks" in caught.value.hint


def test_a_service_that_fails_for_a_moment_is_known(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to change a permission because a server is down."""
    with faulty("500") as server:
        here = put(
            monkeypatch,
            environ,
            GITHUB_ACTIONS="true",
            ACTIONS_ID_TOKEN_REQUEST_URL=server.url,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="of-the-job",
        )
        with pytest.raises(NoIdentity) as caught:
            id_token(AUDIENCE, here)

    assert caught.value.passing
    assert caught.value.hint == ""


def test_gitlab_gives_it_in_a_variable(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named after the audience; where it is missing the lines to write are said."""
    here = put(monkeypatch, environ, GITLAB_CI="true")
    with pytest.raises(NoIdentity) as caught:
        id_token(AUDIENCE, here)

    assert "id_tokens: { INDEX_EXAMPLE_ID_TOKEN: { aud: index.example } }" in caught.value.hint
    assert id_token(AUDIENCE, {**here, "INDEX_EXAMPLE_ID_TOKEN": f"{GOOD}\n"}) == GOOD


@pytest.mark.parametrize("claimed", [AUDIENCE, ["other", AUDIENCE]])
def test_any_service_may_use_a_variable(environ: dict[str, str], claimed: object) -> None:
    """A service that nobody knows can hand a token over."""
    held = token(aud=claimed)

    assert id_token(AUDIENCE, {"INDEX_EXAMPLE_ID_TOKEN": held}) == held


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (token(aud="pypi"), "is for 'pypi', expected 'index.example'"),
        (token(), "is for None"),
        ("not.a-token", "no ID token"),
        ("a.b.c", "no ID token"),
    ],
)
def test_another_token_is_not_shown(environ: dict[str, str], held: str, words: str) -> None:
    """A token for somebody else stays here."""
    with pytest.raises(NoIdentity, match=words):
        id_token(AUDIENCE, {"INDEX_EXAMPLE_ID_TOKEN": held})


@pytest.mark.parametrize(
    ("variable", "name", "program"),
    [("BUILDKITE", "Buildkite", "buildkite-agent"), ("CIRCLECI", "CircleCI", "circleci")],
)
def test_services_with_a_program_are_asked_through_it(
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    variable: str,
    name: str,
    program: str,
) -> None:
    """Their own program gives the token, whatever machine they run on; where it is missing that is said."""
    here = put(monkeypatch, environ, **{variable: "true"}, GOOGLE_SERVICE_ACCOUNT_NAME="machine")
    with pytest.raises(NoIdentity, match=f"{name} gives this job no ID token") as caught:
        id_token(AUDIENCE, here)
    path = tmp_path / program
    path.write_text(f"#!/bin/sh\necho {GOOD}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)

    assert program.split("-", maxsplit=1)[0] in caught.value.hint
    assert id_token(AUDIENCE, here) == GOOD


@pytest.mark.parametrize("text", ["", "a", "a.b.c.d", "a.!.c"])
def test_what_is_no_token_has_no_claims(text: str) -> None:
    """Three parts, and JSON in the middle."""
    with pytest.raises(ValueError, match=r"."):
        asserted_claims(text)

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import cache

import pytest
from starlette.testclient import TestClient

from bonded.oidc.issue import SigningKey
from bonded.oidc.keys import KeySet
from bonded.publishers.github import ISSUER
from bonded.rehearsal.stage.github import API, HOSTS, PIPELINES, GitHub

CLAIMS: Mapping[str, str] = {"repository": "octo/tool", "repository_owner": "octo", "sub": "s"}


@cache
def key() -> SigningKey:
    """The evening's key; one is enough for all tests."""
    return SigningKey.generate()


@pytest.fixture
def github() -> GitHub:
    """An issuer that nobody was admitted to."""
    made: Future[SigningKey] = Future()
    made.set_result(key())
    return GitHub(made)


@pytest.fixture
def client(github: GitHub) -> Iterator[TestClient]:
    """A client of every host of GitHub's."""
    with TestClient(github.app(), base_url=f"https://{PIPELINES}") as opened:
        yield opened


def claims_of(github: GitHub, token: str) -> Mapping[str, object]:
    """Return the claims of a token, once the issuer's key has confirmed it."""
    import jwt

    trusted = github.issuer(ISSUER)
    assert trusted is not None
    assert isinstance(github.keys_for(trusted, key().key_id), KeySet)
    public = jwt.PyJWK(key().jwks()["keys"][0])
    return dict(jwt.decode(token, public, audience=["pypi", "https://github.com/octo"]))


def test_an_admitted_job_gets_its_identity(github: GitHub, client: TestClient) -> None:
    """The request address has a query already; the token carries the job's claims for the audience it asks for."""
    access = github.admit(CLAIMS)
    answer = client.get(
        f"{access.request_url}&audience=pypi",
        headers={"Authorization": f"bearer {access.request_token}"},
    )
    claims = claims_of(github, answer.json()["value"])

    assert access.request_url.startswith(f"https://{PIPELINES}/")
    assert access.request_url.endswith("/idtoken?api-version=2.0")
    assert {name: claims[name] for name in CLAIMS} == dict(CLAIMS)
    assert (claims["iss"], claims["aud"]) == (ISSUER, "pypi")


def test_the_default_audience_is_the_owner(github: GitHub, client: TestClient) -> None:
    """Who names no audience gets a token for the owner's page, and a new identity each time."""
    access = github.admit(CLAIMS)
    headers = {"Authorization": f"Bearer {access.request_token}"}
    first, second = (
        claims_of(github, client.get(access.request_url, headers=headers).json()["value"])
        for _ in range(2)
    )

    assert first["aud"] == "https://github.com/octo"
    assert first["jti"] != second["jti"]


@pytest.mark.parametrize("header", ["", "bearer wrong", "token {token}", "{token}"])
def test_nobody_else_gets_one(github: GitHub, client: TestClient, header: str) -> None:
    """Only the request token of a job opens the endpoint, in its own scheme."""
    access = github.admit(CLAIMS)
    text = header.format(token=access.request_token)
    answer = client.get(access.request_url, headers={"Authorization": text})

    assert answer.status_code == 401
    assert "value" not in answer.json()


def test_each_job_has_its_own_way(github: GitHub) -> None:
    """Two jobs share neither address nor token."""
    first, second = github.admit(CLAIMS), github.admit(CLAIMS)

    assert first.request_url != second.request_url
    assert first.request_token != second.request_token


def test_the_issuer_describes_itself(github: GitHub, client: TestClient) -> None:
    """Discovery leads to the keys that the tokens are signed with."""
    described = client.get(f"{ISSUER}/.well-known/openid-configuration").json()
    keys = client.get(described["jwks_uri"]).json()["keys"]

    assert described["issuer"] == ISSUER
    assert keys == key().jwks()["keys"]


def test_only_the_issuers_keys_are_known(github: GitHub) -> None:
    """The index asks by issuer; another one has no keys here."""
    assert github.issuer(ISSUER) is not None
    assert github.issuer("https://issuer.example") is None


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_rest_of_github_is_not_here(client: TestClient, method: str) -> None:
    """Every other address says that it is not on the stage."""
    answer = client.request(method, f"https://{API}/repos/octo/tool/releases")

    assert answer.status_code == 404
    assert "not on the stage" in answer.json()["message"]
    assert API in HOSTS

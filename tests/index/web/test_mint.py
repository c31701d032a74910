"""From an ID token to a published file, over the web; and what owners see of it."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError
from bonded.index.web.accept import PROBLEM, PYTP
from bonded.index.web.errors import HANDLERS
from bonded.minting.exchange import Granted, Refused
from bonded.minting.ports import Candidates
from bonded.oidc.issue import issue
from index_world import GREETER, ISSUER, NOW, World, asked, github, signing_key, wheel_offer


def id_token(**claims: object) -> str:
    """Return a genuine ID token of a job of `octo/greeter`."""
    workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
    complete: dict[str, object] = {
        "iss": ISSUER,
        "aud": "pypi",
        "sub": "repo:octo/greeter:ref:refs/tags/v1",
        "jti": "one",
        "iat": int(NOW),
        "nbf": int(NOW),
        "exp": int(NOW) + 300,
        "repository": "octo/greeter",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_id": "2",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "ref": "refs/tags/v1",
        "sha": "a" * 40,
        "event_name": "push",
        "actor": "me",
        "actor_id": "3",
        "workflow": "release",
        "repository_visibility": "public",
    }
    return issue({**complete, **claims}, signing_key())


def mint(
    stage: World, token: object, path: str = "/_/oidc/mint-token"
) -> tuple[int, dict[str, object]]:
    """Ask for an upload token."""
    response = stage.client.post(path, content=json.dumps({"token": token}))
    return response.status_code, response.json()


def test_the_audience_is_told(stage: World) -> None:
    """Clients learn for whom the ID token must be made."""
    assert stage.client.get("/_/oidc/audience").json() == {"audience": "pypi"}


@pytest.mark.parametrize("path", ["/_/oidc/mint-token", "/_/oidc/github/mint-token"])
def test_a_minted_token_publishes(stage: World, path: str) -> None:
    """A registered workflow gets a token, and what it uploads bears its name."""
    stage.index.register(github(), GREETER)
    status, body = mint(stage, id_token(), path)

    uploaded = stage.upload(wheel_offer(), token=str(body["token"]))

    (file,), (granted,) = stage.index.files(), stage.index.exchanges()
    assert (status, uploaded.status_code, body["expires"]) == (200, 200, NOW + 900)
    assert file.publisher == github().title
    assert isinstance(granted, Granted)
    assert (granted.token, granted.grant.projects) == ("", (GREETER,))


def test_an_id_token_is_used_once(stage: World) -> None:
    """The second exchange of one ID token is refused, until its row may go, and other tokens are not touched."""
    stage.index.register(github(), GREETER)
    token = id_token()

    statuses = [mint(stage, token)[0], mint(stage, token)[0], mint(stage, id_token(jti="two"))[0]]

    assert statuses == [200, 422, 200]
    assert stage.index._ledger.exchanges()[1]["code"] == "invalid-reuse-token"


def test_a_refusal_is_kept_in_full(stage: World) -> None:
    """The answer says little; the owner reads the claims, the publishers and every mismatch, even after a restart."""
    stage.index.register(github(workflow_filename="publish.yml"), GREETER)

    status, body = mint(stage, id_token())

    (kept,), (refused,) = stage.index._ledger.exchanges(), stage.index.exchanges()
    assert (status, body["message"]) == (422, "Token request failed")
    assert isinstance(refused, Refused)
    assert kept["claims"]["repository"] == "octo/greeter"
    assert kept["judgements"][0]["fields"]["workflow_filename"] == "publish.yml"
    assert "job_workflow_ref" in {one["claim"] for one in kept["judgements"][0]["mismatches"]}


@pytest.mark.parametrize(("token", "code"), [("x", "invalid-payload"), (None, "invalid-payload")])
def test_what_is_no_token_is_refused(stage: World, token: object, code: str) -> None:
    """The web adds nothing to the mint's own refusals."""
    status, body = mint(stage, token)

    assert (status, stage.index._ledger.exchanges()[0]["code"]) == (422, code)
    assert body["errors"]


def test_a_forged_token_is_written_down(stage: World) -> None:
    """A token that is not genuine is refused, with its fault for the owner."""
    forged = id_token()[:-20] + "A" * 20

    assert mint(stage, forged)[0] == 422
    assert stage.index._ledger.exchanges()[0]["fault"]


def test_old_refusals_make_room(stage: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends refusals without end does not fill the disk."""
    monkeypatch.setattr("bonded.index.book.audit.KEPT_OF_STRANGERS", 2)
    for _ in range(4):
        mint(stage, "x")

    assert len(stage.index._ledger.exchanges()) == 2


def test_a_publisher_may_have_many_projects(stage: World) -> None:
    """Registering again adds the project to the same publisher, twice the same is once."""
    ids = {stage.index.register(github(), GREETER) for _ in range(2)}
    ids.add(stage.index.register(github(), ProjectName("other")))
    (registered,) = stage.index._ledger.near(ISSUER, github().sources(), now=NOW).registered

    assert ids == {registered.id}
    assert registered.projects == ("greeter", "other")
    assert registered.publisher == github()
    assert (
        stage.index._ledger.near("https://other.example", github().sources(), now=NOW)
        == Candidates()
    )


def test_a_removed_publisher_ends_its_tokens(stage: World) -> None:
    """A token of a publisher that lost the project is refused at once."""
    publisher = stage.index.register(github(), GREETER)
    _, body = mint(stage, id_token())
    stage.index.unregister(publisher, GREETER)

    response = stage.upload(wheel_offer(), token=str(body["token"]))

    assert (response.status_code, "not valid for project" in response.text) == (403, True)


def test_a_burned_token_is_ashes(stage: World) -> None:
    """A burned token is refused; owners' tokens cannot be burned by whoever finds the address."""
    stage.index.register(github(), GREETER)
    _, body = mint(stage, id_token())
    for token in (body["token"], stage.token):
        stage.client.post("/_/oidc/burn-token", json={"token": token})

    assert stage.upload(wheel_offer(), token=str(body["token"])).status_code == 403
    assert stage.upload(wheel_offer()).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[]",
        b"[" * 100_000,
        b'{"token": 1}',
        b'{"token": "x"}',
        b"\xff",
        b"x" * (2 << 20),
    ],
)
def test_burning_tells_nothing(stage: World, body: bytes) -> None:
    """Whatever is burned, the answer is 202 and the same."""
    response = stage.client.post("/_/oidc/burn-token", content=body)

    assert (response.status_code, response.json()) == (202, {"message": "Accepted", "errors": []})


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE"]),
    path=st.lists(
        st.sampled_from(
            [
                "simple",
                "legacy",
                "pypi",
                "packages",
                "upstream",
                "_",
                "oidc",
                "mint-token",
                "json",
                "greeter",
                "..",
                "%00",
                "%ff",
                "é",
                "a",
                "",
            ]
        ),
        max_size=6,
    ),
    body=st.binary(max_size=50),
    accept=st.sampled_from(["", "application/json", "*/*;q=x"]),
)
def test_nothing_makes_the_index_fail(
    stage: World, method: str, path: list[str], body: bytes, accept: str
) -> None:
    """No request is answered 5xx; an exception inside would come out here."""
    # A whole address, because the client refuses to send one that begins with two slashes otherwise.
    url = f"http://testserver/{'/'.join(path)}"
    response = stage.client.request(method, url, content=body, headers={"accept": accept})

    assert response.status_code < 500


def test_errors_come_as_the_client_likes_them(stage: World) -> None:
    """Clients that read JSON get the sentence as `message` and in `code`, others as plain text."""
    offer, kind = wheel_offer().bent(pyversion="").body()
    headers = {"content-type": kind, "authorization": f"Bearer {stage.token}"}
    uv = {"accept": "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"}

    text = stage.client.post("/legacy/", content=offer, headers=headers)
    answer = stage.client.post("/legacy/", content=offer, headers=headers | uv).json()

    assert text.headers["content-type"].startswith("text/plain")
    assert answer["message"] in text.text
    assert (answer["code"], answer["title"]) == (f"400 {answer['message']}", "Bad Request")


@pytest.mark.parametrize(
    ("action", "status"), [("submit", 410), ("doc_upload", 410), ("other", 400), (None, 400)]
)
def test_other_actions_are_gone(stage: World, action: str | None, status: int) -> None:
    """Of the old protocol only uploads are left."""
    assert stage.upload(wheel_offer().bent(**{":action": action})).status_code == status


def test_the_action_may_stand_in_the_address(stage: World) -> None:
    """Some clients send the action in the query."""
    body, kind = wheel_offer().bent(**{":action": None}).body()
    headers = {"content-type": kind, "authorization": f"Bearer {stage.token}"}

    assert (
        stage.client.post("/legacy/?:action=file_upload", content=body, headers=headers).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/legacy/", 400), ("/_/oidc/mint-token", 422), ("/_/oidc/burn-token", 202)],
)
def test_a_client_may_go_away(stage: World, path: str, status: int) -> None:
    """A client that leaves in the middle of its request breaks nothing and leaves nothing."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=limit")],
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asked(stage.index.app, scope, receive, send))

    assert sent[0]["status"] == status


def test_a_bug_is_one_clear_answer(
    stage: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody expected is logged and answered 500, without its details."""
    from starlette.testclient import TestClient

    monkeypatch.setattr("bonded.index.book.listing.Listing.listed", lambda _: 1 / 0)
    with TestClient(stage.index.app, raise_server_exceptions=False) as client:
        response = client.get("/simple/")

    assert (response.status_code, "ZeroDivision" in response.text) == (500, False)
    assert "failed to answer GET /simple/" in caplog.text


@pytest.mark.parametrize("features", [["multi-use-token"], []])
def test_our_features_may_be_demanded(stage: World, features: list[str]) -> None:
    """A client of PEP 807 may name what it needs; naming nothing is the same as PyPI's request."""
    stage.index.register(github(), GREETER)
    body = {"token": id_token(), "features": features}

    response = stage.client.post("/_/oidc/mint-token", json=body, headers={"accept": PYTP})

    assert (response.status_code, response.json()["success"]) == (200, True)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("features", [["single-use-token"], ["multi-use-token", 1], None, "x", {}])
def test_other_features_are_refused(stage: World, features: object) -> None:
    """What we cannot promise is refused before the ID token is looked at, so that it is not used up."""
    stage.index.register(github(), GREETER)
    token = id_token()
    body = {"token": token, "features": features}

    response = stage.client.post("/_/oidc/mint-token", json=body)

    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)
    assert "multi-use-token" in response.json()["errors"][0]["description"]
    assert mint(stage, token)[0] == 200


@pytest.mark.parametrize("accept", [PYTP, PROBLEM])
def test_a_refusal_is_a_problem_where_that_is_wanted(stage: World, accept: str) -> None:
    """RFC 9457's members stand beside PyPI's, and name PyPI's code."""
    response = stage.client.post(
        "/_/oidc/mint-token", json={"token": "x"}, headers={"accept": accept}
    )

    body = response.json()
    assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM)
    assert (body["status"], body["code"]) == (422, "invalid-payload")
    assert body["detail"] == body["errors"][0]["description"]
    assert {"type", "title", "message"} <= body.keys()


def test_without_asking_a_refusal_has_pypis_shape(stage: World) -> None:
    """Not one member more, and plain JSON."""
    response = stage.client.post("/_/oidc/mint-token", json={"token": "x"})

    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "message": "Token request failed",
        "errors": [{"code": "invalid-payload", "description": "malformed JWT"}],
    }


def test_a_wrong_method_is_a_problem_too(stage: World) -> None:
    """Every refusal at these addresses is a problem for who wants problems."""
    response = stage.client.get("/_/oidc/mint-token", headers={"accept": PYTP})

    assert (response.status_code, response.headers["content-type"]) == (405, PROBLEM)
    assert response.json()["status"] == 405


def test_an_issuer_that_is_silent_is_asked_later(
    stage: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the issuer's keys nothing can be said about a token: 503, and when to come again."""

    def silent(*_: object) -> object:
        raise RemoteError("nobody answers at 10.1.2.3")

    monkeypatch.setattr("index_world.OneIssuer.keys_for", silent)
    response = stage.client.post("/_/oidc/mint-token", json={"token": id_token()})

    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert response.json()["errors"][0]["code"] == "invalid-token"


def test_a_stranger_writes_nothing_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever an address holds, a terminal that shows the log obeys none of it."""
    from starlette.testclient import TestClient

    def fails(_request: Request) -> Response:
        raise ZeroDivisionError

    app = Starlette(routes=[Route("/{name}", fails)], exception_handlers=HANDLERS)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/%1b[2J%0aERROR").status_code == 500

    assert "\x1b" not in caplog.text
    assert "failed to answer GET /%1B%5B2JERROR\n" in caplog.text

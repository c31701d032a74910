"""An index in its owner's hands, over the web."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.web.accept import PROBLEM
from bonded.minting.policy import Policy
from bonded.oidc.issue import issue
from index_world import GREETER, ISSUER, NOW, World, github, signing_key, world

API = "/-/api"
FIELDS = {
    "repository_owner": "octo",
    "repository_owner_id": "1",
    "repository_name": "greeter",
    "workflow_filename": "release.yml",
}
NEW: dict[str, Any] = {"project": "greeter", "kind": "github", "fields": FIELDS}


def claims(**bent: object) -> dict[str, object]:
    """Return the claims of a job of `octo/greeter`."""
    workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
    complete: dict[str, object] = {
        "iss": ISSUER,
        "aud": "here",
        "sub": "repo:octo/greeter:ref:refs/tags/v1",
        "jti": "one",
        "iat": int(NOW),
        "nbf": int(NOW),
        "exp": int(NOW) + 300,
        "repository": "octo/greeter",
        "repository_id": "2",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "ref": "refs/tags/v1",
        "sha": "a" * 40,
        "event_name": "push",
    }
    return {**complete, **bent}


class Admin:
    """The owner's program."""

    def __init__(self, stage: World) -> None:
        self.stage = stage
        self.token = stage.index.administration.new_token("root")

    def __call__(self, method: str, path: str, body: object = None) -> httpx2.Response:
        """Ask the API with the admin token."""
        headers = {"authorization": f"Bearer {self.token}"}
        return self.stage.client.request(method, API + path, json=body, headers=headers)


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Admin]:
    """Give an owner's program at an index with strict rules, which has the project `greeter`."""
    with world(tmp_path / "index", mint=Policy.strict("here")) as stage:
        yield Admin(stage)


def test_a_publisher_lives_its_life(admin: Admin) -> None:
    """Added, listed, and removed; the answers are the same object."""
    added = admin("POST", "/publishers", NEW)
    listed = admin("GET", "/publishers").json()["publishers"]
    of_project = admin("GET", "/publishers?project=Greeter").json()["publishers"]
    of_other = admin("GET", "/publishers?project=other").json()["publishers"]
    removed = admin("DELETE", f"/publishers/{added.json()['id']}")

    assert added.status_code == 201
    assert listed == of_project == [added.json()]
    assert of_other == []
    assert added.json()["title"] == github().title
    assert added.json()["projects"] == ["greeter"]
    assert added.json()["links"][0]["url"].endswith("octo/greeter")
    assert (removed.status_code, removed.json()) == (200, {"removed": ["greeter"]})
    assert not [one for one in admin("GET", "/publishers").json()["publishers"] if one["projects"]]


def test_one_project_may_be_taken(admin: Admin) -> None:
    """A publisher of two projects keeps the other one."""
    admin.stage.index.register(github(), ProjectName("other"))
    id_ = admin("POST", "/publishers", NEW).json()["id"]

    taken = admin("DELETE", f"/publishers/{id_}?project=other").json()
    again = admin("DELETE", f"/publishers/{id_}?project=other")

    assert taken == {"removed": ["other"]}
    assert again.status_code == 404
    assert admin("GET", "/publishers").json()["publishers"][0]["projects"] == ["greeter"]


def test_a_dry_run_registers_nothing(admin: Admin) -> None:
    """Everything is checked, and the answer has no id."""
    seen = admin("POST", "/publishers", {**NEW, "dry_run": True})

    assert (seen.status_code, "id" in seen.json()) == (200, False)
    assert admin("GET", "/publishers").json() == {"publishers": []}


def test_a_pending_publisher_lives_its_life(admin: Admin) -> None:
    """Added, listed and forgotten; it ends by itself too."""
    new = {**NEW, "project": "New_Project"}
    added = admin("POST", "/pending-publishers", new)
    listed = admin("GET", "/pending-publishers").json()["pending"]
    gone = admin("DELETE", f"/pending-publishers/{added.json()['id']}")

    assert added.status_code == 201
    assert listed == [added.json()]
    assert (added.json()["project"], added.json()["expires"] > NOW) == ("new-project", True)
    assert gone.status_code == 200
    assert admin("GET", "/pending-publishers").json() == {"pending": []}
    assert admin("DELETE", f"/pending-publishers/{added.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/publishers", {**NEW, "project": "nothing"}, 404, "there is no project"),
        ("POST", "/pending-publishers", NEW, 409, "exists already"),
        ("POST", "/publishers", {}, 422, "the body must be"),
        ("POST", "/publishers", [], 422, "the body is not a JSON object"),
        ("POST", "/publishers", {**NEW, "fields": "x"}, 422, "the body must be"),
        ("POST", "/publishers", {**NEW, "kind": "x"}, 422, "'x' is not known"),
        ("DELETE", "/publishers/none", None, 404, "there is no publisher"),
        ("POST", "/publishers/none/enable", None, 404, "there is no publisher"),
        ("DELETE", "/pending-publishers/%00", None, 404, "there is no pending"),
        ("GET", "/publishers?project=-", None, 422, "project"),
        ("GET", "/exchanges?limit=x", None, 422, "'limit' is a number"),
        ("POST", "/publishers/test", {}, 422, "the body must be"),
        ("POST", "/publishers/test", {"token": "x", "claims": {}}, 422, "the body must be"),
    ],
)
def test_what_cannot_be_is_a_problem(
    admin: Admin, method: str, path: str, body: object, *, status: int, said: str
) -> None:
    """The status says whose fault it is, the sentence what to change."""
    refused = admin(method, path, body)

    assert (refused.status_code, refused.headers["content-type"]) == (status, PROBLEM)
    assert said in refused.json()["detail"]


def test_every_fault_of_a_publisher_is_named(admin: Admin) -> None:
    """Project and fields, all at once, each by its name."""
    refused = admin(
        "POST",
        "/publishers",
        {"project": "-", "kind": "github", "fields": {"environment": "a'b", "x": "y"}},
    )

    assert refused.status_code == 422
    assert {one["field"] for one in refused.json()["errors"]} == {
        "project",
        "environment",
        "repository_name",
        "repository_owner",
        "repository_owner_id",
        "workflow_filename",
        "x",
    }


def test_a_publisher_of_an_unknown_issuer_is_not_taken(admin: Admin) -> None:
    """Its tokens would never be taken, and the answer says how they would."""
    fields = {
        "namespace": "team",
        "project": "greeter",
        "workflow_filepath": ".gitlab-ci.yml",
        "issuer_url": "https://gitlab.example",
    }
    refused = admin("POST", "/publishers", {**NEW, "kind": "gitlab", "fields": fields})

    assert refused.status_code == 422
    assert "[[issuers]]" in refused.json()["hint"]


def test_strangers_learn_nothing(admin: Admin) -> None:
    """Without an admin token every address answers the same, and the token's ends are its ends."""
    ask = admin.stage.client.request
    for method, path in (
        ("GET", "/publishers"),
        ("POST", "/publishers"),
        ("DELETE", "/publishers/none"),
        ("POST", "/publishers/none/enable"),
        ("POST", "/publishers/test"),
        ("GET", "/pending-publishers"),
        ("POST", "/pending-publishers"),
        ("DELETE", "/pending-publishers/none"),
        ("GET", "/exchanges"),
    ):
        for given_ in ("", "Bearer", "Bearer x", f"Basic {admin.token}", f"Bearer {'é'}"):
            headers = [(b"authorization", given_.encode("latin-1"))]
            refused = ask(method, API + path, headers=headers)
            assert refused.status_code == 401, (path, given_)
            assert refused.headers["www-authenticate"] == "Bearer"
    admin.stage.clock.now += 366 * 86_400
    assert admin("GET", "/publishers").status_code == 401


def test_upload_tokens_are_no_admin_tokens(admin: Admin) -> None:
    """Neither an upload token nor one to read with opens the API."""
    reader = admin("POST", "/tokens", {"name": "reader", "scope": "read"}).json()["token"]
    for given_ in (admin.stage.token, reader):
        admin.token = given_
        assert admin("GET", "/publishers").status_code == 403


def test_a_new_token_ends_the_old_one(admin: Admin) -> None:
    """A token of the same name takes the place of the one before."""
    old, new = admin.token, admin.stage.index.administration.new_token("root")

    assert admin("GET", "/publishers").status_code == 401
    admin.token = new
    assert admin("GET", "/publishers").status_code == 200
    assert old != new


def test_a_token_is_tried(admin: Admin) -> None:
    """The answer is the mint's, nothing is granted, and the token can be exchanged afterwards."""
    admin("POST", "/publishers", NEW)
    token = issue(claims(), signing_key())
    tried = [admin("POST", "/publishers/test", {"token": token}).json() for _ in range(2)]
    minted = admin.stage.client.post("/_/oidc/mint-token", json={"token": token})

    assert [one["accepted"] for one in tried] == [True, True]
    assert tried[0]["projects"] == ["greeter"]
    assert tried[0]["publisher"] == github().title
    assert all(row["ok"] for row in tried[0]["table"])
    assert minted.status_code == 200


@pytest.mark.parametrize(
    ("bent", "code", "said"),
    [
        ({}, "", "a token for greeter would be given"),
        ({"event_name": "pull_request_target"}, "invalid-publisher", "pull_request_target"),
        ({"event_name": "workflow_run"}, "invalid-publisher", "workflow_run"),
        ({"repository": "octo/other"}, "invalid-publisher", "not found"),
        ({"aud": "there"}, "invalid-token", "audience"),
        ({"aud": ["here"]}, "invalid-token", "audience"),
        ({"iss": "https://evil.example"}, "invalid-payload", "unknown trusted publishing issuer"),
        ({"iss": 1}, "invalid-payload", "unknown trusted publishing issuer"),
    ],
)
def test_claims_are_tried(admin: Admin, bent: dict[str, object], code: str, said: str) -> None:
    """Claims from a log say the same as the token would."""
    admin("POST", "/publishers", NEW)
    tried = admin("POST", "/publishers/test", {"claims": claims(**bent)}).json()

    assert (tried["accepted"], tried["code"]) == (not code, code)
    assert said in tried["summary"]
    assert bool(tried["advice"]) is bool(code)


def test_a_kind_that_is_off_is_said(tmp_path: Path) -> None:
    """A trial knows the switches."""
    policy = Policy(audience="here", disabled_kinds=frozenset({"github"}))
    with world(tmp_path, mint=policy) as stage:
        tried = Admin(stage)("POST", "/publishers/test", {"claims": claims()}).json()

    assert tried["code"] == "not-enabled"


def test_a_bad_token_is_explained(admin: Admin) -> None:
    """What is no token, and what is not genuine, is said to the owner."""
    for token, code in (("x", "invalid-payload"), ("a.b.c", "invalid-payload")):
        tried = admin("POST", "/publishers/test", {"token": token}).json()
        assert (tried["accepted"], tried["code"]) == (False, code)
    forged = issue(claims(aud="x"), signing_key())
    tried = admin("POST", "/publishers/test", {"token": forged}).json()
    assert tried["code"] == "invalid-token"
    assert tried["table"][0]["claim"] == "aud"


def test_a_changed_id_disables_and_the_owner_enables(admin: Admin) -> None:
    """Another repository under the old name gets nothing until its owner says that it is theirs."""
    id_ = admin("POST", "/publishers", NEW).json()["id"]

    def mint(jti: str, **bent: object) -> int:
        token = issue(claims(jti=jti, **bent), signing_key())
        return int(admin.stage.client.post("/_/oidc/mint-token", json={"token": token}).status_code)

    first, changed, again = mint("1"), mint("2", repository_id="9"), mint("3")
    (disabled,) = admin("GET", "/publishers").json()["publishers"]
    enabled = admin("POST", f"/publishers/{id_}/enable").json()

    assert (first, changed, again) == (200, 422, 422)
    assert disabled["disabled"]
    assert not enabled["disabled"]
    assert mint("4", repository_id="9") == 200


def test_the_last_answers_of_the_mint_are_shown(admin: Admin) -> None:
    """Granted and refused, the newest first, and of one project."""
    admin("POST", "/publishers", NEW)
    for body in ({"token": issue(claims(), signing_key())}, {"token": "x"}):
        admin.stage.client.post("/_/oidc/mint-token", json=body)

    everything = admin("GET", "/exchanges").json()["exchanges"]
    of_greeter = admin("GET", "/exchanges?project=greeter&limit=5").json()["exchanges"]

    assert len(everything) == 2
    assert len(of_greeter) == 1
    assert len(admin("GET", "/exchanges?limit=1").json()["exchanges"]) == 1
    assert (
        admin("GET", f"/exchanges?before={everything[0]['id']}").json()["exchanges"]
        == (everything[1:])
    )
    assert admin("GET", "/exchanges?before=x").status_code == 422


def test_who_did_it_is_written_down(admin: Admin) -> None:
    """What is done has the name of the token that did it."""
    admin("POST", "/publishers", NEW)
    with admin.stage.index._records.reading() as book:
        rows = book.connection.exec_driver_sql("SELECT * FROM event").all()

    assert any("root" in str(row) for row in rows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["iss", "aud", "repository", "project", "kind", "fields", "x\x00"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    path=st.sampled_from(
        [
            "/publishers",
            "/publishers/test",
            "/publishers/%ed%a0%80",
            "/publishers/x/enable",
            "/pending-publishers",
            "/pending-publishers/é",
            "/exchanges?project=%00&limit=0",
            "/exchanges?limit=999999999",
            "/",
        ]
    ),
    body=st.one_of(
        st.dictionaries(
            st.sampled_from(["token", "claims", "project", "kind", "fields", "dry_run"]), JSON
        ),
        st.fixed_dictionaries(
            {
                "claims": st.fixed_dictionaries(
                    {"iss": st.just(ISSUER), "repository": JSON, "repository_owner_id": JSON}
                )
            }
        ),
        st.fixed_dictionaries(
            {"project": st.just("greeter"), "kind": st.just("github"), "fields": JSON}
        ),
    ),
)
def test_nothing_makes_the_api_fail(
    admin: Admin, method: str, path: str, body: dict[str, object]
) -> None:
    """Whatever an owner's program sends, the answer is no 5xx."""
    import json

    headers = {"authorization": f"Bearer {admin.token}"}
    answered = admin.stage.client.request(
        method, API + path, content=json.dumps(body), headers=headers
    )

    assert answered.status_code < 500


def test_a_deep_body_is_refused(admin: Admin) -> None:
    """Nesting without end is refused, not fallen over."""
    headers = {"authorization": f"Bearer {admin.token}"}
    for depth in (300, 900, 100_000):
        deep = '{"claims": {"iss": "' + ISSUER + '", "x": ' + "[" * depth + "]" * depth + "}}"
        answered = admin.stage.client.post(f"{API}/publishers/test", content=deep, headers=headers)
        assert answered.status_code in {200, 422}
    assert admin.stage.index.files() == []
    assert GREETER == "greeter"

"""Projects, tokens and events over the owners' API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books import KINDS, new_database
from index_world import World, sdist_offer, wheel_offer, world

API = "/-/api"
WHEEL, SDIST = "greeter-1.0-py3-none-any.whl", "greeter-1.0.tar.gz"
PROJECT = "/projects/greeter"


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
    """Give an owner's program at an index with two files of `greeter`."""
    with world(tmp_path / "index") as stage:
        for offer in (wheel_offer(), sdist_offer()):
            assert stage.upload(offer).status_code == 200
        yield Admin(stage)


def test_a_project_is_seen(admin: Admin) -> None:
    """In the list, and whole with its versions and files."""
    listed = admin("GET", "/projects?after=a&limit=5").json()["projects"]
    shown = admin("GET", PROJECT).json()

    assert [one["name"] for one in listed] == ["greeter"]
    assert [one["filename"] for one in shown["versions"][0]["files"]] == [WHEEL, SDIST]
    assert {name: shown[name] for name in listed[0]} == listed[0]
    assert shown["own_limits"] == {"file_size": None, "project_size": None}


def test_a_project_lives_its_life(admin: Admin) -> None:
    """Yanked and back, judged, bounded, deleted piece by piece; the events tell all of it, by the token's name."""
    done = [
        admin("POST", f"{PROJECT}/yank", {"version": "1.0", "reason": "bad"}),
        admin("POST", f"{PROJECT}/unyank", {"filename": WHEEL}),
        admin("POST", f"{PROJECT}/status", {"status": "deprecated", "reason": "old"}),
        admin("POST", f"{PROJECT}/limits", {"file_size": 5, "project_size": None}),
        admin("DELETE", f"{PROJECT}/files/{WHEEL}"),
        admin("DELETE", f"{PROJECT}/versions/1.0"),
        admin("DELETE", PROJECT),
    ]
    events = admin("GET", "/events?subject=greeter&limit=7").json()["events"]
    before = admin("GET", f"/events?subject=greeter&limit=1&before={events[-1]['id']}").json()

    assert [one.status_code for one in done] == [200] * 7
    assert all(one.headers["cache-control"] == "no-store" for one in done)
    assert done[0].json() == {
        "project": "greeter",
        "version": "1.0",
        "files": [WHEEL, SDIST],
        "dry_run": False,
        "yanked": True,
        "reason": "bad",
    }
    assert done[4].json()["files"] == [WHEEL]
    assert done[5].json()["files"] == [SDIST]
    assert [one["tag"] for one in events] == [
        "project:remove",
        "release:remove",
        "file:remove",
        "project:limits",
        "project:status",
        "file:unyank",
        "file:yank",
    ]
    assert {one["details"]["by"] for one in events} == {"root"}
    assert [one["tag"] for one in before["events"]] == ["file:add"]
    assert admin("GET", PROJECT).status_code == 404


def test_a_dry_run_is_a_parameter_or_a_member(admin: Admin) -> None:
    """Nothing is changed by it."""
    for method, path, body in (
        ("DELETE", f"{PROJECT}?dry_run=true", None),
        ("DELETE", f"{PROJECT}/versions/1.0?dry_run=true", None),
        ("POST", f"{PROJECT}/yank", {"version": "1.0", "dry_run": True}),
        ("POST", f"{PROJECT}/unyank", {"version": "1.0", "dry_run": True}),
        ("POST", f"{PROJECT}/status", {"status": "archived", "dry_run": True}),
        ("POST", f"{PROJECT}/limits", {"file_size": 1, "dry_run": True}),
        ("DELETE", "/tokens/root?dry_run=true", None),
    ):
        answer = admin(method, path, body)
        assert (answer.status_code, answer.json()["dry_run"]) == (200, True), path
    assert admin("GET", PROJECT).json()["status"] == "active"
    assert "would" not in admin("GET", "/tokens").text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"file_size": 1e400}', "not strict JSON: 1e400 is too large a number"),
        ('{"reason": "\\ud800"}', "not strict JSON: a text is not Unicode"),
        ('{"reason": "a", "reason": "b"}', "a name is given twice"),
        ("{", "not strict JSON"),
        (f'{{"reason": "{"x" * (1 << 20)}"}}', "larger than 1 MiB"),
    ],
    ids=["number", "surrogate", "twice", "cut", "large"],
)
@pytest.mark.parametrize("path", [f"{PROJECT}/yank", "/publishers", "/publishers/test"])
def test_what_is_wrong_with_a_body_is_said(admin: Admin, path: str, body: str, said: str) -> None:
    """It may be an object, and still not one that every program reads in the same way."""
    headers = {"authorization": f"Bearer {admin.token}"}
    refused = admin.stage.client.post(API + path, content=body, headers=headers)

    assert refused.status_code == 422
    assert said in refused.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "body", "status", "said"),
    [
        (("GET", "/projects/none"), None, 404, "no project 'none'"),
        (("GET", "/projects?limit=x"), None, 422, "'limit' is a number"),
        (("GET", f"/projects?limit={'9' * 50}"), None, 422, f"0 to 999999999, got '{'9' * 40}"),
        (("GET", "/projects?afer=x"), None, 422, "unknown parameter 'afer'; known: after, limit"),
        (("DELETE", f"{PROJECT}?version=1.0"), None, 422, "unknown parameter 'version'"),
        (("DELETE", f"{PROJECT}?dry_run=yes"), None, 422, "'dry_run' is true or false"),
        (("DELETE", f"{PROJECT}/versions/"), None, 404, ""),
        (("DELETE", f"{PROJECT}/"), None, 404, ""),
        (("DELETE", f"{PROJECT}/files/x"), None, 404, "no file 'x'"),
        (("POST", f"{PROJECT}/yank"), {}, 422, "which version"),
        (("POST", f"{PROJECT}/yank"), None, 422, "which version"),
        (("POST", f"{PROJECT}/yank"), [], 422, "the body is not a JSON object"),
        (("POST", f"{PROJECT}/yank"), {"version": 1}, 422, "'version' is a text, got 1"),
        (("POST", f"{PROJECT}/yank"), {"versoin": "1"}, 422, "unknown member 'versoin'"),
        (("POST", f"{PROJECT}/yank"), {"version": "1", "dry_run": 1}, 422, "true or false"),
        (("POST", f"{PROJECT}/yank"), {"version": "1" * 5000}, 404, "no version"),
        (("POST", f"{PROJECT}/unyank"), {"version": "1" * 5000}, 404, "no version"),
        (("POST", f"{PROJECT}/yank"), {"version": "1\0"}, 404, "no version"),
        (("DELETE", f"{PROJECT}/versions/{'1' * 5000}"), None, 404, "no version"),
        (("POST", f"{PROJECT}/status"), {}, 422, "a status is one of"),
        (("POST", f"{PROJECT}/status"), {"status": "odd"}, 422, "got 'odd'"),
        (("POST", f"{PROJECT}/limits"), {}, 422, "which limits"),
        (("POST", f"{PROJECT}/limits"), {"file_size": True}, 422, "a number of bytes or null"),
        (("POST", f"{PROJECT}/limits"), {"file_size": "1"}, 422, "a number of bytes or null"),
        (("POST", "/tokens"), {}, 422, '"name" and "scope"'),
        (("POST", "/tokens"), {"name": "x", "scope": "read", "days": True}, 422, '"days"'),
        (("POST", "/tokens"), {"name": "x", "scope": "read", "days": "9"}, 422, '"days"'),
        (("POST", "/tokens"), {"name": "x", "scope": "upload", "projects": [1]}, 422, '"projects"'),
        (("POST", "/tokens"), {"name": "x", "scope": "read", "secret": "y"}, 422, "unknown member"),
        (("POST", "/tokens"), {"name": "root", "scope": "read"}, 409, "already"),
        (("DELETE", "/tokens/none"), None, 404, "named 'none'"),
        (("GET", "/events?before=-1"), None, 422, "'before' is a number"),
    ],
)
def test_what_cannot_be_is_a_problem(
    admin: Admin, asked: tuple[str, str], body: Any, status: int, said: str
) -> None:
    """Misspelt members and parameters are refused, not passed over; nothing is deleted by them."""
    answer = admin(*asked, body)

    assert (answer.status_code, said in answer.text.replace('\\"', '"')) == (status, True), (
        answer.text
    )
    assert admin("GET", PROJECT).json()["size"] > 0


def test_a_token_lives_its_life(admin: Admin) -> None:
    """Made with its secret, listed without, of use at once, and ended at once."""
    made = admin("POST", "/tokens", {"name": "deputy", "scope": "admin", "days": 0.5})
    listed = admin("GET", "/tokens").json()["tokens"]
    first, admin.token = admin.token, made.json()["token"]
    used = admin("GET", PROJECT)
    admin.token = first
    ended = admin("DELETE", "/tokens/deputy")
    admin.token = made.json()["token"]

    assert made.status_code == 201
    assert made.json()["expires"] - made.json()["created"] == 43_200
    assert {one["name"] for one in listed} >= {"deputy", "root"}
    assert "bonded-" not in str(listed)
    assert used.status_code == 200
    assert ended.json() == {"revoked": "deputy", "dry_run": False}
    assert admin("GET", PROJECT).status_code == 401


def test_a_dry_run_of_a_token_makes_none(admin: Admin) -> None:
    """Everything is checked; the answer has no secret."""
    seen = admin("POST", "/tokens", {"name": "x", "scope": "read", "dry_run": True})

    assert (seen.status_code, "token" in seen.json()) == (200, False)
    assert "x" not in {one["name"] for one in admin("GET", "/tokens").json()["tokens"]}


_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["greeter", "1.0", WHEEL, "\0", "\ud800", "..", "a/b", "active", "read", "x" * 300]
    ),
)
_VALUES = st.one_of(_TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.lists(_TEXTS))
_MEMBERS = ("version", "filename", "reason", "status", "file_size", "project_size", "dry_run")
_OF_TOKENS = ("name", "scope", "projects", "days", "create", "dry_run")


@pytest.mark.parametrize("kind", KINDS)
def test_no_request_is_a_bug(kind: str, tmp_path: Path) -> None:
    """Whatever stands in an address or a body, the answer is none of 500 and above; on every database."""
    database: dict[str, Any] = {} if kind == "sqlite" else {"database": new_database()}
    with world(tmp_path / "index", **database) as stage:
        assert stage.upload(wheel_offer()).status_code == 200
        admin = Admin(stage)

        def asked(method: str, path: str, body: object = None) -> None:
            raw = None if body is None else json.dumps(body).encode()
            headers = {"authorization": f"Bearer {admin.token}"}
            answer = stage.client.request(method, API + path, content=raw, headers=headers)
            assert answer.status_code < 500, (method, path, body)

        @settings(max_examples=25, deadline=None)
        @given(
            st.sampled_from(["yank", "unyank", "status", "limits"]),
            st.dictionaries(st.sampled_from(_MEMBERS), _VALUES, max_size=3),
            st.dictionaries(st.sampled_from(_OF_TOKENS), _VALUES),
            _TEXTS,
        )
        def any_request(act: str, body: object, token: object, text: str) -> None:
            name = quote(text.encode(errors="replace"), safe="")
            asked("POST", f"{PROJECT}/{act}", body)
            asked("POST", f"/projects/{name}/{act}", body)
            asked("POST", "/tokens", token)
            asked("DELETE", f"/tokens/{name}")
            for path in (
                f"/projects/{name}",
                f"{PROJECT}/versions/{name}",
                f"{PROJECT}/files/{name}",
            ):
                asked("DELETE", f"{path}?dry_run=true")
            for query in (
                f"projects?after={name}",
                f"events?subject={name}",
                f"projects?limit={name}",
            ):
                asked("GET", f"/{query}")

        any_request()

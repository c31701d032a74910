"""API tokens as owners give them out."""

from collections.abc import Mapping
from typing import Any

import pytest

from bonded.dists.names import ProjectName
from bonded.errors import BondedError
from bonded.index.administration import (
    AlreadyThere,
    NewToken,
    NotFound,
    Target,
    Tokens,
    Unacceptable,
)
from bonded.minting.upload_token import is_token
from index_world import NOW, World, wheel_offer

DAY = 86_400


def desk(stage: World) -> Tokens:
    """Return the desk of tokens for her."""
    return stage.index.administration.tokens("her")


def shown(stage: World) -> list[dict[str, Any]]:
    """Return the tokens that somebody gave out here."""
    return [one for one in desk(stage).listed() if not one["name"].startswith("of this process")]


def test_a_token_is_shown_once(stage: World) -> None:
    """The answer has the secret; the list, the events and the book have none of it."""
    made = desk(stage).add(NewToken(name="ci 1", scope="upload", projects=["Greeter"], days=30))
    secret = made.pop("token")
    raw = stage.index._records._connections._engine.raw_connection()
    dump = "\n".join(raw.driver_connection.iterdump())  # type: ignore[union-attr]  # SQLite's
    raw.close()

    assert is_token(secret)
    assert secret not in dump
    assert made == {
        "name": "ci 1",
        "scope": "upload",
        "projects": ["greeter"],
        "created": int(NOW),
        "expires": int(NOW) + 30 * DAY,
        "ended": False,
        "dry_run": False,
    }
    del made["dry_run"]
    assert shown(stage) == [made]
    (event,) = stage.index.administration.events("ci 1")
    assert (event["tag"], event["details"]["by"]) == ("api-token:add", "her")


@pytest.mark.parametrize(
    ("bent", "kind", "said"),
    [
        ({"scope": "root"}, Unacceptable, "admin, upload, read, got 'root'"),
        ({"name": ""}, Unacceptable, "the name of a token"),
        ({"name": "-x"}, Unacceptable, "the name of a token"),
        ({"name": "a\nb"}, Unacceptable, "the name of a token"),
        ({"name": "x" * 101}, Unacceptable, "the name of a token"),
        ({"days": 0}, Unacceptable, "366 days at most"),
        ({"days": 10**400}, Unacceptable, "366 days at most"),
        ({"days": -1}, Unacceptable, "366 days"),
        ({"days": 367}, Unacceptable, "366 days"),
        ({"days": float("nan")}, Unacceptable, "366 days"),
        ({"days": float("inf")}, Unacceptable, "366 days"),
        ({"scope": "upload"}, Unacceptable, "projects that are named"),
        ({"projects": ["greeter"]}, Unacceptable, "projects that are named"),
        ({"scope": "upload", "projects": ["-"]}, Unacceptable, "-"),
        ({"scope": "upload", "projects": ["p"] * 101}, Unacceptable, "100 projects"),
        ({"scope": "upload", "projects": ["none"]}, NotFound, "no project 'none'"),
        ({"scope": "upload", "projects": ["json"], "create": True}, Unacceptable, "json"),
        ({"scope": "upload", "projects": ["gree-ter"], "create": True}, Unacceptable, "similar"),
        ({"name": "taken"}, AlreadyThere, "named 'taken' already"),
    ],
)
def test_what_cannot_be_is_said(
    stage: World, bent: Mapping[str, Any], kind: type[BondedError], said: str
) -> None:
    """Nothing is made: no token, no project, no event."""
    desk(stage).add(NewToken(name="taken", scope="read"))
    before = stage.index.administration.events(limit=1)
    with pytest.raises(kind, match=said):
        desk(stage).add(NewToken(**{"name": "new", "scope": "read", **bent}))

    assert stage.index.administration.events(limit=1) == before


@pytest.mark.parametrize(
    ("scope", "projects", "hint"),
    [("upload", [], "add --project NAME"), ("read", ["greeter"], "leave --project")],
)
def test_what_is_for_projects_is_said_with_the_option(
    stage: World, scope: str, projects: list[str], hint: str
) -> None:
    """Whoever forgets the projects of an upload token, or gives some to another one, hears which option it is."""
    with pytest.raises(Unacceptable) as refused:
        desk(stage).add(NewToken(name="new", scope=scope, projects=projects))

    assert hint in (refused.value.hint or "")


def test_a_dry_run_makes_nothing(stage: World) -> None:
    """No token and no project; the answer has no secret."""
    new = NewToken(name="new", scope="upload", projects=["novel"], create=True, dry_run=True)
    seen = desk(stage).add(new)

    assert "token" not in seen
    assert shown(stage) == []
    with pytest.raises(NotFound):
        stage.index.administration.projects("her").shown("novel")


def test_a_token_is_for_its_projects(stage: World) -> None:
    """One that was made for a new project begins it, and publishes nothing else."""
    new = NewToken(name="new", scope="upload", projects=["novel"], create=True)
    secret = desk(stage).add(new)["token"]

    assert stage.upload(wheel_offer("novel"), token=secret).status_code == 200
    refused = stage.upload(wheel_offer(), token=secret)
    assert refused.status_code == 403
    assert "'greeter'" in refused.text


def test_an_owners_token_begins_no_project(stage: World) -> None:
    """Its holder hears what it is for, and which command makes one with a new project; no publisher is blamed."""
    secret = desk(stage).add(NewToken(name="ci", scope="upload", projects=["greeter"]))["token"]

    refused = stage.upload(wheel_offer("rich"), token=secret)

    assert refused.status_code == 400
    assert "this API token, 'ci', is for 'greeter'" in refused.text
    assert "`bonded token add NAME --scope upload --project rich --create`" in refused.text
    assert "publisher" not in refused.text


@pytest.mark.parametrize("scope", ["admin", "read"])
def test_a_token_for_something_else_does_not_upload(stage: World, scope: str) -> None:
    """It is told what it is, after the words that clients look for; of its file nothing is looked at."""
    secret = desk(stage).add(NewToken(name="mine", scope=scope))["token"]

    refused = stage.upload(wheel_offer().with_data(b"no wheel"), token=secret)

    (noted,) = stage.index.uploads_refused()
    assert (refused.status_code, noted.refusal.check) == (403, "token_is_known")
    assert not noted.is_stranger
    assert "Invalid or non-existent authentication information." in refused.text
    assert f"The token 'mine' has the scope '{scope}'" in refused.text


def test_the_log_tells_whose_token_published(stage: World) -> None:
    """A file that no publisher brought has the name of the API token in its event."""
    made = desk(stage).add(NewToken(name="ci", scope="upload", projects=["greeter"]))
    assert stage.upload(wheel_offer(), token=made["token"]).status_code == 200
    (event,) = stage.index.administration.events("greeter", limit=1)

    assert (event["tag"], event["details"]["by"]) == ("file:add", "ci")


def test_a_name_is_free_again_when_its_token_ended(stage: World) -> None:
    """Revoked at once, or expired; an ended one is still listed until its name is used."""
    desk(stage).add(NewToken(name="one", scope="read", days=1))
    stage.clock.now += DAY
    ended = [one["ended"] for one in shown(stage)]
    desk(stage).add(NewToken(name="one", scope="admin"))
    desk(stage).revoke("one")
    left = shown(stage)

    assert (ended, left) == ([True], [])
    with pytest.raises(NotFound, match="named 'one'"):
        desk(stage).revoke("one")


def test_expired_tokens_are_removed_after_a_month(stage: World) -> None:
    """Until then they are listed as expired; afterwards the log still says what they were, and who ended them."""
    for name, days in (("short", 1), ("long", 60)):
        desk(stage).add(NewToken(name=name, scope="read", days=days))
    clerk = stage.index.administration.tokens("the index")
    stage.clock.now += 31 * DAY - 1
    early = clerk.sweep(), [(one["name"], one["ended"]) for one in shown(stage)]
    stage.clock.now += 1
    late = clerk.sweep(), [one["name"] for one in shown(stage)]
    event = stage.index.administration.events("short")[0]

    # The token of the process that opened the index lived for a quarter of an hour.
    assert early == (1, [("long", False), ("short", True)])
    assert late == (1, ["long"])
    assert clerk.sweep() == 0
    assert (event["tag"], event["details"]["by"]) == ("api-token:remove", "the index")


def test_an_upload_ends_with_its_token(stage: World) -> None:
    """At the next request; an expired one is told that it expired."""
    made = [
        desk(stage).add(NewToken(name=name, scope="upload", projects=["greeter"], days=1))["token"]
        for name in ("one", "two")
    ]
    desk(stage).revoke("one")
    revoked = stage.upload(wheel_offer(), token=made[0])
    stage.clock.now += DAY
    expired = stage.upload(wheel_offer(), token=made[1])

    assert (revoked.status_code, expired.status_code) == (403, 403)
    assert "expired" in expired.text


def test_a_deleted_project_takes_its_tokens_along(stage: World) -> None:
    """A token of two projects keeps the other; one of the deleted project alone ends."""
    stage.index.issue_token([ProjectName("other")], lifetime=1)
    for name, projects in (("both", ["greeter", "other"]), ("one", ["greeter"])):
        desk(stage).add(NewToken(name=name, scope="upload", projects=projects))
    stage.index.administration.projects("her").delete(Target(project="greeter"))

    assert {one["name"]: one["projects"] for one in shown(stage)} == {"both": ["other"]}

"""Publishers that wait: they reserve nothing, and begin a project with its first file or not at all."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.ledger import BookLedger
from bonded.index.book.pending import LIFETIME, PendingRefused
from bonded.minting.ports import Grant, Refusal
from bonded.oidc.claims import VerifiedClaims
from bonded.oidc.issue import issue
from books import KINDS, opened, place
from index_world import (
    GREETER,
    ISSUER,
    NOW,
    World,
    github,
    sdist_offer,
    signing_key,
    wheel_offer,
    world,
)

NOVEL = ProjectName("novel")


@pytest.fixture(params=KINDS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Open an index on a book of each kind."""
    where = place(request.param, tmp_path)
    database = where if isinstance(where, str) else None
    with world(tmp_path / "index", database=database) as opened_world:
        yield opened_world


def ledger_of(stage: World) -> BookLedger:
    """Return the book's part that publishers are in."""
    return stage.index._ledger


def wait(stage: World, name: str = "novel", by: str = "me", **fields: str) -> str:
    """Let a publisher wait for a project."""
    return ledger_of(stage).add_pending(github(**fields), name, stage.clock.now, by=by)


def id_token(**claims: object) -> str:
    """Return a genuine ID token of a job of `octo/greeter`."""
    workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
    complete: dict[str, object] = {
        "iss": ISSUER,
        "aud": "pypi",
        "iat": int(NOW),
        "exp": int(NOW) + 300,
        "repository": "octo/greeter",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "ref": "refs/tags/v1",
        "sha": "a" * 40,
        "event_name": "push",
    }
    return issue({**complete, **claims}, signing_key())


def mint(stage: World, jti: str = "one", **claims: object) -> str:
    """Exchange an ID token of the tests' workflow."""
    body = {"token": id_token(jti=jti, **claims)}
    answer = stage.client.post("/_/oidc/mint-token", json=body).json()
    return str(answer.get("token") or answer["errors"])


def events(stage: World, tag: str) -> list[tuple[str, dict[str, Any]]]:
    """Return subject and details of the events of one kind."""
    query = select(tables.event.c.subject, tables.event.c.details).where(tables.event.c.tag == tag)
    with stage.index._records.reading() as book:
        rows = book.connection.execute(query.order_by(tables.event.c.id)).all()
    return [(subject, json.loads(details)) for subject, details in rows]


def projects(stage: World) -> list[str]:
    """Return the names of all projects."""
    with stage.index._records.reading() as book:
        return [project.name for project in book.projects()]


def test_the_first_upload_begins_the_project(stage: World) -> None:
    """The mint makes no project; the first file does, for the waiting publisher, and the second goes through too."""
    wait(stage)
    token = mint(stage)
    before = projects(stage)
    statuses = [
        stage.upload(offer("novel"), token=token).status_code
        for offer in (wheel_offer, sdist_offer)
    ]

    (one,) = ledger_of(stage).registrations()
    assert (before, statuses, projects(stage)) == ([GREETER], [200, 200], [GREETER, NOVEL])
    assert (one.publisher, one.projects) == (github(), (NOVEL,))
    assert list(ledger_of(stage).pending(NOW)) == []
    assert [file.publisher for file in stage.index.files()] == [github().title] * 2
    assert events(stage, "publisher:add")[-1][1]["by"] == "me"
    assert stage.upload(wheel_offer("novel", "2.0"), token=mint(stage, "two")).status_code == 200
    assert [one["projects"] for one in ledger_of(stage).exchanges(9, NOVEL)] == [["novel"]] * 2


def test_a_failed_upload_leaves_no_project(stage: World) -> None:
    """A file that is refused begins nothing, and the publisher still waits."""
    wait(stage)
    token = mint(stage)
    bad = wheel_offer("novel").with_data(b"PK\5\6")

    assert stage.upload(bad, token=token).status_code == 400
    assert projects(stage) == [GREETER]
    assert len(ledger_of(stage).pending(NOW)) == 1
    assert stage.upload(wheel_offer("novel"), token=token).status_code == 200


def test_another_name_is_refused_with_both(stage: World) -> None:
    """Whoever waits for one name and sends a file of another is told both, and what to change."""
    wait(stage)
    answer = stage.upload(wheel_offer("nouvelle"), token=mint(stage)).text

    assert "Non-user identities cannot create new projects" in answer
    assert "expected 'novel', got 'nouvelle'" in answer
    assert "remove that pending publisher and register one for 'nouvelle'" in answer
    assert projects(stage) == [GREETER]


def test_who_comes_later_is_told_that_the_project_exists(stage: World) -> None:
    """A pending publisher reserves no name: the token is refused at the mint, or the file at the upload."""
    wait(stage)
    token = mint(stage)
    stage.index.register(github(workflow_filename="other.yml"), NOVEL)

    upload = stage.upload(wheel_offer("novel"), token=token)
    assert (upload.status_code, stage.index.files()) == (403, [])
    assert list(ledger_of(stage).pending(NOW)) == []
    assert [one[1]["project"] for one in events(stage, "pending:invalidate")] == ["novel"]


def test_ones_own_waiting_is_told_at_the_mint(stage: World) -> None:
    """What the maker of the project had waiting for it stays, is refused with PyPI's code, and ends with that."""
    wait(stage, by="")
    wait(stage, "n0vel", by="other", workflow_filename="other.yml")
    token = mint(stage)
    stage.index.register(github(workflow_filename="third.yml"), NOVEL)

    upload = stage.upload(wheel_offer("novel"), token=token)
    refused = mint(stage, "two")

    assert (upload.status_code, "made by others" in upload.text) == (403, True)
    assert "invalid-pending-publisher" in refused
    assert list(ledger_of(stage).pending(NOW)) == []
    assert len(events(stage, "pending:void")) == len(events(stage, "pending:invalidate")) == 1


def test_a_name_that_became_too_similar_is_refused(stage: World) -> None:
    """The rules for names are asked once more when the project begins."""
    wait(stage, by="")
    token = mint(stage)
    stage.index.register(github(workflow_filename="third.yml"), ProjectName("n0vel"))

    answer = stage.upload(wheel_offer("novel"), token=token)

    assert (answer.status_code, "too similar to an existing project: 'n0vel'" in answer.text) == (
        400,
        True,
    )


def test_one_workflow_may_begin_several_projects(stage: World) -> None:
    """A repository of many projects begins them all with one token, beside those that it has."""
    stage.index.register(github(), GREETER)
    for name in ("novel", "poem"):
        wait(stage, name)
    token = mint(stage)

    names = ("novel", "greeter", "poem")
    assert [stage.upload(wheel_offer(name), token=token).status_code for name in names] == [200] * 3
    assert ledger_of(stage).registrations()[0].projects == ("greeter", "novel", "poem")


def test_the_tokens_of_who_waits_no_more_are_dead(stage: World) -> None:
    """Removing a pending publisher ends its tokens at once; burning ends one."""
    pending_id = wait(stage)
    token, burned = mint(stage), mint(stage, "two")
    stage.client.post("/_/oidc/burn-token", json={"token": burned})
    answers = [stage.upload(wheel_offer("novel"), token=burned)]
    removed = [ledger_of(stage).remove_pending(pending_id, NOW, "me") for _ in range(2)]
    answers.append(stage.upload(wheel_offer("novel"), token=token))

    assert [one.status_code for one in answers] == [403, 400]
    assert (removed, projects(stage)) == ([True, False], [GREETER])
    assert events(stage, "pending:remove")[0][1]["by"] == "me"
    assert "invalid-publisher" in mint(stage, "three")


def test_who_waits_again_waits_anew(stage: World) -> None:
    """A token of before the removal has nothing of a pending publisher that comes back."""
    first = wait(stage)
    token = mint(stage)
    ledger_of(stage).remove_pending(first, NOW, "me")
    wait(stage)

    assert stage.upload(wheel_offer("novel"), token=token).status_code == 400
    assert stage.upload(wheel_offer("novel"), token=mint(stage, "two")).status_code == 200


def test_waiting_ends_after_thirty_days(stage: World) -> None:
    """It is listed and taken until then, and swept with an event after."""
    wait(stage)
    assert len(ledger_of(stage).pending(NOW + LIFETIME - 1)) == 1
    assert list(ledger_of(stage).pending(NOW + LIFETIME)) == []

    stage.clock.now += LIFETIME
    now = stage.clock.now
    assert "invalid-publisher" in mint(stage, "later", iat=now, exp=now + 60)
    wait(stage, "poem", by="you")
    assert [subject for subject, _ in events(stage, "pending:expire")] == ["novel"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("a b", "Invalid project name"), ("pickle", "standard library"), ("Greeter", "already exists"),
     ("Gre.eter", "too similar to an existing project: 'greeter'")],
)  # fmt: skip
def test_a_name_that_is_not_free_is_refused(stage: World, name: str, words: str) -> None:
    """The sentence is PyPI's, and nothing is written down."""
    with pytest.raises(PendingRefused, match=words):
        wait(stage, name)

    assert list(ledger_of(stage).pending(NOW)) == []


def test_three_may_wait_at_once(stage: World) -> None:
    """A fourth of the same registrant is refused; the same twice is refused; others have their own three."""
    for number in range(2):
        wait(stage, f"novel-{number}x")
    with pytest.raises(PendingRefused, match="already been registered"):
        wait(stage, "novel-1x", by="you")
    wait(stage, "poem")
    with pytest.raises(PendingRefused, match="more than 3 pending"):
        wait(stage, "essay")
    wait(stage, "essay", by="you")

    assert len(ledger_of(stage).pending(NOW)) == 4


def test_a_disabled_publisher_does_not_wait(stage: World) -> None:
    """What was disabled comes back by its projects' owners only; what it waited for, it waits for no more."""
    publisher_id = stage.index.register(github(), GREETER)
    wait(stage)
    token = mint(stage)
    refusal = Refusal(at=NOW, code="c", description="d", audience="a", disable=publisher_id)
    ledger_of(stage).refused(refusal)

    assert stage.upload(wheel_offer("novel"), token=token).status_code == 403
    assert ledger_of(stage).near(ISSUER, github().sources(), now=NOW).pending == ()
    with pytest.raises(PendingRefused, match="disabled"):
        wait(stage, "poem")


@pytest.mark.parametrize("kind", KINDS)
def test_what_ended_meanwhile_is_not_granted(kind: str, tmp_path: Path) -> None:
    """A grant for a pending publisher that is gone when it is written down has no power."""
    grant = Grant(
        token_hash="a" * 64,
        publisher_id=None,
        pending_ids=("gone",),
        projects=(NOVEL,),
        claims={},
        issued_at=NOW,
        expires_at=NOW + 900,
        identity=VerifiedClaims({"iss": ISSUER}),
    )
    with opened(place(kind, tmp_path)) as (records, ledger):
        assert ledger.grant(grant, issuer=ISSUER, jti="x", jti_expires=NOW)
        with records.reading() as book:
            standing = book.standing(grant.token_hash)

    assert standing is not None
    assert not standing.projects | standing.waiting
    assert standing.revoked


def test_many_at_once_begin_one_project(stage: World) -> None:
    """Of many who mint, upload, and make the same project by hand at once, one has it, and none is left empty."""
    wait(stage)
    wait(stage, "novel", by="you", workflow_filename="other.yml")
    other = "octo/greeter/.github/workflows/other.yml@refs/tags/v1"
    answers: list[httpx2.Response] = []

    def release(number: int) -> None:
        claims = {"job_workflow_ref": other, "workflow_ref": other} if number % 2 else {}
        token = mint(stage, f"t{number}", **claims)
        answers.append(stage.upload(wheel_offer("novel", f"1.{number}"), token=token))

    threads = [threading.Thread(target=release, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (one,) = ledger_of(stage).registrations()
    assert one.projects == (NOVEL,)
    assert {answer.status_code for answer in answers} <= {200, 403}
    assert len(stage.index.files()) == sum(answer.status_code == 200 for answer in answers) > 0
    assert [subject for subject, _ in events(stage, "project:create")].count("novel") == 1

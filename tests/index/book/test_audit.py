"""The trace of exchanges: what owners see, and what strangers cannot push out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bonded.dists.names import ProjectName
from bonded.index.book import audit
from bonded.index.book.ledger import BookLedger
from bonded.minting.exchange import Granted, Refused, exchange
from bonded.minting.policy import Policy
from bonded.minting.ports import Refusal
from bonded.oidc.issue import issue
from books import KINDS, opened, place
from claims_builder import AUDIENCE, NOW, claims, key, publisher
from mint_builder import Mint, request

WIDGET, GADGET = ProjectName("widget"), ProjectName("gadget")


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BookLedger]:
    """Open a book of each kind with one publisher."""
    with opened(place(request.param, tmp_path)) as (_, ledger):
        ledger.register(publisher(), WIDGET, NOW)
        yield ledger


def refuse(ledger: BookLedger, body: bytes | None = None, **bent: object) -> None:
    """Exchange what gives nothing."""
    body = body or request(issue(claims(**bent), key()))
    policy = Policy(audience=AUDIENCE)
    ports = {"keys": Mint(), "publishers": ledger, "ledger": ledger}
    outcome = exchange(body, policy=policy, now=NOW, secret=bytes(32), **ports)  # type: ignore[arg-type]  # three ports
    assert isinstance(outcome, Refused)


def accept(ledger: BookLedger, **bent: object) -> None:
    """Exchange what gives a token."""
    policy = Policy(audience=AUDIENCE)
    ports = {"keys": Mint(), "publishers": ledger, "ledger": ledger}
    body = request(issue(claims(**bent), key()))
    outcome = exchange(body, policy=policy, now=NOW, secret=bytes(32), **ports)  # type: ignore[arg-type]  # three ports
    assert isinstance(outcome, Granted)


def test_a_refusal_is_there_for_the_owner_of_the_nearest(ledger: BookLedger) -> None:
    """The owner of a project reads refusals of tokens that came near to its publisher, in full."""
    refuse(ledger, environment="staging")

    (kept,) = ledger.exchanges(10, WIDGET)
    assert (kept["granted"], kept["code"], kept["projects"]) == (
        False,
        "invalid-publisher",
        [WIDGET],
    )
    assert kept["claims"]["environment"] == "staging"
    assert kept["judgements"][0]["mismatches"][0]["claim"] == "environment"
    assert ledger.exchanges(10, GADGET) == []


def test_what_is_not_genuine_concerns_nobody(ledger: BookLedger) -> None:
    """Forged tokens are kept for whoever runs the index, under no project."""
    refuse(ledger, b"{}")

    assert [one["code"] for one in ledger.exchanges()] == ["invalid-payload"]
    assert ledger.exchanges(10, WIDGET) == []


def test_strangers_do_not_push_out_what_owners_need(
    ledger: BookLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shelf forgets its own oldest: forged tokens, those from elsewhere, and those of the own place."""
    monkeypatch.setattr(audit, "KEPT_OF_STRANGERS", 2)
    monkeypatch.setattr(audit, "KEPT_OF_PUBLISHER", 3)
    refuse(ledger, environment="own")
    for number in range(5):
        refuse(ledger, b"{}")
        refuse(ledger, repository="fork/widget", repository_owner="fork", run_id=str(number))

    kept = ledger.exchanges(100)
    environments = [(one["claims"] or {}).get("environment") for one in kept]
    assert len(kept) == 2 + 3 + 1
    assert environments[-1] == "own"
    assert len(ledger.exchanges(100, WIDGET)) == 4
    assert [one["id"] for one in kept] == sorted((one["id"] for one in kept), reverse=True)


def test_what_is_forgotten_leaves_nothing(
    ledger: BookLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a refusal goes the link to its project."""
    from sqlalchemy import select

    from bonded.index.book import tables

    monkeypatch.setattr(audit, "KEPT_OF_PUBLISHER", 1)
    for number in range(3):
        refuse(ledger, environment="own", run_id=str(number))
    with ledger._records.reading() as book:
        links = book.connection.execute(select(tables.exchange_project)).all()

    assert len(links) == 1


def test_the_last_come_first(ledger: BookLedger) -> None:
    """As many as are asked for."""
    for number in range(4):
        refuse(ledger, environment=str(number))

    assert [one["claims"]["environment"] for one in ledger.exchanges(2)] == ["3", "2"]


def test_why_there_are_no_keys_is_written_down(ledger: BookLedger) -> None:
    """The owner reads why an issuer's keys could not be had; whoever asked does not."""
    ledger.refused(
        Refusal(
            at=1.0,
            audience="here",
            issuer="https://gitlab.example",
            code="invalid-token",
            description="the issuer's keys cannot be had at the moment",
            status=503,
            trouble="gitlab.example: there is no trusted connection",
        )
    )

    (seen,) = ledger.exchanges()
    assert seen["fault"] == "gitlab.example: there is no trusted connection"


@pytest.mark.parametrize("bent", [{"aud": "elsewhere"}, {"exp": NOW - 900, "iat": NOW - 1200}])
def test_what_came_too_late_or_astray_is_in_the_owners_list(
    ledger: BookLedger, monkeypatch: pytest.MonkeyPatch, bent: dict[str, Any]
) -> None:
    """A genuine token of the publisher's place is under its project, where it pushes out nothing that is its own."""
    monkeypatch.setattr(audit, "KEPT_OF_PUBLISHER", 1)
    (registered,) = ledger.registrations()
    refuse(ledger, environment="staging")
    for _ in range(3):
        refuse(ledger, **bent)
    refuse(ledger, **bent, repository="fork/widget", repository_owner_id="9")

    codes = [one["code"] for one in ledger.exchanges(10, WIDGET)]
    assert codes == ["invalid-token", "invalid-publisher"]
    kept = ledger.exchanges(10)
    assert [one["publisher_id"] for one in kept] == [None, registered.id, registered.id]


def test_what_was_granted_keeps_its_projects(ledger: BookLedger) -> None:
    """A publisher that is removed leaves the trace of what it was given."""
    (registered,) = ledger.registrations()
    accept(ledger)
    ledger.unregister(registered.id, WIDGET, NOW)

    for found in (ledger.exchanges(), ledger.exchanges(10, WIDGET)):
        assert [(one["granted"], one["projects"]) for one in found] == [(True, [WIDGET])]


def test_a_pending_publisher_has_one_id(ledger: BookLedger) -> None:
    """Granted or refused, the id is the one that it was registered under; what became void names its project."""
    waiting = publisher(workflow_filename="second.yml")
    second = str(claims()["workflow_ref"]).replace("release.yml", "second.yml")
    own: dict[str, Any] = {"workflow_ref": second, "job_workflow_ref": second}
    pending_id = ledger.add_pending(waiting, "novel", NOW, by="me")
    accept(ledger, **own)
    refuse(ledger, **own, environment="other")
    with ledger._records.writing() as book:
        book.create_project(ProjectName("novel"), "Novel", NOW, by="me")
    refuse(ledger, **own, jti="later")

    found = ledger.exchanges(10, ProjectName("novel"))
    codes = ["invalid-pending-publisher", "invalid-publisher", "granted"]
    assert [one["code"] for one in found] == codes
    assert [one["publisher_id"] for one in found] == [pending_id] * 3
    assert [one["projects"] for one in found] == [["novel"]] * 3


def test_older_ones_are_had_by_the_last_id(ledger: BookLedger) -> None:
    """Page by page the whole list is read."""
    for number in range(3):
        refuse(ledger, environment=str(number))
    (last,) = ledger.exchanges(1)
    older = ledger.exchanges(5, before=last["id"])

    assert [one["claims"]["environment"] for one in older] == ["1", "0"]

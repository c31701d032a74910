"""What owners may do that the web does not show."""

from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.index.administration import NewPublisher, NotFound
from bonded.index.app import open_administration, open_index
from bonded.index.settings import Settings
from bonded.minting.policy import Policy
from bonded.publishers import from_fields
from index_world import GREETER, ISSUER, NOW, Chance, Clock, OneIssuer, World, github, signing_key

ORGANISATION = "0a1b2c3d-0000-4000-8000-000000000001"


def test_the_issuers_of_publishers_are_known(stage: World) -> None:
    """An issuer is of use once a publisher, or a pending one, is registered under it."""
    has_issuer = stage.index._ledger.has_issuer
    circle = from_fields(
        "circleci",
        {
            "organization_id": ORGANISATION,
            "project_id": ORGANISATION,
            "pipeline_definition_id": ORGANISATION,
            "vcs_origin": "github.com/octo/greeter",
        },
    )
    before = [has_issuer(url, now=NOW) for url in (ISSUER, circle.issuer)]
    stage.index.register(github(), GREETER)
    stage.index._ledger.add_pending(circle, ProjectName("novel"), NOW, by="me", limit=1)
    after = [has_issuer(url, now=NOW) for url in (ISSUER, circle.issuer)]

    assert (before, after) == ([False, False], [True, True])


def test_an_owner_does_not_disturb_the_server(tmp_path: Path) -> None:
    """Opened for the owner alone, or beside another server, an upload that is on its way stays."""
    settings = Settings(name="x", mint=Policy(audience="x"), data=tmp_path, durable=False)
    keys = OneIssuer(ISSUER, signing_key().key_set())
    leftover = tmp_path / "files" / "incoming" / "half"
    leftover.parent.mkdir(parents=True)
    leftover.touch()

    with open_administration(
        settings, keys=keys, clock=Clock(), entropy=Chance()
    ) as administration:
        assert administration.publishers("me").registered() == []
    for sweep, there in ((False, True), (True, False)):
        open_index(
            settings,
            keys=keys,
            clock=Clock(),
            entropy=Chance(),
            sweep=sweep,
        ).close()
        assert leftover.exists() is there


def test_a_token_that_ended_is_none(stage: World) -> None:
    """After a year the index has no admin token, so the next start makes one."""
    administration = stage.index.administration
    had = [administration.has_token()]
    administration.new_token("admin")
    had.append(administration.has_token())
    stage.clock.now += 366 * 86_400
    had.append(administration.has_token())

    assert had == [False, True, False]


def test_a_pending_publisher_that_is_gone_at_once_is_said(tmp_path: Path) -> None:
    """Another owner may have removed it, or it may have ended, before the answer was written."""
    settings = Settings(name="x", mint=Policy(audience="x"), data=tmp_path, durable=False)
    keys = OneIssuer(ISSUER, signing_key().key_set())
    moments = iter((NOW, NOW + 31 * 86_400))
    new = NewPublisher(project="novel", kind="github", fields=github().to_fields(), pending=True)
    with (
        open_administration(
            settings, keys=keys, clock=lambda: next(moments), entropy=Chance()
        ) as administration,
        pytest.raises(NotFound, match="any more"),
    ):
        administration.publishers("me").add(new)

"""Whole releases against an index in memory: whatever it answers, the promises of a release hold."""

import itertools
import signal
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.client.crew import Stop
from bonded.client.journal import Journal
from bonded.client.messages import Answer, Ask, Outcome, Unreached
from bonded.client.publish import publish
from bonded.client.report import Outcome as End
from bonded.client.report import Report
from bonded.dists.names import ProjectName
from bonded.errors import InvalidInput, UsageError
from bonded.oidc.ambient import NoIdentity
from client_world import TARGET, UPLOADS, PlayedIndex, Quiet, answer, desk, parcel, wheels, wish

FAULTS: tuple[Outcome, ...] = (
    Unreached(reason="the connection was cut"),
    Unreached(reason="CERTIFICATE_VERIFY_FAILED", passing=False),
    answer(500, {"message": "a bug"}),
    answer(503, retry_after="1"),
    answer(429, retry_after="2"),
    answer(403, {"message": "Invalid API Token: token is expired"}),
    answer(400, {"message": "Invalid distribution file."}),
    answer(400, {"message": "File already exists"}),
    answer(302, location="https://elsewhere.example/"),
    answer(200, {"token": "", "audience": 3}),
    Answer(status=200, body=b"\xff<html>"),
)


def released(index: PlayedIndex, folder: Path, count: int = 3, **bent: object) -> Report:
    """Publish so many files."""
    parcels = wheels(count)
    index.sha_of |= {one.filename: one.sha256 for one in parcels}
    return publish(wish(parcels, **bent), desk(index, folder))


def test_everything_goes_out_once(tmp_path: Path) -> None:
    """Each file is sent once by a token that is minted once and burned; no journal is left."""
    index = PlayedIndex()
    report = released(index, tmp_path, confirm_seconds=1.0)

    assert report.outcome is End.DONE
    assert [name for name, _ in index.uploaded] == [one.filename for one in report.files]
    assert index.burned == index.minted
    assert report.burned == (1, 1)
    assert {one.confirmed.state for one in report.files if one.confirmed} == {"same"}
    assert list(tmp_path.iterdir()) == []


@given(
    faults=st.lists(st.sampled_from((None, None, None, *FAULTS)), max_size=30),
    lost=st.frozensets(st.integers(min_value=1, max_value=40)),
    workers=st.integers(min_value=1, max_value=3),
)
@settings(max_examples=200, deadline=None)
def test_whatever_the_index_answers(
    faults: list[Outcome | None], lost: frozenset[int], workers: int
) -> None:
    """No file is sent again after a 200, every token is burned, none is shown; a second run ends the release."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = PlayedIndex(faults=iter(faults), lost=lost)
        report = released(index, folder, workers=workers)
        first = list(index.uploaded)
        said = f"{report!r} {report.to_data()} {index.asked!r}"

        assert len({name for name, _ in first}) == len(first)
        assert index.burned == index.minted
        assert not any(secret in said for secret in (*index.minted, *index.shown))
        states = {one.filename: one.state for one in report.files}
        assert all(states[name] in {"published", "unsure"} for name, _ in first)
        if report.outcome is End.DONE:
            assert set(index.files) == set(states)
        elif report.outcome is not End.PARTIAL:
            assert not any(one.is_out for one in report.files)

        index.faults = itertools.repeat(None)
        again = released(index, folder, workers=workers)

        assert again.outcome is End.DONE
        assert set(index.files) == set(states)
        assert len({name for name, _ in index.uploaded}) == len(index.uploaded)
        assert index.burned == index.minted
        assert list(folder.iterdir()) == []


def test_the_first_file_of_a_new_project_goes_alone(tmp_path: Path) -> None:
    """Nothing else is begun before it is there; in a project that exists all go at once."""
    refuse = [None, None, None, None, answer(400, {"message": "no such project"})]
    index = PlayedIndex(faults=iter(refuse))
    report = released(index, tmp_path, workers=4)

    assert report.outcome is End.REFUSED
    assert [one.state for one in report.files] == ["refused", "not sent", "not sent"]
    assert index.uploaded == []


def test_each_new_project_is_begun_by_one_file(tmp_path: Path) -> None:
    """Of several new projects the first file of each goes before any second one."""
    index = PlayedIndex()
    other = ProjectName("other")
    mine = wheels(2)
    theirs = [
        replace(one, project=other, part=replace(one.part, filename=f"o-{number}"))
        for number, one in enumerate(mine)
    ]
    parcels = [*mine, *theirs]
    index.sha_of = {one.filename: one.sha256 for one in parcels}
    publish(wish(parcels), desk(index, tmp_path))

    assert [name for name, _ in index.uploaded] == [
        mine[0].filename, theirs[0].filename, mine[1].filename, theirs[1].filename,
    ]  # fmt: skip


def test_files_of_a_known_project_go_side_by_side(tmp_path: Path) -> None:
    """As many uploads are under way as there may be: none of these is answered before all three have come."""
    index = PlayedIndex(files={"greeter-0.9.tar.gz": "c" * 64})
    meet = threading.Barrier(3)

    def together(ask: Ask) -> Outcome:
        if ask.file is not None:
            meet.wait(20)
        return index(ask)

    parcels = wheels(6)
    index.sha_of |= {one.filename: one.sha256 for one in parcels}
    report = publish(wish(parcels, workers=3), desk(together, tmp_path))

    assert report.outcome is End.DONE
    assert len(index.uploaded) == 6


def test_part_of_a_release_is_noted(tmp_path: Path) -> None:
    """What is out stands in the journal; files that were built again are refused before anything is asked."""
    no = answer(400, {"message": "Invalid distribution file."})
    index = PlayedIndex(faults=iter([None, None, None, None, None, no]))
    report = released(index, tmp_path)
    rebuilt = replace(wheels(3)[0], sha256="f" * 64)
    asked = len(index.asked)

    assert report.outcome is End.PARTIAL
    assert [one.state for one in report.files] == ["published", "refused", "not sent"]
    assert report.journal == str(tmp_path / "journal.json")
    with pytest.raises(InvalidInput, match=r"was published with sha256 0+, and is f+ now"):
        publish(wish([rebuilt]), desk(index, tmp_path))
    assert len(index.asked) == asked


def test_a_journal_that_cannot_be_written_ends_it_before_anything_goes_out(tmp_path: Path) -> None:
    """Without a journal a release that breaks off could not go on; the token is burned."""
    index = PlayedIndex()
    place = desk(index, tmp_path)
    blocked = replace(place, journal=Journal.open(tmp_path / "none" / "j.json", UPLOADS))
    with pytest.raises(UsageError, match="cannot be written"):
        publish(wish([parcel()]), blocked)

    assert index.uploaded == []
    assert index.burned == index.minted


def test_a_journal_that_is_lost_on_the_way_stops_the_rest(tmp_path: Path) -> None:
    """A file that is out counts as out, whatever becomes of the note about it."""
    folder = tmp_path / "journal"
    folder.mkdir()
    index = PlayedIndex()

    def removing(ask: Ask) -> Outcome:
        if ask.file is not None:
            (folder / "journal.json").unlink(missing_ok=True)
            folder.rmdir()
        return index(ask)

    parcels = wheels(2)
    index.sha_of = {one.filename: one.sha256 for one in parcels}
    report = publish(wish(parcels), desk(removing, folder))

    assert [one.state for one in report.files] == ["published", "not sent"]
    assert report.outcome is End.PARTIAL
    assert report.refused is not None
    assert "cannot be written" in report.refused.said


def test_the_journal_speaks_where_the_index_shows_nothing(tmp_path: Path) -> None:
    """Without a list of files, what the journal says is out is not sent again."""
    blind = replace(TARGET, simple_url="")
    no = answer(400, {"message": "Invalid distribution file."})
    index = PlayedIndex(faults=iter([None, None, None, None, no]))
    released(index, tmp_path, target=blind)
    index.faults = itertools.repeat(None)
    again = released(index, tmp_path, target=blind)

    assert [one.state for one in again.files] == ["earlier", "published", "published"]
    assert again.outcome is End.DONE


def test_other_bytes_under_the_same_name_end_it(tmp_path: Path) -> None:
    """A file that the index serves with another digest is found before anything is minted or sent."""
    index = PlayedIndex(files={parcel().filename: "b" * 64})
    report = publish(wish([parcel()]), desk(index, tmp_path))

    assert report.outcome is End.REFUSED
    assert report.refused is not None
    assert "b" * 64 in report.refused.said
    assert parcel().sha256 in report.refused.said
    assert index.minted == []


def test_an_identity_that_is_refused_is_shown(tmp_path: Path) -> None:
    """The report has the claims of the token, the codes and the words of the index; nothing was signed or sent."""
    error = {"code": "invalid-publisher", "description": "valid token, but"}
    no = answer(422, {"message": "Token request failed", "errors": [error]})
    index = PlayedIndex(faults=iter([None, None, None, no]))
    report = released(index, tmp_path, attestations="require")

    assert report.outcome is End.REFUSED
    assert report.refused is not None
    assert report.refused.codes == ("invalid-publisher",)
    assert "`invalid-publisher`: valid token, but" in report.refused.said
    assert report.claims["repository"] == "octo/widget"
    assert index.uploaded == []


def test_tokens_are_renewed(tmp_path: Path) -> None:
    """A token with less than five minutes left is not used for the next file; all are burned."""
    index = PlayedIndex(expires=1000.0)
    times = iter([0.0, *([800.0] * 100)])
    parcels = wheels(2)
    report = publish(wish(parcels), desk(index, tmp_path, clock=lambda: next(times)))

    assert report.outcome is End.DONE
    assert len(index.minted) > 1
    assert sorted(index.burned) == sorted(index.minted)
    assert report.burned == (len(index.minted),) * 2


def test_a_token_that_became_too_old_is_replaced(tmp_path: Path) -> None:
    """Where the index says that the token is expired, the file goes again with a new one."""
    old = answer(403, {"message": "Invalid API Token: token is expired"})
    index = PlayedIndex(faults=iter([None, None, None, None, old]))
    report = released(index, tmp_path, count=1)

    assert report.outcome is End.DONE
    assert len(index.minted) == 2
    assert index.uploaded[0][1] == index.minted[1]


def test_a_token_for_one_file_is_used_once(tmp_path: Path) -> None:
    """Where tokens are good for one file each (PEP 807), each file has its own."""
    index = PlayedIndex(single_use=True)
    report = released(index, tmp_path)

    assert report.outcome is End.DONE
    assert len({token for _, token in index.uploaded}) == 3
    assert sorted(index.burned) == sorted(index.minted)


def test_a_given_token_is_nobodys_to_burn(tmp_path: Path) -> None:
    """An API token of the user is used as it is; no mint is asked, and it lives on."""
    index = PlayedIndex(minted=["an-api-token"])
    report = released(index, tmp_path, token="an-api-token")

    assert report.outcome is End.DONE
    assert index.burned == []
    assert not any("oidc" in one.url or "pytp" in one.url for one in index.asked)


@pytest.mark.parametrize("status", [401, 403])
def test_a_given_token_that_is_refused_is_doubted(tmp_path: Path, status: int) -> None:
    """An index tells nobody whether a token lives; what it must be is said here, but not of one that was minted."""
    refuse = [None, answer(status, {"message": "Invalid or non-existent authentication."})]
    given = PlayedIndex(faults=iter(refuse), minted=["an-api-token"])
    report = released(given, tmp_path, token="an-api-token")
    assert report.refused is not None
    assert "may upload to greeter? One that may only read" in report.refused.hint
    assert report.files[0].state == "refused"

    minted = PlayedIndex(faults=iter([None, None, None, *refuse]))
    report = released(minted, tmp_path)
    assert report.refused is not None
    assert report.refused.hint == ""


def test_a_closed_port_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    """No file was broken off: none went out."""
    closed = Unreached(reason="Connection refused", passing=False, sent=False)
    index = PlayedIndex(faults=itertools.repeat(closed), minted=["an-api-token"])
    report = released(index, tmp_path, token="an-api-token")

    assert report.outcome is End.UNREACHED
    assert {one.state for one in report.files} == {"not sent"}


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    """The index and the CI are asked; no token is minted and no file sent."""
    index = PlayedIndex()
    report = released(index, tmp_path, dry_run=True, attestations="require")

    assert report.outcome is End.PLANNED
    assert {one.state for one in report.files} == {"planned"}
    assert (index.minted, index.uploaded) == ([], [])
    assert [one.method for one in index.asked] == ["GET"] * 3


def test_without_an_identity_nothing_is_asked_of_the_mint(tmp_path: Path) -> None:
    """What is wrong with the identity is raised before anything was shown."""

    def nobody(audience: str) -> str:
        raise NoIdentity(f"no token for {audience}")

    index = PlayedIndex()
    with pytest.raises(NoIdentity, match=r"index\.example"):
        publish(wish([parcel()]), desk(index, tmp_path, identify=nobody))

    assert index.shown == []


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_signal_at_any_moment(tmp_path: Path, moment: int) -> None:
    """Whenever it comes, tokens are burned, what is out is in the journal, and the next run ends the release."""
    index = PlayedIndex()
    stop = Stop()

    def interrupted(ask: Ask) -> Outcome:
        outcome = index(ask)
        if len(index.asked) == moment:
            stop.set(signal.SIGTERM)
        return outcome

    parcels = wheels(3)
    index.sha_of = {one.filename: one.sha256 for one in parcels}
    report = publish(wish(parcels), desk(interrupted, tmp_path, stop=stop))
    out = [one.filename for one in report.files if one.is_out]

    assert index.burned == index.minted
    assert set(out) == set(index.files)
    assert report.signal in {0, signal.SIGTERM}
    again = publish(wish(parcels), desk(index, tmp_path))

    assert again.outcome is End.DONE
    assert len(index.uploaded) == 3


def test_who_watches_hears_of_it(tmp_path: Path) -> None:
    """The watcher hears each step, each wait with its reason, and what became of each file."""
    watcher = Quiet()
    index = PlayedIndex(faults=iter([None, None, None, None, answer(503, retry_after="0")]))
    parcels = wheels(1)
    publish(wish(parcels), desk(index, tmp_path, watcher=watcher))

    assert any("again in" in sentence and "503" in sentence for sentence in watcher.said)
    assert watcher.ends == [(parcels[0].filename, "published")]


def test_a_file_that_cannot_go_on_stops_the_others(tmp_path: Path) -> None:
    """An identity that is not given a second time is told as the reason of the file that needed it."""
    tokens = iter([1])

    def once(audience: str) -> str:
        from client_world import id_token

        if next(tokens, None) is None:
            raise NoIdentity("the service gives no second token", hint="ask it")
        return id_token(audience)

    index = PlayedIndex(single_use=True)
    parcels = wheels(2)
    index.sha_of = {one.filename: one.sha256 for one in parcels}
    report = publish(wish(parcels), desk(index, tmp_path, identify=once))

    assert report.outcome is End.UNREACHED or report.outcome is End.PARTIAL
    assert report.refused is not None
    assert "no second token" in report.refused.said
    assert index.burned == index.minted
    assert UPLOADS not in report.refused.said

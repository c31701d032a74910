"""Whatever owners do between uploads, the index stays whole: `bonded fsck` finds nothing."""

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import BondedError
from bonded.index.administration import NewToken, Target
from bonded.index.running.fsck import Findings, examine
from bonded.index.settings import Settings
from bonded.index.stores import open_stores
from bonded.minting.policy import Policy
from index_world import World, sdist_offer, wheel_offer, world

WHEEL = "greeter-1.0-py3-none-any.whl"
VERSIONS = ("1.0", "2.0")
OFFERS = {
    str(offer.filename): offer
    for version in VERSIONS
    for offer in (wheel_offer(version=version), sdist_offer(version=version))
}
_FILES = st.sampled_from(sorted(OFFERS))
_TARGETS = st.one_of(
    _FILES.map(lambda name: Target(project="greeter", filename=name)),
    st.sampled_from(VERSIONS).map(lambda one: Target(project="greeter", version=one)),
    st.just(Target(project="greeter")),
)
_ACTS = st.one_of(
    st.tuples(st.just("upload"), _FILES),
    st.tuples(st.sampled_from(["yank", "unyank", "delete"]), _TARGETS),
)


def found(folder: Path) -> Findings:
    """Return what fsck finds in the folder of an index."""
    of_it = Settings(name="x", mint=Policy(audience="x"), data=folder, durable=False)
    with open_stores(of_it) as (records, store):
        return examine(records, store)


def act(stage: World, what: str, target: Target | str) -> None:
    """Do something; what cannot be is refused."""
    tokens = stage.index.administration.tokens("me")
    if isinstance(target, str):
        new = NewToken(name="up", scope="upload", projects=["greeter"], create=True)
        stage.upload(OFFERS[target], token=tokens.add(new)["token"])
        tokens.revoke("up")
        return
    with contextlib.suppress(BondedError):
        getattr(stage.index.administration.projects("me"), what)(target)


@settings(max_examples=25, deadline=None)
@given(st.lists(_ACTS, max_size=12))
def test_an_index_stays_whole(acts: list[tuple[str, Target | str]]) -> None:
    """In whatever order files come, are yanked and go, sizes are those of the files, and no name comes twice."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        with world(folder) as stage:
            for what, target in acts:
                act(stage, what, target)
            events = stage.index.administration.events(limit=1000)
        after = found(folder)

    names = [one["details"]["filename"] for one in events if one["tag"] == "file:add"]
    assert after.violations == ()
    assert after.orphans == ()
    assert len(names) == len(set(names))


class PowerCut(BaseException):
    """The machine dies."""


@pytest.mark.parametrize("which", [{"filename": WHEEL}, {"version": "1.0"}, {}])
def test_a_crash_before_the_bytes_go_is_told_by_fsck(tmp_path: Path, which: dict[str, str]) -> None:
    """The rows went first: what is left is room taken for nothing, never a file without bytes."""

    def dies(_digest: str) -> None:
        raise PowerCut

    with world(tmp_path / "index") as stage:
        assert stage.upload(wheel_offer()).status_code == 200
        projects = stage.index.administration.projects("me")
        projects._remove = dies
        with pytest.raises(PowerCut):
            projects.delete(Target(project="greeter", **which))
    after = found(tmp_path / "index")

    assert after.violations == ()
    assert len(after.orphans) == 1

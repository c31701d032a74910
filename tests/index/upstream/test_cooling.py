"""Files of the index behind that may not be had yet: on every surface, and through restarts."""

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bonded.index.policies import Cooldown, parse_exempt
from index_world import World, serving, world
from upstream_world import DATA, FILE, JSON, NAME, Other, at, behind, page

DAY = 86_400.0
WEEK = Cooldown(min_age=7 * DAY)


def test_a_young_file_may_not_be_had_by_any_address(
    other: Other, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Page, versions, file and metadata agree, before and after; who asks is told when. A restart changes nothing."""
    caplog.set_level(logging.INFO)
    metadata = hashlib.sha256(DATA).hexdigest()
    other.pages["helper"] = page(
        core_metadata={"sha256": metadata}, upload_time="2001-01-01T00:00:00Z"
    )
    paths = FILE, f"{FILE}.metadata"

    def look(stage: World) -> tuple[object, ...]:
        shown = stage.client.get("/simple/helper/", headers=JSON).json()
        html = stage.client.get("/simple/helper/").text
        statuses = [stage.client.get(path).status_code for path in paths]
        return len(shown["files"]), "1.0" in shown["versions"], NAME in html, statuses

    with serving(other.app()) as url:
        settings = at(f"{url}/simple/", cooldown=WEEK)
        with world(tmp_path, upstream=settings) as stage:
            young = look(stage)
            told = stage.client.get(FILE)
            asked = list(other.asked)
        for days, later in ((3.0, False), (7.0, True)):
            with world(tmp_path, upstream=settings) as stage:
                stage.clock.now += days * DAY
                assert look(stage) == ((1, True, True, [200, 200]) if later else young)

    assert young == (0, False, False, [403, 403])
    assert told.status_code == 403
    assert "may be had from 2027-01-2" in told.text
    assert NAME in caplog.text
    assert {path for path, _ in asked} == {"/simple/helper/"}


def test_a_file_of_the_cache_waits_too(other: Other, tmp_path: Path) -> None:
    """A rule that is made later holds for what was fetched before."""
    with serving(other.app()) as url:
        with world(tmp_path, upstream=at(f"{url}/simple/")) as stage:
            before = stage.client.get(FILE).status_code
        with world(tmp_path, upstream=at(f"{url}/simple/", cooldown=WEEK)) as stage:
            after = stage.client.get(FILE).status_code

    assert (before, after) == (200, 403)


@pytest.mark.parametrize(
    ("rule", "uploaded", "served"),
    [
        (WEEK, None, False),
        (WEEK, "2001-01-01T00:00:00Z", False),
        (replace(WEEK, trusted_dates=True), "2001-01-01T00:00:00Z", True),
        (replace(WEEK, trusted_dates=True), "2999-01-01T00:00:00Z", False),
        (replace(WEEK, trusted_dates=True), None, False),
        (replace(WEEK, exempt=(parse_exempt("helper"),)), None, True),
        (replace(WEEK, exempt=(parse_exempt("helper==1"),)), None, True),
        (replace(WEEK, exempt=(parse_exempt("helper==2"),)), None, False),
    ],
)
def test_which_dates_count(
    other: Other, tmp_path: Path, rule: Cooldown, uploaded: str | None, *, served: bool
) -> None:
    """The later of the date and the first sight, the date alone where it is trusted, and nothing for exemptions."""
    other.pages["helper"] = page(upload_time=uploaded)
    with behind(other, tmp_path, cooldown=rule) as stage:
        shown = stage.client.get("/simple/helper/", headers=JSON).json()["files"]
        status = stage.client.get(FILE).status_code

    assert (len(shown), status) == ((1, 200) if served else (0, 403))

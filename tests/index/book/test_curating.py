"""What owners change of what is published: it all happens with its event, or nothing does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bonded.dists.names import ProjectName
from bonded.errors import BondedError
from bonded.index.administration import NewToken, NotFound, Projects, Target, Unacceptable
from bonded.index.book import tables
from books import KINDS, new_database
from index_world import GREETER, NOW, Offer, World, github, sdist_offer, wheel_offer, world

WHEEL, SDIST = "greeter-1.0-py3-none-any.whl", "greeter-1.0.tar.gz"
JSON = {"accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture(params=KINDS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give an index with a wheel and a source distribution of `greeter`."""
    database: dict[str, Any] = {}
    if request.param != "sqlite":
        database["database"] = new_database()
    with world(tmp_path / "index", **database) as opened:
        for offer in (wheel_offer(), sdist_offer()):
            assert opened.upload(offer).status_code == 200
        yield opened


def desk(stage: World) -> Projects:
    """Return the desk of projects for her."""
    return stage.index.administration.projects("her")


def events(stage: World, count: int) -> list[tuple[str, str, str]]:
    """Return the last events, the newest first: what, of what, by whom."""
    found = stage.index.administration.events(limit=count)
    return [(one["tag"], one["subject"], one["details"].get("by", "")) for one in found]


def blobs(stage: World, tmp_path: Path) -> int:
    """Return how many files the store has."""
    return sum(path.is_file() for path in (tmp_path / "index" / "files").rglob("*"))


def page(stage: World) -> dict[str, object]:
    """Return what installers see: each file, and its yank."""
    answer = stage.client.get("/simple/greeter/", headers=JSON)
    return {one["filename"]: one["yanked"] for one in answer.json()["files"]}


@pytest.mark.parametrize("version", ["1\0", "1" * 5000, ""])
def test_what_is_no_version_is_found_nowhere(stage: World, version: str) -> None:
    """Whatever a database takes as a text, and whatever Python reads as a number."""
    with stage.index._records.reading() as book:
        assert not book.has_version(GREETER, version)
        assert book.files_of_version(GREETER, version) == []
        assert book.release(GREETER, version) is None


def test_a_version_is_yanked_and_back(stage: World) -> None:
    """Every file of it, however the version is spelt; installers see the reason, and that it was taken back."""
    yanked = desk(stage).yank(Target(project="Greeter", version="1.0.0"), " loses\n data ")
    seen = page(stage)
    again = desk(stage).yank(Target(project="greeter", version="1.0"), "loses data")
    last = events(stage, 1)
    back = desk(stage).unyank(Target(project="greeter", filename=WHEEL))

    assert yanked["files"] == [WHEEL, SDIST]
    assert seen == {WHEEL: "loses data", SDIST: "loses data"}
    assert again["files"] == []
    assert last == [("file:yank", "greeter", "her")]
    assert back["files"] == [WHEEL]
    assert page(stage) == {WHEEL: False, SDIST: "loses data"}
    assert events(stage, 1) == [("file:unyank", "greeter", "her")]


def test_a_yank_without_a_reason_is_one(stage: World) -> None:
    """The empty reason counts, as PEP 592 has it."""
    desk(stage).yank(Target(project="greeter", filename=SDIST))

    assert page(stage) == {WHEEL: False, SDIST: True}


def test_a_deleted_file_is_gone_with_its_bytes(stage: World, tmp_path: Path) -> None:
    """From the page, from its address, from the store; the project's size is less by its own."""
    urls = stage.client.get("/simple/greeter/", headers=JSON).json()["files"]
    where = {one["filename"]: one["url"].removeprefix("../..") for one in urls}
    sizes = {one["filename"]: one["size"] for one in urls}
    before = desk(stage).shown("greeter")["size"]

    done = desk(stage).delete(Target(project="greeter", filename=WHEEL))

    assert done["files"] == [WHEEL]
    assert page(stage) == {SDIST: False}
    for path in (where[WHEEL], f"{where[WHEEL]}.metadata"):
        assert stage.client.get(path).status_code == 404
    assert stage.client.get(where[SDIST]).status_code == 200
    assert blobs(stage, tmp_path) == 1
    assert before == sum(sizes.values())
    assert desk(stage).shown("greeter")["size"] == sizes[SDIST]
    assert events(stage, 1) == [("file:remove", "greeter", "her")]


def rewrapped(offer: Offer) -> Offer:
    """Return other bytes under the same name."""
    from index_world import wheel_members, zipped

    return offer.with_data(zipped({**wheel_members(), "greeter/more.py": b"", **_record()}))


def _record() -> dict[str, bytes]:
    names = ("greeter/__init__.py", "greeter/more.py")
    info = [f"greeter-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")]
    lines = "".join(f"{name},,\n" for name in (*names, *info))
    return {"greeter-1.0.dist-info/RECORD": lines.encode()}


def test_neither_name_nor_bytes_come_again(stage: World) -> None:
    """The same bytes, other bytes under the name, and the bytes under another name are all refused."""
    desk(stage).delete(Target(project="greeter", filename=WHEEL))
    other_name = Offer(
        data=wheel_offer().data,
        filename="greeter-1.0-1-py3-none-any.whl",
        fields=wheel_offer().fields,
    )

    refused = [stage.upload(one) for one in (wheel_offer(), rewrapped(wheel_offer()), other_name)]

    assert [one.status_code for one in refused] == [400, 400, 400]
    for one in refused:
        assert "deleted" in one.text
        assert "already exist" not in one.text
    assert page(stage) == {SDIST: False}


def test_a_version_goes_with_its_files(stage: World, tmp_path: Path) -> None:
    """Other versions stay; the release is gone from the project."""
    assert stage.upload(wheel_offer(version="2.0")).status_code == 200

    done = desk(stage).delete(Target(project="greeter", version="1"))

    assert done["files"] == [WHEEL, SDIST]
    assert [one["version"] for one in desk(stage).shown("greeter")["versions"]] == ["2.0"]
    assert blobs(stage, tmp_path) == 1
    assert events(stage, 1) == [("release:remove", "greeter", "her")]
    with pytest.raises(NotFound, match=r"no version '1\.0'"):
        desk(stage).delete(Target(project="greeter", version="1.0"))


def test_a_deleted_project_is_lost_to_all(stage: World, tmp_path: Path) -> None:
    """Publishers, pending ones and tokens lose it, also whoever has the name after that."""
    publisher = stage.index.register(github(), GREETER)
    stage.index.register(github(), ProjectName("other"))

    done = desk(stage).delete(Target(project="greeter"))

    assert done["files"] == [WHEEL, SDIST]
    assert stage.client.get("/simple/greeter/").status_code == 404
    assert blobs(stage, tmp_path) == 0
    listed = stage.index.administration.publishers("me").registered()
    assert [(one["id"], one["projects"]) for one in listed] == [(publisher, ["other"])]
    assert ("project:remove", "greeter", "her") in events(stage, 1)
    stage.index.administration.tokens("me").add(
        NewToken(name="new", scope="upload", projects=["greeter"], create=True)
    )
    assert stage.upload(wheel_offer(version="2.0")).status_code == 403


def test_the_name_is_free_again_but_not_those_of_its_files(stage: World) -> None:
    """As on PyPI: whoever may begin a project may take the name; no installer gets other bytes for a known file."""
    desk(stage).delete(Target(project="greeter"))
    new = NewToken(name="new", scope="upload", projects=["greeter"], create=True)
    secret = stage.index.administration.tokens("me").add(new)["token"]

    again = stage.upload(rewrapped(wheel_offer()), token=secret)
    later = stage.upload(wheel_offer(version="2.0"), token=secret)

    assert (again.status_code, later.status_code) == (400, 200)
    assert "previously used" in again.text


def test_a_dry_run_changes_nothing(stage: World, tmp_path: Path) -> None:
    """It says what would be done, and no event tells of it."""
    before = stage.index.administration.events(limit=1)
    deleted = desk(stage).delete(Target(project="greeter"), dry_run=True)
    yanked = desk(stage).yank(Target(project="greeter", version="1.0"), dry_run=True)
    desk(stage).set_status("greeter", "archived", dry_run=True)
    desk(stage).set_limits("greeter", {"file_size": 1}, dry_run=True)

    assert deleted["files"] == yanked["files"] == [WHEEL, SDIST]
    assert stage.index.administration.events(limit=1) == before
    assert page(stage) == {WHEEL: False, SDIST: False}
    assert blobs(stage, tmp_path) == 2


@pytest.mark.parametrize(
    "target", [Target(project="greeter"), Target(project="greeter", filename=WHEEL)]
)
def test_without_the_event_nothing_happens(stage: World, tmp_path: Path, target: Target) -> None:
    """Where what was done cannot be written down, it is not done."""
    full = "ALTER TABLE event ADD CONSTRAINT no_room CHECK (id < 0) NOT VALID"
    with stage.index._records.writing() as book:
        if book.connection.dialect.name == "sqlite":
            full = "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no_room'); END"
        book.connection.execute(text(full))
    projects = desk(stage)
    acts: tuple[Callable[[], object], ...] = (
        lambda: projects.delete(target),
        lambda: projects.yank(Target(project="greeter", version="1.0")),
        lambda: projects.set_status("greeter", "quarantined"),
        lambda: projects.set_limits("greeter", {"project_size": 1}),
    )
    for act in acts:
        with pytest.raises(Exception, match="no_room"):
            act()
    shown = projects.shown("greeter")

    assert (shown["status"], shown["own_limits"]["project_size"]) == ("active", None)
    assert page(stage) == {WHEEL: False, SDIST: False}
    assert blobs(stage, tmp_path) == 2


def test_a_status_is_told_and_enforced(stage: World) -> None:
    """Archived and quarantined projects take nothing (PEP 792); whoever installs may be told why."""
    told: dict[str, tuple[int, str]] = {}
    for status in ("archived", "quarantined", "deprecated", "active"):
        reason = "" if status == "active" else f"it is {status}"
        desk(stage).set_status("greeter", status, reason)
        answer = stage.upload(wheel_offer(version=f"{len(told) + 2}.0"))
        shown = stage.client.get("/simple/greeter/", headers=JSON).json()["project-status"]
        told[status] = (answer.status_code, shown["status"])

    assert told == {
        "archived": (403, "archived"),
        "quarantined": (403, "quarantined"),
        "deprecated": (200, "deprecated"),
        "active": (200, "active"),
    }
    assert desk(stage).shown("greeter")["reason"] == ""


def test_limits_are_enforced(tmp_path: Path) -> None:
    """A project's own limits stand in place of the index's, higher or lower."""
    with world(tmp_path / "index", file_size=100, project_size=1500) as stage:
        small = stage.upload(wheel_offer())
        desk(stage).set_limits("greeter", {"file_size": 5000})
        fits = stage.upload(wheel_offer())
        full = stage.upload(wheel_offer(version="2.0"))
        desk(stage).set_limits("greeter", {"project_size": 5000})
        more = stage.upload(wheel_offer(version="2.0"))
        desk(stage).set_limits("greeter", {"file_size": None, "project_size": None})
        shown = desk(stage).shown("greeter")

    assert [one.status_code for one in (small, fits, full, more)] == [400, 200, 400, 200]
    assert "too large" in small.text
    assert "too large" in full.text
    assert shown["limits"] == {"file_size": 100, "project_size": 1500}
    assert shown["own_limits"] == {"file_size": None, "project_size": None}


def test_what_refers_to_a_file_goes_with_it(stage: World) -> None:
    """Whatever a room keeps about a file, a release or a project: no row is left that refers to nothing."""
    desk(stage).delete(Target(project="greeter"))

    with stage.index._records.reading() as book:
        for table in tables.schema.sorted_tables:
            if any(
                key.column.table.name in {"project", "release", "file"}
                for key in table.foreign_keys
            ):
                assert book.connection.execute(table.select()).all() == [], table.name


@pytest.mark.parametrize(
    ("act", "kind", "said"),
    [
        (lambda desk: desk.shown("no such"), NotFound, "no project 'no such'"),
        (lambda desk: desk.shown("-"), NotFound, "no project '-'"),
        (lambda desk: desk.yank(Target(project="greeter")), Unacceptable, "which version"),
        (lambda desk: desk.yank(Target(project="greeter", version="9")), NotFound, "version '9'"),
        (lambda desk: desk.yank(Target(project="greeter", filename="x")), NotFound, "file 'x'"),
        (
            lambda desk: desk.delete(Target(project="greeter", version="1", filename="x")),
            Unacceptable,
            "not both",
        ),
        (lambda desk: desk.delete(Target(project="none")), NotFound, "no project"),
        (lambda desk: desk.set_status("greeter", "gone"), Unacceptable, "'gone'"),
        (lambda desk: desk.set_status("greeter", "active", "why"), Unacceptable, "no reason"),
        (lambda desk: desk.set_status("greeter", "archived", "x" * 1001), Unacceptable, "1000"),
        (
            lambda desk: desk.set_status("greeter", "archived", "\x1b[31m"),
            Unacceptable,
            "printable",
        ),
        (lambda desk: desk.set_limits("greeter", {}), Unacceptable, "which limits"),
        (lambda desk: desk.set_limits("greeter", {"size": 1}), Unacceptable, "which limits"),
        (lambda desk: desk.set_limits("greeter", {"file_size": 0}), Unacceptable, "above 0"),
        (lambda desk: desk.set_limits("greeter", {"file_size": 1 << 61}), Unacceptable, "above 0"),
    ],
)
def test_what_cannot_be_is_said(
    stage: World, act: object, kind: type[BondedError], said: str
) -> None:
    """Nothing is guessed, and nothing happens."""
    before = stage.index.administration.events(limit=1)
    with pytest.raises(kind, match=said):
        act(desk(stage))  # type: ignore[operator]  # one of the table's functions

    assert stage.index.administration.events(limit=1) == before


def test_a_file_of_another_project_is_not_meant(stage: World) -> None:
    """The project in the question and that of the file must be the same."""
    stage.index.register(github(), ProjectName("other"))

    with pytest.raises(NotFound, match="'other' has no file"):
        desk(stage).delete(Target(project="other", filename=WHEEL))


def test_a_version_without_files_cannot_be_yanked(stage: World) -> None:
    """A release outlives its last file, so that its age does not begin anew; there is nothing to yank then."""
    for name in (WHEEL, SDIST):
        desk(stage).delete(Target(project="greeter", filename=name))
    with pytest.raises(NotFound, match="has no files"):
        desk(stage).yank(Target(project="greeter", version="1.0"))

    assert desk(stage).shown("greeter")["versions"] == [{"version": "1.0", "files": []}]
    assert desk(stage).delete(Target(project="greeter", version="1.0"))["files"] == []


def test_projects_are_listed_page_by_page(stage: World) -> None:
    """In the order of names, those that follow one."""
    for name in ("alpha", "zeta"):
        stage.index.register(github(), ProjectName(name))
    names = [one["name"] for one in desk(stage).listed()]
    first = [one["name"] for one in desk(stage).listed(limit=1)]
    rest = [one["name"] for one in desk(stage).listed("alpha")]

    assert names == ["alpha", "greeter", "zeta"]
    assert first == ["alpha"]
    assert rest == ["greeter", "zeta"]


def test_events_go_back(stage: World) -> None:
    """Those before the id of one, of one subject or all."""
    stage.clock.now = NOW + 5
    desk(stage).yank(Target(project="greeter", version="1.0"))
    newest = stage.index.administration.events("greeter", limit=1)[0]
    before = stage.index.administration.events("greeter", 2, newest["id"])

    assert (newest["tag"], newest["at"]) == ("file:yank", NOW + 5)
    assert [one["tag"] for one in before] == ["file:add", "file:add"]
    assert stage.index.administration.events("nobody") == []

"""The page of a project as a value: which release is shown, notices, history."""

import pytest

from bonded.dists.names import ProjectName
from bonded.index.model import File, Outline, Project, Release
from bonded.index.pages.project import History, ProjectPage, chosen, history_of, project_page
from index_world import NOW
from pages_world import METADATA, PROOF, file

NAME = ProjectName("greeter")


def outline(version: str, *, files: int = 2, yanked: int = 0) -> Outline:
    """Return a version with files."""
    return Outline(version=version, files=files, yanked=yanked, since=NOW if files else None)


def shown(
    *outlines: Outline,
    files: tuple[File, ...] = (),
    version: str = "1.0",
    status: str = "active",
    reason: str = "",
) -> ProjectPage:
    """Return the page of the project at a version."""
    return project_page(
        Project(name=NAME, display="Greeter", status=status, reason=reason),
        history_of(outlines),
        Release(project=NAME, version=version, metadata=METADATA),
        files,
        pinned=False,
    )


@pytest.mark.parametrize(
    ("outlines", "version"),
    [
        ([outline("1.10"), outline("1.9")], "1.10"),
        ([outline("1.0"), outline("2.0rc1")], "1.0"),
        ([outline("2.0rc1"), outline("2.0.dev1")], "2.0rc1"),
        ([outline("1.0"), outline("2.0", yanked=2)], "1.0"),
        ([outline("1.0"), outline("2.0", yanked=1)], "2.0"),
        ([outline("1.0rc1"), outline("2.0", yanked=2)], "1.0rc1"),
        ([outline("1.0"), outline("2.0", files=0)], "1.0"),
        ([outline("2.0", files=0)], "2.0"),
        ([], None),
    ],
)
def test_the_release_that_installers_would_take(
    outlines: list[Outline], version: str | None
) -> None:
    """The highest final version that is not wholly yanked; pre-releases and empty ones where there is nothing else."""
    assert chosen(outlines) == version


def test_an_older_release_names_the_newest() -> None:
    """Whoever looks at another release than installers take is told which that is."""
    outlines = (outline("1.0"), outline("1.1"))

    assert shown(*outlines).newest == "1.1"
    assert shown(*outlines, version="1.1").newest == ""


def test_history_begins_with_the_highest() -> None:
    """Each version has its marks, and the one that is shown is marked too."""
    page = shown(outline("1.0"), outline("1.10rc1", yanked=2), outline("1.9", files=0))

    assert [
        (one.version, one.is_shown, one.is_pre, one.is_yanked, one.released is None)
        for one in page.history
    ] == [
        ("1.10rc1", False, True, True, False),
        ("1.9", False, False, False, True),
        ("1.0", True, False, False, False),
    ]
    assert (page.is_pre, shown(outline("1.0rc1"), version="1.0rc1").is_pre) == (False, True)


def test_files_are_wheels_then_the_source() -> None:
    """The day of a release is that of its first file."""
    files = (
        file("greeter-1.0.tar.gz", uploaded=NOW - 86_400),
        file("greeter-1.0-py3-none-any.whl", proof=PROOF),
        file("greeter-1.0-py2-none-any.whl", proof=PROOF),
    )
    page = shown(outline("1.0"), files=files)

    assert [one.filename for one in page.files] == [one.filename for one in reversed(files)]
    assert page.released is not None
    assert page.released.text == "14 January 2027"
    assert (len(page.proved), page.sources) == (2, ("octo/greeter",))


@pytest.mark.parametrize(
    ("status", "titles", "tone"),
    [
        ("active", [], ""),
        ("archived", ["Archived project"], "quiet"),
        ("archived-noindex", ["Archived project"], "quiet"),
        ("deprecated", ["Deprecated project"], "warn"),
        ("quarantined", ["Quarantined project"], "alarm"),
        ("odd", ["Odd project"], "warn"),
    ],
)
def test_status_is_told_with_its_reason(status: str, titles: list[str], tone: str) -> None:
    """Every status but `active` is told first; one that nobody knows too."""
    page = shown(outline("1.0"), status=status, reason="why")

    assert [one.title for one in page.notices] == titles
    assert all((one.tone, one.reason) == (tone, "why") for one in page.notices)


def test_nothing_is_shown_of_a_quarantined_project() -> None:
    """No release, file, history or metadata of it, whatever there is."""
    page = shown(outline("1.0"), files=(file("greeter-1.0.tar.gz"),), status="quarantined")

    assert page.is_hidden
    assert (page.version, page.files, page.history, page.newest) == ("", (), (), "")
    assert page.declared.summary == ""


@pytest.mark.parametrize(
    ("reasons", "told"),
    [(("bad", "bad"), ["bad"]), (("", ""), [""]), (("a", "b"), ["a; b"]), (("bad", None), [])],
)
def test_a_yanked_release(reasons: tuple[str | None, ...], told: list[str]) -> None:
    """A release is yanked when each of its files is; the reasons are told once each."""
    files = tuple(
        file(f"greeter-1.0-{number}-py3-none-any.whl", version="1.0", yanked=reason)
        for number, reason in enumerate(reasons)
    )
    page = shown(outline("1.0"), files=files)

    assert [one.reason for one in page.notices if one.title == "Yanked release"] == told


@pytest.mark.parametrize(
    ("outlines", "expected"),
    [
        ((outline("1.0", yanked=2),), True),
        ((outline("1.0", yanked=2), outline("2.0", yanked=2), outline("3.0", files=0)), True),
        ((outline("1.0", yanked=2), outline("2.0", yanked=1)), False),
        ((outline("1.0", yanked=2), outline("2.0rc1")), False),
        ((outline("1.0", files=0),), False),
    ],
)
def test_a_withdrawn_project(outlines: tuple[Outline, ...], *, expected: bool) -> None:
    """It is withdrawn when every file that it has is yanked; one that has none is only empty."""
    assert shown(*outlines).is_withdrawn is expected


def test_a_project_without_releases() -> None:
    """A project that was made and never published to has an empty page."""
    project = Project(name=NAME, display="greeter")
    page = project_page(project, History(), None, (), pinned=False)

    assert (page.version, page.history, page.released, page.is_hidden) == ("", (), None, False)


def test_a_history_that_is_cut_has_the_version_that_is_shown() -> None:
    """It comes last, as if it had never been cut off, with what its own files say."""
    outlines = [outline(f"1.{minor}", files=1, yanked=minor == 0) for minor in range(9)]
    cut = history_of(outlines, most=3)
    release = Release(project=NAME, version="1.0", metadata=METADATA)
    own = (file("greeter-1.0.tar.gz", yanked="why"),)
    pages = [
        project_page(Project(name=NAME, display="g"), history, release, own, pinned=True)
        for history in (cut, history_of(outlines))
    ]

    assert [one.version for one in pages[0].history] == ["1.8", "1.7", "1.6", "1.0"]
    assert pages[0].history[-1] == pages[1].history[-1]
    assert {page.releases for page in pages} == {9}
    assert {page.newest for page in pages} == {"1.8"}

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bonded.cli.check_facts import find_checkouts
from bonded.cli.init_world import look
from bonded.errors import UsageError
from bonded.rehearsal import processes
from bonded.rehearsal.preparation import Prepared, Request, open_report, prepare
from bonded.rehearsal.script import Wishes
from stage_world import git, origin, repository, write

FILES = {
    "pyproject.toml": '[project]\nname = "tool"\nversion = "1.0"\n',
    ".github/workflows/release.yml": """
on: {push: {tags: ['*'], branches: [main]}, release: {types: [published]}, workflow_dispatch: {}}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps: [{run: uv publish}]
""",
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A user's repository whose newest commit is not tagged."""
    folder = repository(tmp_path / "mine", FILES)
    write(folder, {"more.txt": "more"})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "More")
    return folder


Prepare = Callable[..., Prepared]


@pytest.fixture
def prepared(tmp_path: Path, stop: processes.Stop) -> Prepare:
    """Prepare a rehearsal of a folder."""

    def run(path: Path, *, repository: str = "", dirty: bool = False, **wishes: Any) -> Prepared:
        request = Request(path=path, wishes=Wishes(**wishes), repository=repository, dirty=dirty)
        return prepare(request, origin(tmp_path / "back", stop), tmp_path / "source")

    return run


def test_the_commit_at_head_gets_the_tag(
    mine: Path, prepared: Prepare, tmp_path: Path, stop: processes.Stop
) -> None:
    """A tag that does not exist yet is put on HEAD, in the stage's repository."""
    found = prepared(mine)
    bare = origin(tmp_path / "back", stop)

    assert found.script.event.ref == "refs/tags/v1.0"
    assert bare.commit_of("v1.0") == found.commit.sha == git(mine, "rev-parse", "HEAD")
    assert (tmp_path / "source" / "more.txt").read_text() == "more"
    assert git(mine, "tag", "--list") == "v0.9"


@pytest.mark.parametrize("tag", ["v0.9", "refs/tags/v0.9"])
def test_a_tag_that_exists_is_rehearsed_as_it_is(
    mine: Path, prepared: Prepare, tmp_path: Path, tag: str
) -> None:
    """The commit of a tag is taken, not HEAD."""
    found = prepared(mine, tag=tag)

    assert found.commit.sha == git(mine, "rev-parse", "v0.9")
    assert found.commit.message == "First\n\nWith a body."
    assert not (tmp_path / "source" / "more.txt").exists()


def test_what_is_not_committed_can_be_tried_under_a_tag(
    mine: Path, prepared: Prepare, tmp_path: Path
) -> None:
    """With --dirty the tag means the files as they are."""
    write(mine, {"new.txt": "new"})
    found = prepared(mine, tag="v0.9", dirty=True)

    assert found.script.event.ref == "refs/tags/v0.9"
    assert (tmp_path / "source" / "new.txt").exists()


def test_a_branch_gets_the_commit(
    mine: Path, prepared: Prepare, tmp_path: Path, stop: processes.Stop
) -> None:
    """A push to a branch that is not there makes it."""
    found = prepared(mine, branch="main", event="push")

    assert found.script.event.sha == found.commit.sha
    assert origin(tmp_path / "back", stop).commit_of("refs/heads/main") == found.commit.sha


def test_a_made_history_has_the_release_before(
    tmp_path: Path, prepared: Prepare, stop: processes.Stop
) -> None:
    """In a folder that is no repository the tag lies one commit before the push to a branch."""
    found = prepared(write(tmp_path / "plain", FILES), branch="main", event="push")
    bare = origin(tmp_path / "back", stop)

    assert bare.commit_of("refs/heads/main~1") == bare.commit_of("v1.0")
    assert found.script.event.sha == bare.commit_of("refs/heads/main")


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (("git@github.com:octo/tool", "https://github.com/a/b", "x/y"), ("x/y", "--repository")),
        (
            ("git@github.com:octo/tool", "https://github.com/a/b", ""),
            ("octo/tool", "the git remote"),
        ),
        (("", "https://github.com/a/b", ""), ("a/b", "[project.urls]")),
        (("", "", ""), ("octocat/tool", "nowhere")),
    ],
)
def test_the_repository_is_found_out(
    mine: Path, prepared: Prepare, known: tuple[str, str, str], found: tuple[str, str]
) -> None:
    """What the user says goes first, then the remote, then the project's addresses."""
    remote, urls, given = known
    if remote:
        git(mine, "remote", "add", "origin", remote)
    if urls:
        text = f"{FILES['pyproject.toml']}[project.urls]\nHome = '{urls}'\n"
        write(mine, {"pyproject.toml": text})
        git(mine, "commit", "--quiet", "--all", "-m", "Addresses")

    script = prepared(mine, repository=given)

    assert (script.repository, script.repository_from) == found


def test_a_recorded_publisher_names_the_repository(mine: Path, prepared: Prepare) -> None:
    """What is registered belongs to a repository, which is better than one that is made up."""
    record = "[[tool.bonded.publishers]]\nrepository = 'octo/tool'\nworkflow = 'release.yml'\n"
    write(mine, {"pyproject.toml": f"{FILES['pyproject.toml']}{record}"})
    git(mine, "commit", "--quiet", "--all", "-m", "Record")
    script = prepared(mine)

    assert (script.repository, script.repository_from) == (
        "octo/tool",
        "[[tool.bonded.publishers]]",
    )


@pytest.mark.parametrize("text", ["octo", "octo/", "/tool", "a/b/c", "octo/a b"])
def test_a_repository_has_owner_and_name(mine: Path, prepared: Prepare, text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError, match="a repository is OWNER/NAME"):
        prepared(mine, repository=text)


def test_there_must_be_a_folder(tmp_path: Path, prepared: Prepare) -> None:
    """A path that is no folder is refused."""
    with pytest.raises(UsageError, match="is not a folder"):
        prepared(tmp_path / "none")


def test_an_sdist_knows_its_version(tmp_path: Path, prepared: Prepare) -> None:
    """The PKG-INFO of an unpacked sdist tells the version and stays out of the made repository."""
    dynamic = FILES["pyproject.toml"].replace('version = "1.0"', 'dynamic = ["version"]')
    folder = write(
        tmp_path / "sdist", FILES | {"pyproject.toml": dynamic, "PKG-INFO": "Version: 3.1\n"}
    )
    found = prepared(folder)
    report = open_report(found, bonded="0")

    assert (found.project.version, found.project.version_from) == ("3.1", "PKG-INFO")
    assert not (tmp_path / "source" / "PKG-INFO").exists()
    assert any("PKG-INFO belongs to an sdist" in text for text in report.differences)
    assert any("no git repository" in text for text in report.differences)


@pytest.mark.parametrize(
    ("wishes", "title", "tag"),
    [
        ({}, "the push of tag v1.0", "v1.0"),
        ({"event": "release"}, "the published release v1.0", "v1.0"),
        ({"branch": "main", "event": "push"}, "a push to main", ""),
        ({"event": "workflow_dispatch"}, "a workflow_dispatch on main", ""),
    ],
)
def test_a_report_is_opened(
    mine: Path, prepared: Prepare, wishes: dict[str, str], title: str, tag: str
) -> None:
    """The report names project, commit and event before anything is played."""
    report = open_report(prepared(mine, **wishes), bonded="0.1")

    assert (report.project, report.version, report.bonded) == ("tool", "1.0", "0.1")
    assert (report.event["title"], report.event["tag"]) == (title, tag)
    assert report.commit == git(mine, "rev-parse", "HEAD")
    assert [record.path for record in report.workflows] == [".github/workflows/release.yml"]


def test_what_the_user_should_know_is_noted(mine: Path, prepared: Prepare) -> None:
    """Uncommitted files, a made-up repository and a version from git are worth knowing."""
    dynamic = FILES["pyproject.toml"].replace('version = "1.0"', 'dynamic = ["version"]')
    write(mine, {"pyproject.toml": dynamic})
    git(mine, "commit", "--quiet", "--all", "-m", "Dynamic")
    write(mine, {f"new-{number}": "" for number in range(7)})

    notes = open_report(prepared(mine), bonded="0").notes

    assert [note.split(" (")[0] for note in notes[:2]] == [
        "uncommitted changes are not in this rehearsal",
        "no GitHub repository is known; octocat/tool was made up",
    ]
    assert "new-4, …)" in notes[0]
    assert notes[2] == "the version comes from git; this rehearsal plays v0.10"


RECORDED = """
[[tool.bonded.publishers]]
index = "pypi"
repository = "recorded/tool"
owner-id = "1"
workflow = "release.yml"
"""
DECLARED = '[project.urls]\nSource = "https://github.com/declared/tool"\n'


@pytest.mark.parametrize(
    ("remotes", "more", "repository"),
    [
        (("origin", "upstream"), DECLARED + RECORDED, "upstream/tool"),
        (("origin",), DECLARED + RECORDED, "origin/tool"),
        ((), DECLARED + RECORDED, "declared/tool"),
        ((), RECORDED, "recorded/tool"),
    ],
)
def test_check_init_and_rehearse_look_the_repository_up_alike(
    mine: Path, prepared: Prepare, remotes: tuple[str, ...], more: str, repository: str
) -> None:
    """The git remote, then `[project.urls]`, then a recorded publisher: a fork is judged as the fork that it is."""
    for name in remotes:
        git(mine, "remote", "add", name, f"git@github.com:{name}/tool.git")
    write(mine, {"pyproject.toml": f"{FILES['pyproject.toml']}{more}[build-system]\n"})
    (checkout,) = find_checkouts([mine])
    seen = look(mine)

    assert prepared(mine, dirty=True).repository == repository
    assert checkout.facts.repository == repository
    assert f"{seen.owner}/{seen.repository}" == repository


def test_a_pipeline_for_gitlab_is_not_played(mine: Path, prepared: Prepare) -> None:
    """Its project is told so, rather than that a folder is empty."""
    git(mine, "rm", "--quiet", "-r", ".github")
    write(mine, {".gitlab-ci.yml": "test: {script: make}"})

    with pytest.raises(UsageError, match="is for GitLab"):
        prepared(mine, dirty=True)

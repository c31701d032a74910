import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bonded.cli import init as command
from bonded.cli.check_facts import find_checkouts
from bonded.cli.init_world import gitlab_path, look, provider_of
from bonded.cli.main import main
from bonded.errors import UsageError
from project_kinds import KINDS, RELEASE

SOMEBODY = ("-c", "user.name=a", "-c", "user.email=a@b")


@pytest.fixture(autouse=True)
def _no_pins_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own pins are read."""
    monkeypatch.setenv("BONDED_PINS", str(tmp_path / "none.toml"))


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    subprocess.run(["git", *SOMEBODY, *arguments], cwd=folder, check=True, capture_output=True)


def project(folder: Path, kind: str = "uv", *, remote: str = "git@github.com:octo/tweed.git") -> Path:  # fmt: skip
    """Make a repository of one of the kinds."""
    put(folder, KINDS[kind].files)
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    if remote:
        git(folder, "remote", "add", "origin", remote)
    for tag in KINDS[kind].tags:
        git(folder, "tag", tag)
    return folder


def put(folder: Path, files: Mapping[str, str]) -> None:
    """Write files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def state(folder: Path) -> dict[str, bytes]:
    """Return every file with its bytes, git's own aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code and output of `bonded init`."""
    capsys.readouterr()
    code = main(["init", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_yes_writes_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--yes` everything that is shown is written, and what to do next is said."""
    folder = project(tmp_path / "p", "hatch-vcs")
    code, out, _ = run(capsys, str(folder), "--yes")

    assert code == 0
    release = (folder / RELEASE).read_text()
    assert 'tags: ["v[0-9]*"]' in release
    assert "fetch-depth: 0" in release
    assert "branches: [trunk]" in (folder / ".github/workflows/ci.yml").read_text()
    assert 'repository = "octo/tweed"' in (folder / "pyproject.toml").read_text()
    shown = ("+[[tool.bonded.publishers]]", "Workflow name", "gh api", "Written: 4 files.")
    assert [said for said in shown if said not in out] == []


def test_a_second_time_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once written, the same command finds nothing to do."""
    folder = project(tmp_path / "p")
    run(capsys, str(folder), "--yes")
    before = state(folder)
    code, out, _ = run(capsys, str(folder), "--yes")

    assert code == 0
    assert "There is nothing to write." in out
    assert state(folder) == before


@pytest.mark.parametrize(
    ("option", "said"),
    [("--dry-run", "(--dry-run)"), ("--diff", "there is no terminal to ask at"), ("--json", "")],
)
def test_nothing_is_written_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, said: str
) -> None:
    """Without a terminal and without `--yes` nothing is written, and the reason is said."""
    folder = project(tmp_path / "p", "action-with-token")
    before = state(folder)
    code, out, _ = run(capsys, str(folder), option)

    assert code == 0
    assert said in out
    assert state(folder) == before


def test_what_changes_is_always_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The difference of a file that is there is shown unasked, that of a new one with `--diff`."""
    folder = project(tmp_path / "p", "action-with-token")
    _, short, _ = run(capsys, str(folder))
    _, long, _ = run(capsys, str(folder), "--diff")

    assert "-          password: ${{ secrets.PYPI_API_TOKEN }}" in short
    assert "+name: CI" not in short
    assert "+name: CI" in long
    assert "gh secret delete PYPI_API_TOKEN --repo octo/tweed" in short


def test_json_has_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` gives texts, registrations, settings and secrets as data; `--yes` writes beside it."""
    folder = project(tmp_path / "p", "twine-with-token")
    code, out, _ = run(capsys, str(folder), "--json", "--yes")
    said = json.loads(out)

    assert code == 0
    assert said["written"] is True
    assert said["repository"] == "octo/tweed"
    assert said["secrets"] == ["PYPI_TOKEN"]
    assert {change["path"]: change["new"] for change in said["changes"]} == {
        RELEASE: False,
        ".github/workflows/ci.yml": True,
        ".github/dependabot.yml": True,
        "pyproject.toml": False,
    }
    for change in said["changes"]:
        assert (folder / change["path"]).read_text() == change["text"]
    assert said["registrations"][0]["fields"]["workflow_filename"] == "release.yml"
    assert said["settings"][0]["command"].startswith("echo ")


def at_a_terminal(folder: Path, answers: str) -> str:
    """Return what `bonded init` prints to somebody who answers at a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bonded", "init", str(folder)],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
    ) as program:
        os.close(slave)
        os.write(master, answers.encode())
        out, _ = program.communicate(timeout=60)
    os.close(master)
    assert program.returncode == 0
    return out


@pytest.mark.parametrize("answer", ["y\n", "n\n", "\n"])
def test_at_a_terminal_it_asks(tmp_path: Path, answer: str) -> None:
    """At a terminal one question is asked after all was shown; only yes writes."""
    folder = project(tmp_path / "p")
    before = state(folder)
    out = at_a_terminal(folder, answer)

    assert (state(folder) != before) is (answer == "y\n")
    assert ("Written: 4 files." in out) is (answer == "y\n")


@pytest.mark.parametrize(
    ("answers", "said"), [("octo/wool\ny\n", "octo/wool"), ("\ny\n", "OWNER/NAME")]
)
def test_at_a_terminal_it_asks_for_the_repository(tmp_path: Path, answers: str, said: str) -> None:
    """What neither git nor the project tells is asked for, and may be left open."""
    folder = project(tmp_path / "p", remote="")

    assert f"repos/{said}/" in at_a_terminal(folder, answers)
    assert (folder / RELEASE).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes", "--dry-run"], "contradict"),
        (["--repository", "tweed"], "OWNER/NAME"),
        (["--repository", "a b/c"], "OWNER/NAME"),
        (["--repository", "a_b/c"], "this cannot be registered"),
        (["--repository", "a/$(x)"], "this cannot be registered"),
        (["--environment", "a: b"], "an environment's name"),
    ],
)
def test_wrong_arguments_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """What cannot be wished is refused before anything is read."""
    code, _, err = run(capsys, str(project(tmp_path / "p")), *arguments)

    assert code == 2
    assert said in err


def test_a_folder_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that is no folder, or holds no project, is said to be that."""
    assert run(capsys, str(tmp_path / "none"))[0] == 2
    code, _, err = run(capsys, str(tmp_path))

    assert code == 2
    assert "there is no pyproject.toml here" in err


def test_without_a_repository_the_files_are_still_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder outside of git gets its workflows; who may publish is left open, and said to be."""
    folder = tmp_path / "p"
    put(folder, KINDS["uv"].files)
    (folder / "node_modules").mkdir()
    code, out, _ = run(capsys, str(folder), "--yes")

    assert code == 0
    assert "say --repository OWNER/NAME" in out
    assert "repos/OWNER/NAME/" in out
    assert (folder / RELEASE).exists()
    assert (folder / "pyproject.toml").read_text() == KINDS["uv"].pyproject


def test_the_repository_may_be_named_by_the_project(tmp_path: Path) -> None:
    """Without a remote, `[project.urls]` tells the repository."""
    urls = '[project.urls]\nHome = "https://example.org"\nSource = "https://github.com/octo/wool"\n'
    folder = project(tmp_path / "p", remote="")
    put(folder, {"pyproject.toml": KINDS["uv"].pyproject + urls})
    outside = tmp_path / "outside"
    put(outside, {"pyproject.toml": "["})

    assert (look(folder).owner, look(folder).repository) == ("octo", "wool")
    assert look(outside).owner == ""


def test_options_reach_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Uploader, trigger, environment and the trial are as chosen."""
    folder = project(tmp_path / "p")
    run(
        capsys, str(folder), "--yes", "--uploader", "uv", "--trigger", "release", "--testpypi",
        "--environment", "ship", "--repository", "other/name",
    )  # fmt: skip
    text = (folder / RELEASE).read_text()

    for said in ("uv publish", "types: [published]", "workflow_dispatch:", "name: ship"):
        assert said in text
    assert 'repository = "other/name"' in (folder / "pyproject.toml").read_text()


def test_a_folder_inside_a_repository_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files below the root of a repository would never be read by GitHub; that is said."""
    inside = project(tmp_path / "p") / "inside"
    put(inside, KINDS["flit"].files)

    assert "is a folder inside a repository" in run(capsys, str(inside))[1]
    assert "is a folder inside a repository" not in run(capsys, str(tmp_path / "p"))[1]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://gitlab.com/octo/cloth/tweed.git", "octo/cloth/tweed"),
        ("git@gitlab.com:octo/tweed.git", "octo/tweed"),
        ("https://gitlab.com/octo/tweed/-/issues", "octo/tweed"),
        ("https://gitlab.com/octo", ""),
        ("https://example.org/octo/tweed", ""),
    ],
)
def test_gitlab_is_known_by_its_addresses(url: str, path: str) -> None:
    """A namespace may have several parts."""
    assert gitlab_path(url) == path


def test_a_project_at_gitlab_gets_a_pipeline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The remote decides for which service the files are."""
    folder = project(tmp_path / "p", remote="git@gitlab.com:octo/cloth/tweed.git")
    code, out, _ = run(capsys, str(folder), "--yes")

    assert code == 0
    assert (folder / ".gitlab-ci.yml").exists()
    assert not (folder / ".github").exists()
    assert "octo/cloth" in out
    assert "glab api" in out
    assert out.endswith("a rehearsal plays workflows of GitHub only.\n")
    assert "[[tool.bonded.publishers]]" in (folder / "pyproject.toml").read_text()
    with pytest.raises(UsageError) as caught:
        find_checkouts([folder])
    assert "only GitHub's workflows" in caught.value.hint


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--testpypi"], "--testpypi is for GitHub"),
        (["--trigger", "release"], "--trigger release is for GitHub"),
        (["--uploader", "pypi-publish"], "is an action of GitHub"),
    ],
)
def test_gitlab_refuses_what_its_pipeline_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    """A choice that would be ignored is an error, and nothing is written."""
    folder = project(tmp_path / "p", remote="git@gitlab.com:octo/tweed.git")
    code, _, err = run(capsys, str(folder), "--yes", *options)

    assert code == 2
    assert words in err
    assert not (folder / ".gitlab-ci.yml").exists()


def test_a_self_managed_gitlab_is_seen_by_its_name(tmp_path: Path) -> None:
    """A host named after GitLab, or a pipeline without workflows, is taken for GitLab."""
    folder = project(tmp_path / "p", remote="git@gitlab.example.org:a/b.git")

    assert provider_of(folder, frozenset()) == "gitlab"
    assert provider_of(tmp_path, frozenset({".gitlab-ci.yml"})) == "gitlab"
    assert provider_of(tmp_path, frozenset({".gitlab-ci.yml", RELEASE})) == "github"


def test_the_remotes_default_branch_is_followed(tmp_path: Path) -> None:
    """The branch that the remote calls its default is the one that is tested."""
    origin = project(tmp_path / "o")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    git(tmp_path / "clone", "checkout", "-q", "-b", "feature")

    assert look(tmp_path / "clone").default_branch == "trunk"


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Between showing and writing, somebody else's change wins."""
    from bonded.workflows.drafting.proposal import Change

    (tmp_path / "a").write_text("theirs")
    with pytest.raises(UsageError, match="changed meanwhile"):
        command.write(tmp_path, [Change(path="a", before="seen", after="ours", why="")])

    assert (tmp_path / "a").read_text() == "theirs"


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    """What cannot be written is said in one sentence."""
    from bonded.workflows.drafting.proposal import Change

    (tmp_path / ".github").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        command.write(tmp_path, [Change(path=".github/a", before=None, after="", why="")])


def test_colour_is_only_for_terminals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal shows differences in colour, unless somebody said NO_COLOR."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    folder = project(tmp_path / "p")
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["init", str(folder), "--dry-run"])

    assert "\x1b[32m+[[tool.bonded.publishers]]\x1b[0m" in shown.getvalue()

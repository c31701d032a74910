import hashlib
import os
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bonded.errors import UsageError
from bonded.rehearsal import processes
from bonded.rehearsal.repositories import repository_of
from bonded.rehearsal.stage.workspace import (
    Commit,
    Origin,
    is_repository_root,
    remote_repository,
    remove_tree,
    take,
)
from stage_world import git, origin, repository, write

FILES = {"pyproject.toml": "[project]\n", "src/a.py": "A = 1\n", ".gitignore": "*.log\n"}


@pytest.fixture
def bare(tmp_path: Path, stop: processes.Stop) -> Origin:
    """The stage's repository, not yet filled."""
    return origin(tmp_path / "back", stop)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A user's repository with one commit and the tag v0.9."""
    return repository(tmp_path / "mine", FILES)


def exported(bare: Origin, commit: Commit, target: Path) -> dict[str, str]:
    """Return the files of a commit."""
    bare.export(commit.sha, target)
    return {
        path.relative_to(target).as_posix(): path.read_text()
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Return every file below a folder, those of git included, with its time and its hash."""
    return {
        str(path): (path.lstat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_clean_repository_is_copied(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """The commit at HEAD is taken with its message, branches and tags."""
    commit = take(bare, mine, dirty=False)

    assert commit == Commit(
        sha=git(mine, "rev-parse", "HEAD"),
        message="First\n\nWith a body.",
        timestamp="2024-01-02T03:04:05+00:00",
        branch="main",
        made=False,
    )
    assert exported(bare, commit, tmp_path / "out") == FILES
    assert bare.tags() == ("v0.9",)
    assert bare.commit_of("refs/heads/main") == bare.commit_of("v0.9") == commit.sha
    assert bare.commit_of("refs/heads/none") == ""


def test_what_is_not_committed_is_named(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """Changes, new files and renames are listed by their whole names, and stay out."""
    write(mine, {".gitignore": "*.log\n*.tmp\n", "new file.txt": "", "ä.txt": "", "x.log": ""})
    git(mine, "mv", "src/a.py", "src/b.py")

    commit = take(bare, mine, dirty=False)

    assert set(commit.uncommitted) == {".gitignore", "new file.txt", "ä.txt", "src/b.py"}
    assert exported(bare, commit, tmp_path / "out") == FILES


def test_what_is_not_committed_may_be_included(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """With `dirty` the commit holds the files as they are, without what git ignores for whatever reason."""
    write(mine, {"src/a.py": "A = 2\n", "new.txt": "new", "x.log": "", "private.txt": ""})
    write(mine / ".git" / "info", {"exclude": "private.txt\n"})
    (mine / "pyproject.toml").unlink()

    commit = take(bare, mine, dirty=True)

    assert exported(bare, commit, tmp_path / "out") == {
        ".gitignore": "*.log\n",
        "new.txt": "new",
        "src/a.py": "A = 2\n",
    }
    assert (commit.uncommitted, commit.message) == ((), "What was not committed")
    assert bare.inside("rev-parse", f"{commit.sha}^") == git(mine, "rev-parse", "HEAD")


def test_a_clean_repository_has_nothing_to_include(bare: Origin, mine: Path) -> None:
    """`dirty` changes nothing where everything is committed, not even with an own list of ignored files gone."""
    (mine / ".git" / "info" / "exclude").unlink()

    assert take(bare, mine, dirty=True).sha == git(mine, "rev-parse", "HEAD")


@pytest.mark.parametrize("dirty", [True, False])
def test_the_users_repository_is_only_read(bare: Origin, mine: Path, *, dirty: bool) -> None:
    """Not a byte of the user's folder changes: files, index and refs are as before."""
    git(mine, "remote", "add", "origin", "https://github.com/octo/tool")
    write(mine, {"new.txt": "", "src/a.py": "A = 2\n"})
    os.utime(mine / "pyproject.toml", (1, 1))  # git would like to note the new time in its index
    (mine / ".git" / "info" / "exclude").unlink()
    before = fingerprint(mine)

    commit = take(bare, mine, dirty=dirty)
    remote_repository(bare, mine)
    bare.set_ref("refs/tags/v2", commit.sha)
    bare.empty_commit(commit.sha, "Another")

    assert fingerprint(mine) == before


def test_a_folder_may_be_no_repository(bare: Origin, tmp_path: Path, stop: processes.Stop) -> None:
    """A folder of files becomes one commit, the same in every rehearsal, without what no repository has."""
    extra = {"PKG-INFO": "Name: x\n", "dist/x.whl": "", "a.egg-info/x": "", "__pycache__/a.pyc": ""}
    folder = write(tmp_path / "plain", FILES | extra)

    commit = take(bare, folder, dirty=False)
    again = take(origin(tmp_path / "again", stop), folder, dirty=True)

    assert exported(bare, commit, tmp_path / "out") == FILES
    assert (commit.made, commit.branch, commit.left_out) == (True, "main", ("PKG-INFO",))
    assert commit.sha == again.sha
    assert not is_repository_root(folder)
    assert remote_repository(bare, folder) == ""


def test_a_sub_folder_of_a_repository_is_a_folder(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """Only the root of a repository is one; a folder in it is taken as its files are."""
    commit = take(bare, mine / "src", dirty=False)

    assert commit.made
    assert exported(bare, commit, tmp_path / "out") == {"a.py": "A = 1\n"}


def test_a_linked_work_tree_is_a_repository(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """A linked work tree has a commit and a branch of its own."""
    linked = tmp_path / "linked"
    git(mine, "worktree", "add", "--quiet", "-b", "next", str(linked))
    write(linked, {"more.txt": "more"})

    commit = take(bare, linked, dirty=True)

    assert (commit.branch, commit.made) == ("next", False)
    assert exported(bare, commit, tmp_path / "out") == FILES | {"more.txt": "more"}


def test_a_detached_head_is_on_no_branch(bare: Origin, mine: Path) -> None:
    """Without a branch the commit counts as one of `main`."""
    git(mine, "checkout", "--quiet", "--detach")

    commit = take(bare, mine, dirty=False)

    assert (commit.branch, commit.sha) == ("main", git(mine, "rev-parse", "HEAD"))


def test_a_repository_may_have_no_commit(bare: Origin, tmp_path: Path) -> None:
    """A repository without a commit is refused with what to do."""
    folder = write(tmp_path / "new", FILES)
    git(folder, "init", "--quiet")

    with pytest.raises(UsageError) as caught:
        take(bare, folder, dirty=True)

    assert (caught.value.message, caught.value.hint) == (
        f"{folder} is a git repository with no commit",
        "commit the project first",
    )


def test_a_folder_without_files_is_told(bare: Origin, tmp_path: Path) -> None:
    """There is nothing to release in an empty folder; git's own words would not say so."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(UsageError, match="has no files") as caught:
        take(bare, folder, dirty=False)

    assert "pyproject.toml" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_read_where_the_user_says_so(
    mine: Path, tmp_path: Path, stop: processes.Stop
) -> None:
    """Git refuses it; the advice is git's own, and it helps."""
    for path in (mine, *mine.rglob("*")):
        os.chown(path, 65534, 65534)
    back = tmp_path / "stage"
    back.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with pytest.raises(UsageError, match="belongs to another user") as caught:
        take(Origin(back / "one.git", env=env, stop=stop), mine, dirty=False)
    (tmp_path / ".gitconfig").write_text(f"[safe]\n\tdirectory = {mine}\n")
    commit = take(Origin(back / "two.git", env=env, stop=stop), mine, dirty=False)

    assert caught.value.hint.endswith(f"git config --global --add safe.directory {mine}")
    assert len(commit.sha) == 40


def test_a_broken_repository_is_told_in_gits_words(bare: Origin, tmp_path: Path) -> None:
    """Where git fails its own sentence is shown, with the command that failed."""
    folder = write(tmp_path / "broken", {".git": "gitdir: /nowhere"})

    with pytest.raises(UsageError, match=r"git rev-parse failed: .*not a git repository"):
        take(bare, folder, dirty=False)


def test_git_may_be_missing(tmp_path: Path, stop: processes.Stop) -> None:
    """Without git the hint says which version is needed."""
    bare = Origin(tmp_path / "origin.git", env={"PATH": str(tmp_path)}, stop=stop)

    with pytest.raises(UsageError) as caught:
        bare.git("version")

    assert "2.28" in caught.value.hint


def test_a_commit_can_follow_without_change(bare: Origin, mine: Path, tmp_path: Path) -> None:
    """A commit that changes nothing has the files of its parent."""
    first = take(bare, mine, dirty=False)
    sha = bare.empty_commit(first.sha, "Nothing")
    bare.set_ref("refs/heads/main", sha)

    assert bare.describe(sha) == ("Nothing", "2020-01-01T00:00:00+00:00")
    assert bare.commit_of("main~1") == first.sha
    assert bare.inside("diff", first.sha, sha) == ""


@pytest.mark.parametrize(
    ("remotes", "found"),
    [
        ({}, ""),
        ({"origin": "git@github.com:octo/tool.git"}, "octo/tool"),
        ({"origin": "https://example.org/octo/tool"}, ""),
        (
            {"origin": "https://github.com/me/tool", "upstream": "https://github.com/octo/tool"},
            "octo/tool",
        ),
    ],
)
def test_the_remote_tells_the_repository(
    bare: Origin, mine: Path, remotes: dict[str, str], found: str
) -> None:
    """The upstream of a fork goes before it."""
    for name, url in remotes.items():
        git(mine, "remote", "add", name, url)

    assert remote_repository(bare, mine) == found


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/octo/tool", "octo/tool"),
        ("https://github.com/octo/tool.git", "octo/tool"),
        ("https://GitHub.com/Octo/Tool/", "Octo/Tool"),
        ("https://github.com/octo/tool/issues#top", "octo/tool"),
        ("https://www.github.com/octo/tool", "octo/tool"),
        ("git://github.com/octo/tool.git", "octo/tool"),
        ("ssh://git@github.com/octo/tool.git", "octo/tool"),
        ("git@github.com:octo/tool.git", "octo/tool"),
        ("git+https://github.com/octo/tool", "octo/tool"),
        ("https://github.com/octo", ""),
        ("https://github.com/", ""),
        ("https://github.com.example/octo/tool", ""),
        ("https://example.org/octo/tool", ""),
        ("", ""),
    ],
)
def test_a_url_may_name_a_repository(url: str, repository: str) -> None:
    """Every spelling of a GitHub address names the same repository, and no other address does."""
    assert repository_of(url) == repository


def test_any_tree_is_removed(tmp_path: Path) -> None:
    """Read-only files and folders are removed too; links are not followed; what is not there is no fault."""
    outside = write(tmp_path / "outside", {"kept": ""})
    tree = write(tmp_path / "tree", {"a/b/c": "", "d": ""})
    (tree / "link").symlink_to(outside)
    for name in ("a/b/c", "a/b", "a"):
        (tree / name).chmod(0o400)

    remove_tree(tree)
    remove_tree(tree)

    assert not tree.exists()
    assert (outside / "kept").exists()


def as_nobody(work: Callable[[], None]) -> None:
    """Do something as a user whom modes hold back: as ourselves, or in a child that gave root's rights away."""
    if os.geteuid():
        work()
        return
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - the child tells and ends, whatever happened
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder in which everybody may write, below folders that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_folders_that_nobody_may_read_are_removed(common: Path) -> None:
    """Folders without any right, one in the other, go; what their links lead to keeps its mode."""

    def work() -> None:
        outside = write(common / "outside", {"kept": ""})
        tree = write(common / "tree", {"a/b/c/d": "", "a/e": "", "0/1/0": "", "1/0": ""})
        (tree / "a/b/link").symlink_to(outside)
        (tree / "link").symlink_to(outside)
        outside.chmod(0o500)
        for name in ("a/b/c/d", "a/b/c", "a/b", "a", "0/1", "0", "1", "."):
            (tree / name).chmod(0)
        remove_tree(tree)
        assert not tree.exists()
        assert stat.S_IMODE(outside.stat().st_mode) == 0o500
        assert (outside / "kept").exists()
        inner = write(common / "around", {"tree/a": ""}) / "tree"
        inner.parent.chmod(0)
        remove_tree(inner)
        assert not inner.exists()
        remove_tree(inner.parent)
        remove_tree(outside)

    as_nobody(work)
    assert not list(common.iterdir())


def test_a_deep_nest_is_removed(tmp_path: Path) -> None:
    """Folders nested deeper than any stack or path are removed."""
    (tmp_path / "tree").mkdir()
    descriptor = os.open(tmp_path / "tree", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("inner", dir_fd=descriptor)
        deeper = os.open("inner", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(descriptor)

    remove_tree(tmp_path / "tree")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["link", "file", "nowhere"])
def test_what_is_no_folder_is_removed_itself(tmp_path: Path, name: str) -> None:
    """A link goes and not what it leads to; so does a file; what is not there is no fault."""
    kept = write(tmp_path / "kept", {"a": ""})
    (tmp_path / "link").symlink_to(kept)
    (tmp_path / "file").touch()

    remove_tree(tmp_path / name)

    assert not os.path.lexists(tmp_path / name)
    assert (kept / "a").exists()
